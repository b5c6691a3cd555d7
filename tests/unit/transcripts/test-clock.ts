/** Time that moves only when a test says so: what is due runs in order, and promises settle in between. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../shared/transcripts/attempt.ts';

export interface TestClock extends Clock {
  /** Lets so much time pass. */
  advance(ms: number): Promise<void>;
  /** Lets just as much time pass as the promise needs; throws after `limitMs`. */
  until<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  readonly timers: number;
}

export function createTestClock(startMs = Date.UTC(2026, 10, 22, 12)): TestClock {
  let passedMs = 0;
  let count = 0;
  const timers = new Map<number, { readonly atMs: number; readonly run: () => void }>();

  const nextTimer = () => [...timers].sort(([a, one], [b, other]) => one.atMs - other.atMs || a - b)[0];
  const rest = async (): Promise<void> => {
    for (let turns = 0; turns < 3; turns += 1) await turn();
  };
  /** Runs the next timer if it is due by then. */
  const step = async (untilMs: number): Promise<boolean> => {
    await rest();
    const [id, timer] = nextTimer() ?? [];
    if (id === undefined || !timer || timer.atMs > untilMs) return false;
    timers.delete(id);
    passedMs = Math.max(passedMs, timer.atMs);
    timer.run();
    return true;
  };

  return {
    nowMs: () => startMs + passedMs,
    monotonicMs: () => passedMs,
    after(delayMs, run) {
      const id = ++count;
      timers.set(id, { atMs: passedMs + Math.max(0, delayMs), run });
      return () => timers.delete(id);
    },
    async advance(ms) {
      const untilMs = passedMs + ms;
      while (await step(untilMs));
      passedMs = untilMs;
      await rest();
    },
    async until(promise, limitMs = 120_000) {
      const untilMs = passedMs + limitMs;
      let isSettled = false;
      const settled = promise.finally(() => {
        isSettled = true;
      });
      settled.catch(() => {});
      await rest();
      while (!isSettled) {
        if (!(await step(untilMs)) && !isSettled) throw new Error('the promise never settled');
        await rest();
      }
      return settled;
    },
    get timers() {
      return timers.size;
    },
  };
}
