/** When a retention class lets go of what was opened on a day, and of the seals over it (DESIGN §6). */
import type { RetentionDays } from './document.ts';

export const DAY_MS = 86_400_000;
/** Seals and manifests are kept so much longer than the longest class: what they name has gone before they do. */
export const SEALS_OUTLIVE_DAYS = 32;

/** A segment opened on that day (`yyyy/mm/dd`) may be gone from then on: its days after the day's end. */
export function expiresAtMs(day: string, days: number): number {
  return Date.parse(day.replaceAll('/', '-')) + (days + 1) * DAY_MS;
}

export function longestDays(retention: RetentionDays): number {
  return Math.max(0, ...retention.map(({ days }) => days));
}
