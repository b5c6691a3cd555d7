/** Moments and durations in words, in UTC, the same for everybody; exact in `datetime`. */
import { html } from 'hono/html';
import type { Html } from './visible-text.ts';

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
const RELATIVE = new Intl.RelativeTimeFormat('en-GB');

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `22 November 2026 at 21:30 UTC` */
export function moment(atMs: number): Html {
  const date = new Date(atMs);
  return html`<time datetime="${date.toISOString()}">${FORMAT.format(date)} UTC</time>`;
}

/** `in 42 minutes`, `3 days ago`; full units, so that nothing seems to last longer than it does. */
export function distance(atMs: number, nowMs: number): Html {
  const date = new Date(atMs);
  return html`<time datetime="${date.toISOString()}" title="${FORMAT.format(date)} UTC">${inWords(atMs - nowMs)}</time>`;
}

function inWords(differenceMs: number): string {
  const unit = UNITS.find(([, ms]) => Math.abs(differenceMs) >= ms);
  if (unit === undefined) return differenceMs > 0 ? 'in less than a minute' : 'just now';
  const [name, ms] = unit;
  return RELATIVE.format(Math.trunc(differenceMs / ms), name);
}
