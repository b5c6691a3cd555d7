/**
 * NCRONTAB as the Functions timer takes it: six fields, seconds first (five mean second 0), in UTC. Pure.
 * Not taken, each refused with its reason: a TimeSpan in place of an expression, and a day of month together with a day
 * of week, which NCRONTAB joins by "and" where cron-parser joins them by "or".
 */
import { CronExpressionParser } from 'cron-parser';

export class TimerScheduleError extends Error {}

export interface TimerSchedule {
  /** The first occurrence after the moment. */
  next(after: Date): Date;
  /** The shortest distance of the next few occurrences, which says whether Azure would remember the schedule. */
  intervalMs(after: Date): number;
}

/** Numbers and the three-letter names: of what cron-parser knows beyond NCRONTAB (L, #, H, @daily) nothing. */
const FIELD = /^([0-9*,/-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)+$/i;
const PROBED_OCCURRENCES = 5;

/** Throws `TimerScheduleError` with one line. */
export function parseTimerSchedule(text: string): TimerSchedule {
  const given = text.trim().split(/\s+/);
  const fields = given.length === 5 ? ['0', ...given] : given;
  if (fields.length !== 6 || !fields.every((field) => FIELD.test(field))) {
    throw new TimerScheduleError(`schedule "${text}" is not an NCRONTAB expression of six fields`);
  }
  if (fields[3] !== '*' && fields[5] !== '*') {
    throw new TimerScheduleError(
      `schedule "${text}" restricts the day of month and the day of week: this host takes one`,
    );
  }
  const expression = fields.join(' ');
  const next = (after: Date) =>
    CronExpressionParser.parse(expression, { currentDate: after, tz: 'UTC' }).next().toDate();
  try {
    next(new Date(0));
  } catch (cause) {
    throw new TimerScheduleError(`schedule "${text}" is not an NCRONTAB expression`, { cause });
  }
  return {
    next,
    intervalMs: (after) => {
      const occurrences = [next(after)];
      while (occurrences.length < PROBED_OCCURRENCES) occurrences.push(next(occurrences.at(-1) ?? after));
      return Math.min(...occurrences.slice(1).map((at, index) => at.getTime() - (occurrences[index]?.getTime() ?? 0)));
    },
  };
}
