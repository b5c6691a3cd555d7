/** A period as people write it: days, moments, or how long back, in UTC. A day as its end is part of it. */
import type { Period } from './read-period.ts';

type Span = Pick<Period, 'sinceMs' | 'untilMs'>;

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/;
const BACK = /^([1-9]\d{0,3})([dh])$/;
/** Longer than any retention class that is worth a review. */
const LONGEST_MS = 3_660 * DAY_MS;

export const PERIOD_HELP = 'a day (2026-11-01), a moment (2026-11-01T08:30:00Z) or how long back (7d, 24h), in UTC';

/** Undefined for what is none, or ends before it begins. Without an end it ends now. */
export function readPeriodText(since: string, until: string | undefined, nowMs: number): Span | undefined {
  const sinceMs = readStart(since, nowMs);
  const untilMs = until === undefined || until === '' ? nowMs : readEnd(until, nowMs);
  if (sinceMs === undefined || untilMs === undefined) return undefined;
  return untilMs > sinceMs && untilMs - sinceMs <= LONGEST_MS ? { sinceMs, untilMs } : undefined;
}

function readStart(text: string, nowMs: number): number | undefined {
  const [, count, unit] = BACK.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (unit === 'd' ? DAY_MS : 3_600_000);
  return readMoment(text);
}

function readEnd(text: string, nowMs: number): number | undefined {
  if (!DAY.test(text)) return readStart(text, nowMs);
  const startMs = readMoment(text);
  return startMs === undefined ? undefined : startMs + DAY_MS;
}

function readMoment(text: string): number | undefined {
  if (!DAY.test(text) && !MOMENT.test(text)) return undefined;
  const ms = Date.parse(text);
  // 30 February becomes a day of March where nobody looks.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text.slice(0, 10) ? undefined : ms;
}
