/**
 * Counts the calls of one story by name, says which try is struck, and knows when nothing is under way any more. Tries of
 * one operation are one call: an SDK sends them all under the same client request id.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Call, type Case, STAGES, type Stage, type Strike, strikeOf } from './fault.ts';

export interface Try {
  readonly strike: Strike | undefined;
  /** The try is over: answered, cut, or given up by its client. */
  end(): void;
}

export interface Meter {
  /** `operation`: the client request id; undefined where the protocol has none, then each try is a call. */
  begin(name: string, operation: string | undefined): Try;
  /** Counts anew from here, and strikes what the case says; without a case nothing is struck. */
  arm(planned?: Case): void;
  readonly calls: readonly Call[];
  readonly hasStruck: boolean;
  setStage(stage: Stage): void;
  /** Resolves when nothing has been under way for a while; a longer one where a call of this name is still to come. */
  quiet(last?: string): Promise<void>;
}

const QUIET_MS = 120;
/** Above the longest pause between two tries of an SDK, when nothing is under way although something is to come. */
const STILL_MS = 1_300;
/** Above the longest deadline of an operation in a hurried instance. */
const AT_MOST_MS = 12_000;

/** A call of this name ends its stage: what comes after it belongs to the next. */
const LAST_OF_STAGE: readonly (readonly [RegExp, Stage, Stage])[] = [
  [/^queue: send approval-decisions/, 'decide', 'apply'],
  [/^table: request → approved/, 'apply', 'claim'],
  [/^table: request → claimed/, 'claim', 'send'],
  [/^table: request → sent/, 'send', 'finish'],
];

export function createMeter(): Meter {
  let planned: Case | undefined;
  let stage: Stage = STAGES[0];
  let calls: Call[] = [];
  let counts = new Map<string, number>();
  let operations = new Map<string, Call>();
  let strikes = 0;
  let underWay = 0;
  let lastMs = performance.now();

  function callOf(name: string, operation: string | undefined): Call {
    const known = operation === undefined ? undefined : operations.get(operation);
    if (known !== undefined) return known;
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    const call = { stage, name, nth };
    calls.push(call);
    if (operation !== undefined) operations.set(operation, call);
    const next = LAST_OF_STAGE.find(([pattern, from]) => from === stage && pattern.test(name));
    if (next !== undefined) stage = next[2];
    return call;
  }

  function judge({ name, nth }: Call, operation: string | undefined): Strike | undefined {
    if (planned === undefined || planned.call.name !== name) return undefined;
    const { kind, way, call } = planned;
    const isOnce = way === 'once' || kind === 'kill';
    if (isOnce && strikes > 0) return undefined;
    // Without an id a repeated try can't be told from the next call of its name: all are struck until the story ends.
    const isIt = nth === call.nth || (!isOnce && operation === undefined && nth > call.nth);
    if (!isIt) return undefined;
    strikes += 1;
    return strikeOf(planned);
  }

  return {
    begin(name, operation) {
      const strike = judge(callOf(name, operation), operation);
      underWay += 1;
      let isOver = false;
      return {
        strike,
        end() {
          if (isOver) return;
          isOver = true;
          underWay -= 1;
          lastMs = performance.now();
        },
      };
    },
    arm(next) {
      planned = next;
      stage = STAGES[0];
      calls = [];
      counts = new Map();
      operations = new Map();
      strikes = 0;
    },
    get calls() {
      return calls;
    },
    get hasStruck() {
      return strikes > 0;
    },
    setStage(next) {
      stage = next;
    },
    async quiet(last) {
      const endsMs = performance.now() + AT_MOST_MS;
      lastMs = performance.now();
      for (;;) {
        const isComplete = last === undefined || counts.has(last);
        const stillMs = underWay > 0 ? 0 : performance.now() - lastMs;
        if (stillMs >= (isComplete ? QUIET_MS : STILL_MS) || performance.now() >= endsMs) return;
        await pause(10);
      }
    },
  };
}
