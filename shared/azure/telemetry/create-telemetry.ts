/**
 * Telemetry as the settings ask for it: to Application Insights, to an OTLP endpoint, to both, or to nobody. OpenTelemetry is
 * loaded a little after the start and never before: a cold start waits for no part of it. What is measured meanwhile is
 * kept and told then; the first calls have no trace.
 */
import type { TokenCredential } from '@azure/identity';
import type { Log } from '../../log.ts';
import { silentTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';
import type { OpenTelemetry } from './open-telemetry.ts';
import type { TelemetryTargets } from './targets.ts';

export interface TelemetryOptions {
  readonly credential: TokenCredential;
  readonly log: Log;
  readonly monotonicMs: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
}

export interface ProcessTelemetry {
  readonly telemetry: Telemetry;
  /** Sends what is left, within a second. Never rejects. */
  close(): Promise<void>;
}

const LOAD_AFTER_MS = 1_500;
const CLOSE_WITHIN_MS = 1_000;
/** Measurements that wait for the adapter: more than a second and a half of calls brings. */
const MOST_WAITING = 5_000;

export function createTelemetry(targets: TelemetryTargets, options: TelemetryOptions): ProcessTelemetry {
  if (targets.connectionString === undefined && targets.otlpUrl === undefined) {
    return { telemetry: silentTelemetry, close: async () => undefined };
  }
  let active: Telemetry = silentTelemetry;
  let waiting: ((telemetry: Telemetry) => void)[] = [];
  let isWaiting = true;
  let loading: Promise<OpenTelemetry | undefined> | undefined;

  function load(): Promise<OpenTelemetry | undefined> {
    loading ??= open(targets, options).then((opened) => {
      active = opened?.telemetry ?? silentTelemetry;
      isWaiting = false;
      for (const tell of waiting) tell(active);
      waiting = [];
      return opened;
    });
    return loading;
  }

  function tell(measurement: (telemetry: Telemetry) => void): void {
    if (!isWaiting) measurement(active);
    else if (waiting.length < MOST_WAITING) waiting.push(measurement);
  }

  const cancel = options.after(LOAD_AFTER_MS, () => void load());
  return {
    telemetry: {
      trace: (root, run) => active.trace(root, run),
      count: (instrument, by, labels) => tell((telemetry) => telemetry.count(instrument, by, labels)),
      measure: (instrument, value, labels) => tell((telemetry) => telemetry.measure(instrument, value, labels)),
    },
    async close() {
      cancel();
      const over = Promise.withResolvers<void>();
      const stop = options.after(CLOSE_WITHIN_MS, over.resolve);
      await Promise.race([load().then((opened) => opened?.close()), over.promise]);
      stop();
    },
  };
}

/** Undefined when it can't be loaded or set up: the gateway then goes on without. */
async function open(targets: TelemetryTargets, options: TelemetryOptions): Promise<OpenTelemetry | undefined> {
  const { log, credential, monotonicMs } = options;
  try {
    const [{ createOpenTelemetry }, { createExporters }] = await Promise.all([
      import('./open-telemetry.ts'),
      import('./exporters.ts'),
    ]);
    const exporters = await createExporters(targets, credential);
    return createOpenTelemetry({ exporters, log, monotonicMs });
  } catch (cause) {
    log('warn', 'telemetry-not-loaded', {}, cause);
    return undefined;
  }
}
