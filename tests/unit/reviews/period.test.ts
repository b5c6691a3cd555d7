/** Periods as people write them, and what is none. */
import { describe, expect, it } from 'vitest';
import { readPeriodText } from '../../../shared/reviews/period.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;
const day = (text: string) => Date.parse(text);

describe('a period', () => {
  it.each([
    ['2026-11-01', undefined, day('2026-11-01'), NOW],
    ['2026-11-01', '', day('2026-11-01'), NOW],
    ['2026-11-01', '2026-11-01', day('2026-11-01'), day('2026-11-02')],
    ['2026-11-01T08:30:00Z', '2026-11-01T08:30:00.001Z', day('2026-11-01T08:30:00Z'), day('2026-11-01T08:30:00.001Z')],
    ['30d', undefined, NOW - 30 * DAY_MS, NOW],
    ['48h', '24h', NOW - 2 * DAY_MS, NOW - DAY_MS],
    ['2024-02-29', '2024-02-29', day('2024-02-29'), day('2024-03-01')],
  ])('is %s to %s', (since, until, sinceMs, untilMs) => {
    expect(readPeriodText(since, until, NOW)).toEqual({ sinceMs, untilMs });
  });

  it.each([
    ['', undefined],
    ['yesterday', undefined],
    ['2026-02-30', undefined],
    ['2026-13-01', undefined],
    ['2026-11-01T25:00:00Z', undefined],
    ['2026-11-01T08:30:00', undefined],
    ['2026-11-01T08:30:00+02:00', undefined],
    ['0d', undefined],
    ['-1d', undefined],
    ['99999d', undefined],
    ['9999d', undefined],
    ['2026-11-23', undefined],
    ['2026-11-02', '2026-11-01'],
    ['24h', '48h'],
  ])('is not %j to %j', (since, until) => {
    expect(readPeriodText(since, until, NOW)).toBeUndefined();
  });
});
