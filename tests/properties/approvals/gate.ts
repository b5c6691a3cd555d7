/**
 * Where the operations of several gateway instances wait until the model lets one of them happen, as it comes or with a
 * mishap: refused, its response lost, taken twice, slow, landing after it was given up, or the process dying at it. One
 * operation happens at a time, so a run is told by its commands alone.
 */
export type Mishap =
  | 'none'
  /** Refused before it had any effect. */
  | 'refused'
  /** It had its effect; whoever asked gets an error. */
  | 'response-lost'
  /** As above, and the SDK sent it again: whoever asked gets the answer to the second try. */
  | 'sent-twice'
  /** Nothing happens yet; it lands when the model says so. */
  | 'slow'
  /** Given up with an error now; it lands later all the same. */
  | 'lands-late'
  | 'dies-before'
  | 'dies-after'
  /** The process dies, and what it sent lands later. */
  | 'dies-lands-late';

export const MISHAPS: readonly Mishap[] = [
  'refused',
  'response-lost',
  'sent-twice',
  'slow',
  'lands-late',
  'dies-before',
  'dies-after',
  'dies-lands-late',
];

export class NetworkFault extends Error {
  override readonly name = 'NetworkFault';
  readonly mayHaveLanded: boolean;

  constructor(operation: string, mayHaveLanded: boolean) {
    super(`${operation}: ${mayHaveLanded ? 'socket hang up' : 'connection refused'}`);
    this.mayHaveLanded = mayHaveLanded;
  }
}

/** One process of the gateway. What a dead one still waits for never comes, and it asks for nothing any more. */
export interface Instance {
  readonly number: number;
  isDead: boolean;
}

interface Waiting {
  readonly instance: Instance;
  readonly name: string;
  readonly land: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

interface OnItsWay extends Omit<Waiting, 'resolve' | 'reject'> {
  readonly sinceMs: number;
  arrive(): void;
}

export interface Gate {
  perform<T>(instance: Instance, name: string, effect: () => T | Promise<T>): Promise<T>;
  readonly waiting: number;
  readonly onItsWay: readonly OnItsWay[];
  /** Lets one operation happen, the `pick`th of those that wait. */
  step(pick: number, mishap: Mishap): Promise<void>;
  /** What was slow or given up lands now. */
  land(pick: number): Promise<void>;
  /** Lands what would otherwise be on its way for longer than any connection lives. */
  landBefore(ms: number): Promise<void>;
}

/** No request travels for longer; upstream calls have a deadline of their own. */
export const LONGEST_WAY_MS = 300_000;

export function createGate(nowMs: () => number, onDeath: (instance: Instance) => void): Gate {
  let waiting: Waiting[] = [];
  let onItsWay: OnItsWay[] = [];

  function kill(instance: Instance): void {
    instance.isDead = true;
    waiting = waiting.filter((each) => each.instance !== instance);
    onDeath(instance);
  }

  function sendOff({ instance, name, land, resolve, reject }: Waiting, isAwaited: boolean): void {
    const arrive = () => {
      const landed = attempt(land);
      if (isAwaited && !instance.isDead) landed.then(resolve, reject);
      else landed.catch(() => undefined);
    };
    onItsWay.push({ instance, name, land, sinceMs: nowMs(), arrive });
  }

  function happen(operation: Waiting, mishap: Mishap): void {
    const { instance, name, land, resolve, reject } = operation;
    switch (mishap) {
      case 'none':
        attempt(land).then(resolve, reject);
        return;
      case 'refused':
        reject(new NetworkFault(name, false));
        return;
      case 'response-lost':
        attempt(land).catch(() => undefined);
        reject(new NetworkFault(name, true));
        return;
      case 'sent-twice':
        attempt(land)
          .catch(() => undefined)
          .then(land)
          .then(resolve, reject);
        return;
      case 'slow':
        sendOff(operation, true);
        return;
      case 'lands-late':
        sendOff(operation, false);
        reject(new NetworkFault(name, true));
        return;
      case 'dies-before':
        kill(instance);
        return;
      case 'dies-after':
        attempt(land).catch(() => undefined);
        kill(instance);
        return;
      case 'dies-lands-late':
        sendOff(operation, false);
        kill(instance);
    }
  }

  const gate: Gate = {
    perform<T>(instance: Instance, name: string, effect: () => T | Promise<T>): Promise<T> {
      if (instance.isDead) return new Promise<T>(() => {});
      return new Promise<T>((resolve, reject) => {
        waiting.push({ instance, name, land: effect, resolve: (value) => resolve(value as T), reject });
      });
    },
    get waiting() {
      return waiting.length;
    },
    get onItsWay() {
      return onItsWay;
    },
    async step(pick, mishap) {
      const [operation] = waiting.splice(pick % waiting.length, 1);
      if (operation !== undefined) happen(operation, allowed(operation.name, mishap));
      await settle();
    },
    async land(pick) {
      const [operation] = onItsWay.splice(pick % onItsWay.length, 1);
      operation?.arrive();
      await settle();
    },
    async landBefore(ms) {
      const over = onItsWay.filter(({ name, sinceMs }) => name !== 'upstream' && ms - sinceMs > LONGEST_WAY_MS);
      onItsWay = onItsWay.filter((each) => !over.includes(each));
      for (const { arrive } of over) arrive();
      await settle();
    },
  };
  return gate;
}

/** Nobody sends a call to an upstream again by himself, nor appends a record twice: those have their own tests. */
function allowed(name: string, mishap: Mishap): Mishap {
  if (mishap !== 'sent-twice' || !(name === 'upstream' || name.startsWith('record'))) return mishap;
  return 'response-lost';
}

async function attempt(land: () => unknown): Promise<unknown> {
  return land();
}

/** Everything that can go on without another operation has gone on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
