/**
 * Where a test breaks what a memory store, queue or sealed store does, as networks and processes break: every operation
 * asks first. Operations are numbered from 0 across everything that shares a point, so a sweep can break each in turn.
 */
export interface Operation {
  readonly name: string;
  readonly index: number;
}

export type Fault =
  | 'none'
  /** Refused before it had any effect. */
  | 'fail-before'
  /** It had its effect; the caller gets a connection error. */
  | 'lose-response'
  /** As above, and the SDK tried again: the caller gets the answer to the second try, a conflict with itself. */
  | 'lose-and-retry'
  /** No effect; rejects once `deadline` resolves. */
  | 'hang'
  /** The process died before the effect: the caller never runs on. */
  | 'crash-before'
  /** The process died after the effect: the caller never runs on. */
  | 'crash-after';

export interface FaultPoint {
  /** Asked before each operation; may wait, so that a scheduler can order the operations of many instances. */
  fault: (operation: Operation) => Fault | Promise<Fault>;
  /** What a hanging operation waits for before it is given up. */
  deadline: () => Promise<void>;
  /** Names of the operations so far. */
  readonly operations: readonly string[];
  perform<T>(name: string, effect: () => T): Promise<T>;
}

export function createFaultPoint(fault: FaultPoint['fault'] = () => 'none'): FaultPoint {
  const operations: string[] = [];
  const point: FaultPoint = {
    fault,
    deadline: () => Promise.resolve(),
    operations,
    async perform(name, effect) {
      operations.push(name);
      const verdict = await point.fault({ name, index: operations.length - 1 });
      switch (verdict) {
        case 'none':
          return effect();
        case 'fail-before':
          throw new Error(`${name}: connection refused`);
        case 'lose-response':
          effect();
          throw new Error(`${name}: socket hang up`);
        case 'lose-and-retry':
          effect();
          return effect();
        case 'hang':
          await point.deadline();
          throw new Error(`${name}: gave up at the deadline`);
        case 'crash-after':
          effect();
          return new Promise(() => {});
        case 'crash-before':
          return new Promise(() => {});
      }
    },
  };
  return point;
}
