/**
 * A queue trigger's settings, checked before anything runs. Refused by name: topics, sessions, batches and the
 * extensions library's own message type. A function's retry policy is ignored, as on Azure: the queue delivers again.
 */
import type { RegisteredFunction } from './core-api.ts';
import { type QueueConnection, readQueueConnection } from './queue-connection.ts';
import type { QueueSettings } from './queue-settings.ts';
import { HostProblem } from './settings.ts';

export interface QueueFunction {
  readonly target: RegisteredFunction;
  readonly triggerName: string;
  readonly queue: string;
  /** Whether it takes what the queue has dead-lettered. */
  readonly isDeadLetters: boolean;
  readonly connection: QueueConnection;
  readonly settings: QueueSettings;
}

const DEAD_LETTERS = /\/\$deadletterqueue$/i;

/** Throws `HostProblem` that names the function when its settings do not fit. */
export function readQueueFunction(
  target: RegisteredFunction,
  trigger: { readonly name: string; readonly settings: Readonly<Record<string, unknown>> },
  settings: QueueSettings,
  environment: Readonly<Record<string, string | undefined>>,
): QueueFunction {
  const { name } = target.metadata;
  const refuse = (reason: string) => new HostProblem(`Function "${name}": ${reason}`);
  const { queueName, connection, cardinality, autoCompleteMessages = settings.isAutoComplete } = trigger.settings;
  if (trigger.settings.topicName !== undefined) throw refuse('this host knows queues, no topics');
  if (typeof queueName !== 'string' || queueName === '') throw refuse('queueName must be a string');
  if (cardinality !== undefined && cardinality !== 'one') throw refuse('this host knows only cardinality "one"');
  if (trigger.settings.isSessionsEnabled === true) throw refuse('this host knows no sessions');
  if (trigger.settings.sdkBinding === true) throw refuse('this host knows no sdkBinding');
  if (typeof autoCompleteMessages !== 'boolean') throw refuse('autoCompleteMessages must be true or false');
  return {
    target,
    triggerName: trigger.name,
    queue: queueName.replace(DEAD_LETTERS, ''),
    isDeadLetters: DEAD_LETTERS.test(queueName),
    connection: readQueueConnection(name, connection, environment),
    settings: { ...settings, isAutoComplete: autoCompleteMessages },
  };
}
