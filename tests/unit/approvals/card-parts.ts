/** What stands where on a card: what a client reads as Markdown, what it shows as it is, and where it can lead. */
import type { JsonObject } from '../../../shared/json/value.ts';

export interface CardParts {
  /** In TextBlocks: Markdown. */
  readonly blocks: readonly string[];
  /** In TextRuns: plain. */
  readonly runs: readonly string[];
  readonly urls: readonly string[];
  /** Every other text on the card, whatever it is for. */
  readonly others: readonly string[];
}

export function takeApart(card: JsonObject): CardParts {
  const parts = { blocks: [] as string[], runs: [] as string[], urls: [] as string[], others: [] as string[] };
  visit(card, parts);
  return parts;
}

function visit(value: unknown, parts: Record<keyof CardParts, string[]>): void {
  if (typeof value !== 'object' || value === null) return;
  const type = 'type' in value ? value.type : undefined;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== 'string') visit(member, parts);
    else if (key === 'text' && type === 'TextRun') parts.runs.push(member);
    else if (key === 'text' && type === 'TextBlock') parts.blocks.push(member);
    else if (key === 'url') parts.urls.push(member);
    else parts.others.push(member);
  }
}
