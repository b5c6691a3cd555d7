/**
 * A circuit breaker per server: while an upstream is down, calls are answered at once instead of each waiting for a
 * timeout of its own. Closed ▸ open after failures in a row ▸ after a while one call goes as a trial ▸ closed, or open
 * again. Only what says that the upstream is down counts, never what it answered. Per instance; it never throws.
 */
import type { Log } from '../log.ts';
import { err, ok, type Result } from '../result.ts';

/** One call on its way. One of its three ends is told, once; a second telling is ignored. */
export interface Attempt {
  /** The upstream answered, whatever it said. */
  succeeded(): void;
  /** It could not be reached, or gave no answer in time. */
  failed(): void;
  /** Nothing was learnt: the caller went away. */
  abandoned(): void;
}

export interface CircuitOpen {
  readonly retryAfterSeconds: number;
}

export interface Circuits {
  mayTry(server: string): Result<Attempt, CircuitOpen>;
  /** Of servers that were called. `open` until a trial was answered, though the next call may be that trial. */
  states(): ReadonlyMap<string, 'closed' | 'open'>;
}

export interface CircuitOptions {
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  readonly log: Log;
  /** In a row; default 5. */
  readonly failuresToOpen?: number;
  /** How long nothing is tried, and how long a trial is waited for; default 10,000. */
  readonly openMs?: number;
}

interface Circuit {
  failures: number;
  /** When the upstream last showed that it is there. */
  aliveMs: number;
  /** Nothing is tried before; undefined while closed. */
  openUntilMs: number | undefined;
  /** The last trial; it counts while the circuit is open. */
  trial: Attempt | undefined;
}

const FAILURES_TO_OPEN = 5;
const OPEN_MS = 10_000;

/** Circuits are made at a server's first call and stay: there are as many as configured servers. */
export function createCircuits(options: CircuitOptions): Circuits {
  const { monotonicMs, log, failuresToOpen = FAILURES_TO_OPEN, openMs = OPEN_MS } = options;
  const circuits = new Map<string, Circuit>();

  function close(server: string, circuit: Circuit): void {
    if (circuit.openUntilMs !== undefined) log('info', 'circuit-closed', { server });
    circuit.failures = 0;
    circuit.aliveMs = monotonicMs();
    circuit.openUntilMs = undefined;
    circuit.trial = undefined;
  }

  function countFailure(server: string, circuit: Circuit, attempt: Attempt, startedMs: number): void {
    if (circuit.openUntilMs !== undefined) {
      if (circuit.trial === attempt) circuit.openUntilMs = monotonicMs() + openMs;
      return;
    }
    // Begun before the last sign of life: one slow tool is no sign of a dead server.
    if (startedMs <= circuit.aliveMs) return;
    circuit.failures += 1;
    if (circuit.failures < failuresToOpen) return;
    circuit.openUntilMs = monotonicMs() + openMs;
    log('warn', 'circuit-opened', { server, failures: circuit.failures });
  }

  function createAttempt(server: string, circuit: Circuit): Attempt {
    const startedMs = monotonicMs();
    let isOver = false;
    const once = (run: () => void) => () => {
      if (!isOver) run();
      isOver = true;
    };
    const attempt: Attempt = {
      succeeded: once(() => close(server, circuit)),
      failed: once(() => countFailure(server, circuit, attempt, startedMs)),
      abandoned: once(() => {
        // The next call may be the trial, at once.
        if (circuit.trial === attempt) circuit.openUntilMs = monotonicMs();
      }),
    };
    return attempt;
  }

  return {
    mayTry(server) {
      const circuit = circuits.get(server) ?? createCircuit();
      circuits.set(server, circuit);
      if (circuit.openUntilMs === undefined) return ok(createAttempt(server, circuit));
      const nowMs = monotonicMs();
      const waitMs = circuit.openUntilMs - nowMs;
      if (waitMs > 0) return err({ retryAfterSeconds: Math.ceil(waitMs / 1_000) });
      // A trial that takes too long holds up nobody: the next one goes as if it had failed.
      circuit.openUntilMs = nowMs + openMs;
      circuit.trial = createAttempt(server, circuit);
      return ok(circuit.trial);
    },
    states: () =>
      new Map(
        [...circuits].map(([server, { openUntilMs }]) => [server, openUntilMs === undefined ? 'closed' : 'open']),
      ),
  };
}

function createCircuit(): Circuit {
  return { failures: 0, aliveMs: Number.NEGATIVE_INFINITY, openUntilMs: undefined, trial: undefined };
}
