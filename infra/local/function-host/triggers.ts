/**
 * Which functions run by what: their triggers, read and checked before anything runs. A trigger type that this host
 * does not know is refused by name; a new one joins here.
 */
import { readTrigger } from './app.ts';
import type { RegisteredFunction } from './core-api.ts';
import { type HttpFunction, readHttpFunction } from './http-functions.ts';
import { type QueueFunction, readQueueFunction } from './queue-function.ts';
import { readQueueSettings } from './queue-settings.ts';
import { type AppSettings, HostProblem } from './settings.ts';
import { readTimerFunction, type TimerFunction } from './timer-trigger.ts';

export interface Triggers {
  readonly http: readonly HttpFunction[];
  readonly timers: readonly TimerFunction[];
  readonly queues: readonly QueueFunction[];
}

/** Without the functions that a setting switches off. Throws `HostProblem`. */
export function sortTriggers(
  functions: readonly RegisteredFunction[],
  settings: Pick<AppSettings, 'routePrefix' | 'serviceBus'>,
  environment: Readonly<Record<string, string | undefined>>,
): Triggers {
  const http: HttpFunction[] = [];
  const timers: TimerFunction[] = [];
  const queues: QueueFunction[] = [];
  const queueSettings = readQueueSettings(settings.serviceBus);
  for (const target of functions.filter(({ metadata }) => !isDisabled(metadata.name, environment))) {
    const trigger = readTrigger(target, environment);
    const type = trigger.type.toLowerCase();
    if (type === 'httptrigger') http.push(readHttpFunction(target, trigger, settings.routePrefix));
    else if (type === 'timertrigger') timers.push(readTimerFunction(target, trigger));
    else if (type === 'servicebustrigger') queues.push(readQueueFunction(target, trigger, queueSettings, environment));
    else
      throw new HostProblem(
        `Function "${target.metadata.name}": this host does not know the trigger "${trigger.type}"`,
      );
  }
  return { http, timers, queues };
}

/** The setting's name with dots, or with double underscores where the shell cannot write a dot. */
function isDisabled(name: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  const value = environment[`AzureWebJobs.${name}.Disabled`] ?? environment[`AzureWebJobs__${name}__Disabled`];
  return value !== undefined && /^(true|1)$/i.test(value.trim());
}
