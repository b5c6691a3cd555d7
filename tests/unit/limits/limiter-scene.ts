/** Instances with limiters over one store, and a clock that a test turns; timers run when their time has come. */
import { createLimiter } from '../../../shared/limits/create-limiter.ts';
import { createMemoryRateStore, type MemoryRateStore } from './memory-rate-store.ts';

export const ALICE = 'tenant user alice';

export interface Scene {
  readonly store: MemoryRateStore;
  readonly instances: readonly ReturnType<typeof createLimiter>[];
  readonly logged: string[];
  nowMs(): number;
  /** Time passes, in steps of at most 100 ms; what is due runs, and what waits on the store goes on. */
  pass(ms: number): Promise<void>;
  /** Sets every clock to another time. */
  setClock(ms: number): void;
}

export interface SceneOptions {
  readonly instances?: number;
  readonly callsPerMinute?: number;
}

export function createScene({ instances = 1, callsPerMinute = 10 }: SceneOptions = {}): Scene {
  let nowMs = Date.UTC(2026, 6, 1);
  const ids = Array.from({ length: instances }, (_, index) => `instance-${index + 1}`);
  const logged: string[] = [];
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  const store = createMemoryRateStore(() => nowMs);
  const makeInstance = (id: string) =>
    createLimiter({
      limits: {
        principal: { callsAtOnce: 2, streamsAtOnce: 1, callsPerMinute },
        server: { callsAtOnce: 3, streamsAtOnce: 2 },
      },
      store,
      nowMs: () => nowMs,
      after: (delayMs, run) => {
        const timer = { dueMs: nowMs + delayMs, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
      newId: () => id,
      log: (level, event) => logged.push(`${level} ${event}`),
    });
  return {
    store,
    instances: ids.map(makeInstance),
    logged,
    nowMs: () => nowMs,
    async pass(ms) {
      const endMs = nowMs + ms;
      while (nowMs < endMs) {
        nowMs = Math.min(endMs, nowMs + 100);
        for (const timer of timers) {
          if (timer.dueMs > nowMs) continue;
          timers.delete(timer);
          timer.run();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    setClock(ms) {
      nowMs = ms;
    },
  };
}
