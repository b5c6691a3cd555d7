/**
 * Rows of the index of sessions: a partition for each server, so that one batch writes all that belongs together and a
 * list is a range of keys. A session has a row of its own, one in the list by its last record, newest first, and one for
 * each segment with how far it was read.
 */
import * as z from 'zod';
import type { SegmentPlace, SegmentPosition, SessionRange } from '../sessions/session-index.ts';
import type { SessionSummary } from '../sessions/session-summary.ts';
import { parseSegmentName, segmentName } from '../transcripts/layout.ts';
import { createColumns, type Entity, json, type Keys, type Members, time } from './table-columns.ts';
import type { Row } from './table-rows.ts';

const count = z.int().min(0);
const bounded = <S extends z.ZodType>(item: S) =>
  json(z.object({ items: z.array(item).readonly(), isCut: z.boolean() }));
const exposure = json(
  z
    .array(z.object({ class: z.string(), outcome: z.enum(['masked', 'revealed', 'uninspected', 'withheld']), count }))
    .readonly(),
);
const person = z.object({ kind: z.enum(['user', 'app']), id: z.string(), name: z.string().exactOptional() });
const agent = z.object({ id: z.string(), name: z.string().exactOptional() });
const counts = z.object({
  allow: count,
  hold: count,
  deny: count,
  answered: count,
  error: count,
  failed: count,
  withheld: count,
  unknown: count,
  abandoned: count,
  events: count,
  deliveries: count,
  views: count,
  administration: count,
  recoveries: count,
});

const summaryMembers = {
  id: z.string(),
  server: z.string(),
  retention: z.string(),
  firstMs: time,
  lastMs: time,
  people: bounded(person),
  agents: bounded(agent),
  tools: bounded(z.string()),
  methods: bounded(z.string()),
  approvals: bounded(z.string()),
  counts: json(counts),
  exposure,
  seen: exposure,
} satisfies Members<SessionSummary>;

const summaryColumns = createColumns(z.object(summaryMembers));
const positionColumns = createColumns(
  z.object({ container: z.string(), segment: z.string(), lines: count, generation: count }),
);
const generationColumn = z.object({ generation: count });

const SESSION_PREFIX = 'session|';

export function formatSession(keys: Keys, summary: SessionSummary | undefined, generation: number): Entity {
  return { ...(summary && summaryColumns.format(keys, summary)), ...keys, generation };
}

/** Undefined for a session of which only positions are known. Throws for a row that is none of ours. */
export function readSession(row: Row): SessionSummary | undefined {
  if (row.id === undefined) return undefined;
  const read = summaryColumns.parse(row);
  if ('wrong' in read) throw new Error(`a row of the index of sessions has another shape: ${read.wrong}`);
  return read.value;
}

export function readGeneration(row: Row): number {
  return generationColumn.parse(row).generation;
}

export function formatPosition(
  server: string,
  session: string,
  position: SegmentPosition & { readonly generation: number },
): Entity {
  return positionColumns.format(positionKeys(server, session, position), position);
}

export function readPosition(row: Row): SegmentPosition & { readonly generation: number } {
  const read = positionColumns.parse(row);
  if ('wrong' in read) throw new Error(`a position in the index of sessions has another shape: ${read.wrong}`);
  return read.value;
}

export function sessionKeys(server: string, session: string): Keys {
  return { partitionKey: server, rowKey: `${SESSION_PREFIX}${session}` };
}

export const SESSION_RANGE = { from: SESSION_PREFIX, before: 'session}' } as const;

export function readSessionId(row: Row): string {
  return z.string().startsWith(SESSION_PREFIX).parse(row.rowKey).slice(SESSION_PREFIX.length);
}

/** Digits of the largest time there is: larger times sort first. */
const LAST_MS = 8_640_000_000_000_000;

export function listKeys({ server, id, lastMs }: Pick<SessionSummary, 'server' | 'id' | 'lastMs'>): Keys {
  return { partitionKey: server, rowKey: `time|${inverted(lastMs)}|${id}` };
}

/** Keys of list rows: after the one, before the other. */
export function listRange({ sinceMs, after }: SessionRange): { readonly from: string; readonly before: string } {
  return {
    from: after === undefined ? 'time|' : listKeys({ server: '', ...after }).rowKey,
    before: sinceMs === undefined ? 'time}' : `time|${inverted(sinceMs - 1)}`,
  };
}

function inverted(ms: number): string {
  return String(LAST_MS - Math.min(Math.max(ms, 0), LAST_MS)).padStart(16, '0');
}

export function positionKeys(server: string, session: string, { container, segment }: SegmentPlace): Keys {
  const parts = parseSegmentName(segment);
  if (!parts || segmentName(parts) !== segment) throw new RangeError('a position of what is no segment');
  const { day, writer, number } = parts;
  // No slash may stand in a key.
  const name = `${container}|${day.replaceAll('/', '-')}|${writer}-${number}`;
  return { partitionKey: server, rowKey: `segment|${session}|${name}` };
}

export function positionRange(session: string): { readonly from: string; readonly before: string } {
  return { from: `segment|${session}|`, before: `segment|${session}}` };
}
