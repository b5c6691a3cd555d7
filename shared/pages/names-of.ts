/** People and agents by their names, and by their ids where they have none. */
import { html } from 'hono/html';
import type { Bounded } from '../sessions/bounded.ts';
import { type Html, visibleLine } from './visible-text.ts';

const MOST = 3;

export function namesOf(
  { items, isCut }: Bounded<{ readonly id: string; readonly name?: string }>,
  nobody: string,
): Html {
  if (items.length === 0) return html`${nobody}`;
  const shown = items.slice(0, MOST).map(({ id, name }, n) => html`${n > 0 && ', '}${visibleLine(name ?? id)}`);
  const others = items.length - MOST;
  return html`${shown}${others > 0 && ` and ${others}${isCut ? '+' : ''} more`}`;
}
