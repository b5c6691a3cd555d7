/**
 * One lane of the sweep: services that last over many cases, one clock for all of them that only goes forward, and the one
 * instance of the gateway that runs on them at a time.
 */
import { createMeter, type Meter } from './meter.ts';
import type { Asked } from './name-call.ts';
import { type Instance, startInstance } from './start-instance.ts';
import { type Services, startServices } from './start-services.ts';

export interface Lane {
  readonly services: Services;
  readonly meter: Meter;
  /** Milliseconds that this lane's clock is ahead. */
  readonly aheadMs: number;
  /** Tool calls that the CRM has carried out, by payment: what the whole sweep is about. */
  readonly executions: ReadonlyMap<string, number>;
  /** What instances printed since the log was cleared. */
  readonly log: readonly string[];
  note(line: string): void;
  clearLog(): void;
  /** The one that runs, if one does; else a new process on the same data. */
  useInstance(): Promise<Instance>;
  /** Kills the one that runs, waits until it is gone, and starts a new process on the same data. */
  replaceInstance(): Promise<Instance>;
  /** For every service with a clock and for the instance. */
  goAhead(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** `script`: of `bundleInstance`. */
export async function startLane(script: string): Promise<Lane> {
  const meter = createMeter();
  const executions = new Map<string, number>();
  let log: string[] = [];
  let aheadMs = 0;
  let instance: Instance | undefined;

  const services = await startServices({
    meter,
    kill: () => instance?.kill(),
    nowMs: () => Date.now() + aheadMs,
    onUpstream(asked) {
      const payment = paymentIn(asked);
      if (payment !== undefined) executions.set(payment, (executions.get(payment) ?? 0) + 1);
    },
  });

  async function start(): Promise<Instance> {
    const env = { ...services.environment, SWEEP_AHEAD_MS: String(aheadMs) };
    instance = await startInstance(script, env, (line) => log.push(line));
    return instance;
  }

  async function end(): Promise<void> {
    instance?.kill();
    await instance?.ended;
  }

  return {
    services,
    meter,
    executions,
    get aheadMs() {
      return aheadMs;
    },
    get log() {
      return log;
    },
    note: (line) => void log.push(line),
    clearLog() {
      log = [];
    },
    useInstance: async () => (instance?.isAlive() ? instance : start()),
    async replaceInstance() {
      await end();
      return start();
    },
    async goAhead(ms) {
      aheadMs += ms;
      if (instance?.isAlive()) await instance.setClock(aheadMs);
    },
    async stop() {
      await end();
      await services.stop();
    },
  };
}

/** Of a tool call; undefined for every other request. */
function paymentIn({ body }: Asked): string | undefined {
  return /"method":"tools\/call".*"payment_id":"([^"]*)"/s.exec(body)?.[1];
}
