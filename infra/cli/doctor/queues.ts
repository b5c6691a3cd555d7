/**
 * Whether the queues of a deployment are as the template makes them, and empty of dead letters; asked of Azure Resource
 * Manager, for the data plane tells no settings. That the app's identity reaches them, the gateway's health says.
 */
import type { QueueOptions } from '../../local/service-bus/queue.ts';
import { broken, type Check, count, doubt, type Finding, well } from './check.ts';

export interface DeployedQueue {
  readonly name: string;
  readonly isActive: boolean;
  readonly hasDuplicateDetection: boolean;
  readonly hasSessions: boolean;
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly duplicateWindowMs: number;
  readonly timeToLiveMs: number;
  readonly deadLettersExpired: boolean;
  readonly deadLetters: number;
}

export interface QueuesOptions {
  /** Of the namespace in the resource group; undefined: not said which. */
  readonly list: (() => Promise<readonly DeployedQueue[]>) | undefined;
  readonly wanted: readonly QueueOptions[];
}

const SETTINGS = [
  'lockDurationMs',
  'maxDeliveryCount',
  'duplicateWindowMs',
  'timeToLiveMs',
  'deadLettersExpired',
] as const;
const DEPLOY = 'Deploy the template again; without duplicate detection a repeated send is a second message';

export function createQueuesCheck({ list, wanted }: QueuesOptions): Check {
  return {
    name: 'queues',
    async look() {
      if (list === undefined) {
        const advice =
          'Say --subscription and --resource-group to see their settings; service-bus, above, says they are there';
        return [doubt('queues', 'settings not looked at: not said where they are', advice)];
      }
      const there = await list();
      return wanted.map((queue) =>
        judge(
          queue,
          there.find(({ name }) => name === queue.name),
        ),
      );
    },
  };
}

function judge(wanted: QueueOptions, queue: DeployedQueue | undefined): Finding {
  const name = `queue ${wanted.name}`;
  if (queue === undefined) return broken(name, 'it is not there', DEPLOY);
  if (!queue.isActive) {
    return broken(name, 'it takes or gives no messages', 'az servicebus queue update … --status Active');
  }
  const wrong = [
    ...SETTINGS.filter((setting) => wanted[setting] !== queue[setting]),
    ...(queue.hasDuplicateDetection ? [] : ['hasDuplicateDetection']),
    ...(queue.hasSessions ? ['hasSessions'] : []),
  ];
  if (wrong.length > 0) return broken(name, `not as the template has it: ${wrong.join(', ')}`, DEPLOY);
  if (queue.deadLetters > 0) {
    const advice = 'See sallyport approvals attention, and why in the log: each was given up after its last delivery';
    return doubt(name, `${count(queue.deadLetters, 'dead letter')} in it`, advice);
  }
  return well(name, 'as the template has it, no dead letters');
}
