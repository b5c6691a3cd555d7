/**
 * The port over OpenTelemetry's SDK: instruments as `instruments.ts` names them, and a trace for each call within the budget.
 * Nothing global is registered, so no library's own spans can appear. Not in the cold start: `create-telemetry` loads it.
 */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { VERSION } from '../../gateway/version.ts';
import type { Log } from '../../log.ts';
import { instruments } from '../../telemetry/instruments.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { createTraceBudget, type TraceBudget } from '../../telemetry/trace-budget.ts';
import { withCurrentCall } from '../current-call.ts';
import { openCallSpans } from './call-spans.ts';
import type { Exporters } from './exporters.ts';

export interface OpenTelemetryOptions {
  readonly exporters: readonly Exporters[];
  readonly log: Log;
  readonly monotonicMs: () => number;
  /** How many traces a second are recorded in this process; default 5. */
  readonly tracesPerSecond?: number;
  /** Default one minute. */
  readonly metricsEveryMs?: number;
}

export interface OpenTelemetry {
  readonly telemetry: Telemetry;
  /** Sends what is there. Rejects when it can't be. */
  flush(): Promise<void>;
  /** Sends what is left, and nothing after. What can't be sent is told to the log. Never rejects. */
  close(): Promise<void>;
}

const SCOPE = 'sallyport';
const TRACES_PER_SECOND = 5;
const RESERVE_SECONDS = 4;
const METRICS_EVERY_MS = 60_000;
/** The same fault is told once in so long, however often it happens. */
const TELL_AGAIN_MS = 10 * 60_000;
/** From a stage in memory to an upstream at its deadline. */
const SECONDS = [0.000_1, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 240];

export function createOpenTelemetry(options: OpenTelemetryOptions): OpenTelemetry {
  const { exporters, monotonicMs, tracesPerSecond: perSecond = TRACES_PER_SECOND } = options;
  const tell = createTell(options);
  const quiet = (): void => undefined;
  const logger = { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const resource = resourceFromAttributes({ 'service.name': SCOPE, 'service.version': VERSION });
  const budget = createTraceBudget({ perSecond, reserve: perSecond * RESERVE_SECONDS, monotonicMs });
  const tracers = new TracerProvider({
    resource,
    sampler: ourOwnSampler(budget),
    spanLimits: { attributeCountLimit: 8, attributeValueLengthLimit: 128, linkCountLimit: 1, eventCountLimit: 0 },
    spanProcessors: exporters.map(({ spans: exporter }) => new BatchSpanProcessor({ exporter })),
  });
  const meters = new MeterProvider({
    resource,
    readers: exporters.map(
      ({ metrics: exporter }) =>
        new PeriodicExportingMetricReader({
          exporter,
          exportIntervalMillis: options.metricsEveryMs ?? METRICS_EVERY_MS,
          exportTimeoutMillis: Math.min(30_000, options.metricsEveryMs ?? METRICS_EVERY_MS),
        }),
    ),
  });
  const tracer = tracers.getTracer(SCOPE, VERSION);
  const measures = createMeasures(meters);

  const telemetry: Telemetry = {
    async trace(root, run) {
      const spans = openCallSpans({
        ...{ tracer, root },
        onStage: (stage, seconds) => telemetry.measure('stageSeconds', seconds, { stage }),
      });
      try {
        return await withCurrentCall(spans.current, () => run(spans.trace));
      } catch (cause) {
        spans.fail();
        throw cause;
      } finally {
        spans.end();
      }
    },
    count: (instrument, by, labels) => measures[instrument](by, labels),
    measure: (instrument, value, labels) => measures[instrument](value, labels),
  };
  return {
    telemetry,
    async flush() {
      await Promise.all([tracers.forceFlush(), meters.forceFlush()]);
    },
    async close() {
      for (const ended of await Promise.allSettled([tracers.shutdown(), meters.shutdown()])) {
        if (ended.status === 'rejected') tell(String(ended.reason));
      }
    },
  };
}

/** Whoever sent the parent, sampled or not: only our budget decides, and a trace's later spans go as its first. */
function ourOwnSampler(budget: TraceBudget): Sampler {
  const own: Sampler = {
    shouldSample: () => ({
      decision: budget.take() ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
    }),
    toString: () => 'trace-budget',
  };
  return new ParentBasedSampler({ root: own, remoteParentSampled: own, remoteParentNotSampled: own });
}

type Measure = (value: number, labels: object) => void;

function createMeasures(meters: MeterProvider): { readonly [I in keyof typeof instruments]: Measure } {
  const meter = meters.getMeter(SCOPE, VERSION);
  const make = (instrument: (typeof instruments)[keyof typeof instruments]): Measure => {
    const { name, kind, unit, description } = instrument;
    if (kind === 'counter') {
      const counter = meter.createCounter(name, { unit, description });
      return (by, labels) => counter.add(by, { ...labels });
    }
    if (kind === 'gauge') {
      const gauge = meter.createGauge(name, { unit, description });
      return (value, labels) => gauge.record(value, { ...labels });
    }
    const advice = { explicitBucketBoundaries: SECONDS };
    const histogram = meter.createHistogram(name, { unit, description, advice });
    return (value, labels) => histogram.record(value, { ...labels });
  };
  return {
    calls: make(instruments.calls),
    outcomes: make(instruments.outcomes),
    stageSeconds: make(instruments.stageSeconds),
    findings: make(instruments.findings),
    holdsPending: make(instruments.holdsPending),
    oldestHold: make(instruments.oldestHold),
    holdsUnknown: make(instruments.holdsUnknown),
    sealAge: make(instruments.sealAge),
    deadLetters: make(instruments.deadLetters),
    errors: make(instruments.errors),
    storage: make(instruments.storage),
  };
}

/** What the SDK says of itself when it can't send: to the log, seldom. Its lines hold addresses and no content of ours. */
function createTell({ log, monotonicMs }: OpenTelemetryOptions): (message: string) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (message) => {
    const nowMs = monotonicMs();
    if (nowMs - toldMs < TELL_AGAIN_MS) return;
    toldMs = nowMs;
    log('warn', 'telemetry-not-sent', {}, new Error(message));
  };
}
