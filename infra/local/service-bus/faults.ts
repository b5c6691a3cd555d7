/**
 * The test switch, in the sense of ../faults.ts but for AMQP: the next N operations that match fail, hang, or lose
 * their connection, before or after the effect. It changes only what the client gets to hear. Set in process only.
 */

export type Operation = 'send' | 'settle' | 'schedule' | 'cancel' | 'renew' | 'peek' | 'receive-deferred';

export interface ServiceBusFault {
  /** Absent: any. */
  readonly operation?: Operation;
  /** As in the options; absent: any. */
  readonly queue?: string;
  /** `fail`: an error; `hang`: no answer, ever; `drop`: the connection is cut. */
  readonly does: 'fail' | 'hang' | 'drop';
  /** Relative to the effect; default: `after` for `drop`, else `before`. */
  readonly when?: 'before' | 'after';
  /** How many matching operations it strikes; default 1. */
  readonly times?: number;
}

export type Struck = Required<Pick<ServiceBusFault, 'does' | 'when'>>;

export interface ServiceBusFaults {
  add(fault: ServiceBusFault): void;
  clear(): void;
  /** Asked about every operation, before the faults that were added: to count them, or to strike the third. */
  watch(judge: (operation: Operation, queue: string) => Struck | undefined): void;
}

export interface Strikes extends ServiceBusFaults {
  /** The fault that strikes this operation, counted as used. */
  take(operation: Operation, queue: string): Struck | undefined;
}

export function createStrikes(): Strikes {
  let pending: { readonly fault: ServiceBusFault; left: number }[] = [];
  let judge: Parameters<ServiceBusFaults['watch']>[0] = () => undefined;
  return {
    add: (fault) => void pending.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      pending = [];
    },
    watch(asked) {
      judge = asked;
    },
    take(operation, queue) {
      const judged = judge(operation, queue);
      if (judged !== undefined) return judged;
      const entry = pending.find(
        ({ fault }) =>
          (fault.operation === undefined || fault.operation === operation) &&
          (fault.queue === undefined || fault.queue.toLowerCase() === queue.toLowerCase()),
      );
      if (!entry) return undefined;
      entry.left -= 1;
      pending = pending.filter(({ left }) => left > 0);
      const { does, when } = entry.fault;
      return { does, when: when ?? (does === 'drop' ? 'after' : 'before') };
    },
  };
}
