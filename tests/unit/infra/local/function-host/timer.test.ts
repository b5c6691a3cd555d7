/** NCRONTAB schedules and retry policies of the local function host. */
import { describe, expect, it } from 'vitest';
import { retryDelayMs, runWithRetry } from '../../../../../infra/local/function-host/timer-retry.ts';
import { parseTimerSchedule, TimerScheduleError } from '../../../../../infra/local/function-host/timer-schedule.ts';
import { proves } from '../../../../requirements.ts';

describe('schedules', () => {
  const noon = new Date('2026-11-22T12:00:00Z');
  it.each([
    ['*/5 * * * * *', '2026-11-22T12:00:05.000Z'],
    ['0 */5 * * * *', '2026-11-22T12:05:00.000Z'],
    ['0 30 9 * * Mon-Fri', '2026-11-23T09:30:00.000Z'],
    ['0 0 0 1 1 *', '2027-01-01T00:00:00.000Z'],
    ['*/15 * * * *', '2026-11-22T12:15:00.000Z'],
  ])(proves('host.timers', '%s after noon is next at %s'), (schedule, expected) => {
    expect(parseTimerSchedule(schedule).next(noon).toISOString()).toBe(expected);
  });

  it('knows how far apart its occurrences are', () => {
    expect(parseTimerSchedule('*/5 * * * * *').intervalMs(noon)).toBe(5_000);
    expect(parseTimerSchedule('0 0 * * * *').intervalMs(noon)).toBe(3_600_000);
  });

  it.each(['', 'hourly', '00:05:00', '* * * *', '61 * * * * *', '0 0 0 L * *', '0 0 0 1 * 1', '@daily'])(
    'refuses "%s"',
    (schedule) => {
      expect(() => parseTimerSchedule(schedule)).toThrow(TimerScheduleError);
    },
  );
});

describe('retries', () => {
  it('wait a fixed time, or twice as long each time up to a bound', () => {
    const fixed = { retryStrategy: 'fixedDelay', delayInterval: { seconds: 3 } } as const;
    expect([1, 2, 3].map((retry) => retryDelayMs(fixed, retry))).toEqual([3_000, 3_000, 3_000]);
    const growing = {
      retryStrategy: 'exponentialBackoff',
      minimumInterval: { seconds: 1 },
      maximumInterval: { seconds: 5 },
    } as const;
    expect([1, 2, 3, 4].map((retry) => retryDelayMs(growing, retry))).toEqual([1_000, 2_000, 4_000, 5_000]);
  });

  it('end with the first success, and tell each attempt how it stands', async () => {
    const contexts: unknown[] = [];
    await runWithRetry(
      { maxRetryCount: 5 },
      async (context) => {
        contexts.push(context);
        if (contexts.length < 3) throw new TypeError('not yet');
      },
      async () => undefined,
      () => undefined,
    );
    expect(contexts).toMatchObject([
      undefined,
      { retryCount: 1, maxRetryCount: 5, exception: { message: 'not yet', source: 'TypeError' } },
      { retryCount: 2, maxRetryCount: 5 },
    ]);
  });

  it('end with the last failure when they are used up, and never begin without a policy', async () => {
    const attempts: number[] = [];
    const run = (options: { maxRetryCount: number } | undefined) =>
      runWithRetry(
        options,
        async () => {
          attempts.push(attempts.length);
          throw new Error(`failure ${attempts.length}`);
        },
        async () => undefined,
        () => undefined,
      );
    await expect(run({ maxRetryCount: 2 })).rejects.toThrow('failure 3');
    await expect(run(undefined)).rejects.toThrow('failure 4');
  });
});
