/**
 * Timer triggers. One run at a time: the next is set when the last has ended, retries included. Remembers a schedule of
 * a minute or more in a file when it is given a folder, so that an occurrence missed while the host was down runs at
 * start with isPastDue. Differs from Azure: a singleton is instance 0 of this host, not the holder of a blob lease.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJsonFile, replaceJsonFile } from '../json-file.ts';
import type { RegisteredFunction } from './core-api.ts';
import type { Invoke } from './invocations.ts';
import { HostProblem } from './settings.ts';
import { runWithRetry } from './timer-retry.ts';
import { parseTimerSchedule, type TimerSchedule, TimerScheduleError } from './timer-schedule.ts';

export interface TimerFunction {
  readonly target: RegisteredFunction;
  readonly triggerName: string;
  readonly schedule: TimerSchedule;
  readonly isRunOnStartup: boolean;
  readonly isMonitored: boolean;
}

const MONITORED_FROM_MS = 60_000;
/** setTimeout's own limit is 2^31-1 ms: wait in steps. */
const LONGEST_WAIT_MS = 86_400_000;

/** Throws `HostProblem` that names the function when its settings do not fit. */
export function readTimerFunction(
  target: RegisteredFunction,
  trigger: { readonly name: string; readonly settings: Readonly<Record<string, unknown>> },
): TimerFunction {
  const { schedule, runOnStartup, useMonitor } = trigger.settings;
  if (typeof schedule !== 'string')
    throw new HostProblem(`Function "${target.metadata.name}": schedule must be a string`);
  try {
    const parsed = parseTimerSchedule(schedule);
    return {
      target,
      triggerName: trigger.name,
      schedule: parsed,
      isRunOnStartup: runOnStartup === true,
      isMonitored: useMonitor !== false && parsed.intervalMs(new Date()) >= MONITORED_FROM_MS,
    };
  } catch (error) {
    if (error instanceof TimerScheduleError)
      throw new HostProblem(`Function "${target.metadata.name}": ${error.message}`);
    throw error;
  }
}

export interface TimerOptions {
  readonly invoke: Invoke;
  /** Where schedules are remembered; undefined: nowhere. */
  readonly folder: string | undefined;
  readonly log: (line: string) => void;
}

/** Runs until the signal aborts; a run in flight then is left to end. */
export async function runTimer(timer: TimerFunction, options: TimerOptions, signal: AbortSignal): Promise<void> {
  const { name } = timer.target.metadata;
  const file = options.folder !== undefined && timer.isMonitored ? join(options.folder, `${name}.json`) : undefined;
  let status = file === undefined ? undefined : readStatus(await readJsonFile(file));
  const wait = async (ms: number) => {
    await sleep(ms, undefined, { signal });
  };

  async function run(isPastDue: boolean, due: Date): Promise<void> {
    const next = timer.schedule.next(new Date());
    const scheduleStatus = {
      Last: (status?.Last ?? new Date(0)).toISOString(),
      Next: next.toISOString(),
      LastUpdated: new Date().toISOString(),
    };
    const info = { Schedule: { AdjustForDST: true }, ScheduleStatus: scheduleStatus, IsPastDue: isPastDue };
    const inputData = [{ name: timer.triggerName, data: { json: JSON.stringify(info) } }];
    try {
      await runWithRetry(
        timer.target.metadata.retryOptions,
        (retryContext) =>
          options.invoke(timer.target, {
            invocationId: randomUUID(),
            inputData,
            triggerMetadata: {},
            ...(retryContext === undefined ? {} : { retryContext }),
          }),
        wait,
        (cause, retry) => options.log(`${name} failed, retry ${retry} follows: ${String(cause)}`),
      );
    } catch (cause) {
      if (!signal.aborted) options.log(`${name} failed: ${String(cause)}`);
    }
    status = { Last: due, Next: timer.schedule.next(new Date()) };
    if (file !== undefined) await replaceJsonFile(file, status);
  }

  const isPastDue = status !== undefined && status.Next.getTime() < Date.now();
  if (isPastDue || timer.isRunOnStartup) await run(isPastDue, new Date());
  while (!signal.aborted) {
    const due = timer.schedule.next(new Date());
    if (file !== undefined && status === undefined) await replaceJsonFile(file, { Last: new Date(0), Next: due });
    try {
      for (let left = due.getTime() - Date.now(); left > 0; left = due.getTime() - Date.now()) {
        await wait(Math.min(left, LONGEST_WAIT_MS));
      }
    } catch {
      return;
    }
    await run(false, due);
  }
}

/** A file that is not ours to understand counts as none: the schedule starts anew. */
function readStatus(value: unknown): { readonly Last: Date; readonly Next: Date } | undefined {
  if (typeof value !== 'object' || value === null || !('Last' in value) || !('Next' in value)) return undefined;
  const [last, next] = [new Date(String(value.Last)), new Date(String(value.Next))];
  return Number.isNaN(last.getTime()) || Number.isNaN(next.getTime()) ? undefined : { Last: last, Next: next };
}
