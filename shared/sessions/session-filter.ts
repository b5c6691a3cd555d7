/**
 * Which sessions somebody looks for, as asked on a page, over the API or by a command: read from text, matched with what
 * the index knows. Where the index held no more names, a session is given rather than left out.
 */
import { z } from 'zod';
import type { FindingOutcome } from '../masking/masker.ts';
import type { Bounded } from './bounded.ts';
import type { SessionRange } from './session-index.ts';
import type { SessionSummary } from './session-summary.ts';

export const DECISIONS = ['allow', 'hold', 'deny'] as const;
export const OUTCOMES = ['masked', 'revealed', 'uninspected', 'withheld'] as const satisfies readonly FindingOutcome[];

export interface SessionFilter {
  readonly server?: string;
  /** An id, or part of a name. */
  readonly person?: string;
  readonly agent?: string;
  readonly tool?: string;
  /** Sessions that had a record from then on, and until then. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly decision?: (typeof DECISIONS)[number];
  /** A class that was found in what was delivered, with any outcome or this one. */
  readonly class?: string;
  readonly outcome?: FindingOutcome;
}

const MAX_WORD = 128;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const word = z
  .string()
  .trim()
  .max(MAX_WORD)
  .transform((text) => (text === '' ? undefined : text))
  .optional();
const choice = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.union([z.literal('').transform(() => undefined), z.enum(words)]).optional();

/** A day, `2026-11-22`, or a moment of ISO 8601 in UTC. `end`: a day means its last millisecond. */
const time = (end: boolean) =>
  z
    .string()
    .trim()
    .transform((text, context) => {
      if (text === '') return undefined;
      const ms = DAY.test(text) ? Date.parse(text) + (end ? 86_399_999 : 0) : Date.parse(text);
      if (Number.isFinite(ms) && (DAY.test(text) || text.endsWith('Z'))) return ms;
      context.issues.push({ code: 'custom', message: 'a day, 2026-11-22, or a moment in UTC', input: undefined });
      return z.NEVER;
    })
    .optional();

/** As in an address: text, with empty fields for none. */
export const filterShape = {
  server: word,
  person: word,
  agent: word,
  tool: word,
  since: time(false),
  until: time(true),
  decision: choice(DECISIONS),
  class: word,
  outcome: choice(OUTCOMES),
} as const;

const filterSchema = z.object(filterShape);

/** The names of the fields that are wrong, otherwise. */
export function readFilter(
  query: Readonly<Record<string, string>>,
): { readonly ok: true; readonly filter: SessionFilter } | { readonly ok: false; readonly wrong: readonly string[] } {
  const read = filterSchema.safeParse(query);
  if (!read.success) return { ok: false, wrong: [...new Set(read.error.issues.map(({ path }) => path.join('.')))] };
  return { ok: true, filter: toFilter(read.data) };
}

export function toFilter({ since: sinceMs, until: untilMs, ...words }: z.output<typeof filterSchema>): SessionFilter {
  const given = Object.entries({ ...words, sinceMs, untilMs }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** Everything but server and times, which the index goes by itself. */
export function matches(filter: SessionFilter, summary: SessionSummary): boolean {
  const { person, agent, tool, decision, class: className, outcome } = filter;
  if (person !== undefined && !hasNamed(summary.people, person)) return false;
  if (agent !== undefined && !hasNamed(summary.agents, agent)) return false;
  if (tool !== undefined && !hasTool(summary.tools, tool)) return false;
  if (decision !== undefined && summary.counts[decision] === 0) return false;
  if (className === undefined && outcome === undefined) return true;
  return summary.exposure.some(
    (found) =>
      (className === undefined || found.class === className) && (outcome === undefined || found.outcome === outcome),
  );
}

function hasNamed(set: Bounded<{ readonly id: string; readonly name?: string }>, text: string): boolean {
  const part = text.toLowerCase();
  const isIt = ({ id, name }: { id: string; name?: string }): boolean =>
    id === part || name?.toLowerCase().includes(part) === true;
  return set.isCut || set.items.some(isIt);
}

function hasTool(set: Bounded<string>, tool: string): boolean {
  const last = set.items.at(-1);
  // The smallest are held: one that is smaller than the last would be among them.
  return set.items.includes(tool) || (set.isCut && last !== undefined && tool > last);
}

/** Where a list goes on, as text; undefined for text that is none. */
export function readAfter(text: string): SessionRange['after'] {
  const [, digits, id] = /^(\d{1,15})\.([a-z0-9][a-z0-9-]{0,63})$/.exec(text) ?? [];
  return digits === undefined || id === undefined ? undefined : { lastMs: Number(digits), id };
}

export function formatAfter({ lastMs, id }: NonNullable<SessionRange['after']>): string {
  return `${lastMs}.${id}`;
}

/** For the record of who looked: the fields that were filled in. */
export function describeFilter(filter: SessionFilter): string {
  const words = Object.entries(filter).map(([name, value]) => {
    const isTime = name === 'sinceMs' || name === 'untilMs';
    return isTime ? `${name.slice(0, -2)}=${new Date(Number(value)).toISOString()}` : `${name}=${value}`;
  });
  return words.length === 0 ? 'all' : words.join(' ');
}
