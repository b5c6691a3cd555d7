/**
 * `extensions.serviceBus` of host.json, with the defaults of the Service Bus extension 5.x. What this host would have
 * to ignore it refuses by name: an app must not behave differently in Azure because of a setting that had no effect here.
 */
import { availableParallelism } from 'node:os';
import { HostProblem } from './settings.ts';

export interface QueueSettings {
  /** Whether a message is completed once its function has returned. */
  readonly isAutoComplete: boolean;
  /** For each function, in each instance of the host. */
  readonly maxConcurrentCalls: number;
  /** How long the lock of a running message is renewed. */
  readonly maxLockRenewalMs: number;
}

/** Nothing else is imitated, so nothing else may be asked for. */
const ONLY_DEFAULT: Readonly<Record<string, unknown>> = { prefetchCount: 0, maxMessageBatchSize: 1_000 };
const CALLS_PER_CORE = 16;

/** Throws `HostProblem` that names the setting. */
export function readQueueSettings(section: Readonly<Record<string, unknown>>): QueueSettings {
  const {
    autoCompleteMessages = true,
    maxConcurrentCalls = CALLS_PER_CORE * availableParallelism(),
    maxAutoLockRenewalDuration = '00:05:00',
    ...others
  } = section;
  for (const [name, value] of Object.entries(others)) {
    if (!Object.hasOwn(ONLY_DEFAULT, name)) throw refuse(name, 'is not known to this host');
    if (value !== ONLY_DEFAULT[name]) throw refuse(name, `this host knows only ${String(ONLY_DEFAULT[name])}`);
  }
  if (typeof autoCompleteMessages !== 'boolean') throw refuse('autoCompleteMessages', 'must be true or false');
  if (typeof maxConcurrentCalls !== 'number' || !Number.isInteger(maxConcurrentCalls) || maxConcurrentCalls < 1) {
    throw refuse('maxConcurrentCalls', 'must be a whole number of 1 or more');
  }
  const maxLockRenewalMs = readTimeSpan(maxAutoLockRenewalDuration);
  if (maxLockRenewalMs === undefined) throw refuse('maxAutoLockRenewalDuration', 'must be a time as hh:mm:ss');
  return { isAutoComplete: autoCompleteMessages, maxConcurrentCalls, maxLockRenewalMs };
}

function refuse(name: string, reason: string): HostProblem {
  return new HostProblem(`host.json: extensions.serviceBus.${name}: ${reason}`);
}

/** Milliseconds of `hh:mm:ss`; undefined for anything else. */
function readTimeSpan(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(value) : null;
  if (match === null) return undefined;
  const [hours, minutes, seconds] = match.slice(1).map(Number);
  if (hours === undefined || minutes === undefined || seconds === undefined) return undefined;
  return hours < 24 && minutes < 60 && seconds < 60 ? ((hours * 60 + minutes) * 60 + seconds) * 1_000 : undefined;
}
