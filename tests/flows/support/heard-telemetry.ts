/** The real adapter over OpenTelemetry's SDK, with its in-memory exporters: what a test's gateway told. */
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { createOpenTelemetry } from '../../../shared/azure/telemetry/open-telemetry.ts';
import type { Telemetry } from '../../../shared/telemetry/telemetry.ts';

type Value = number | Histogram;

export interface HeardTelemetry {
  readonly telemetry: Telemetry;
  /** Everything from the last reset on; the exporters are asked to send first. */
  spans(): Promise<readonly ReadableSpan[]>;
  metrics(): Promise<readonly MetricData[]>;
  /** The points of one metric, by their labels as JSON. */
  points(name: string): Promise<ReadonlyMap<string, Value>>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** A clock that stands still leaves the reserve of traces alone: four times `tracesPerSecond`. */
export function hearTelemetry(tracesPerSecond = 1_000, monotonicMs = () => performance.now()): HeardTelemetry {
  const spans = new InMemorySpanExporter();
  const metrics = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const logged: string[] = [];
  const opened = createOpenTelemetry({
    exporters: [{ spans, metrics }],
    log: (_level, event) => void logged.push(event),
    monotonicMs,
    tracesPerSecond,
    metricsEveryMs: 60_000,
  });
  const all = async (): Promise<readonly MetricData[]> => {
    await opened.flush();
    return metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  };
  return {
    telemetry: opened.telemetry,
    async spans() {
      await opened.flush();
      return spans.getFinishedSpans();
    },
    metrics: all,
    async points(name) {
      const sums = new Map<string, Value>();
      for (const { descriptor, dataPoints } of await all()) {
        if (descriptor.name !== name) continue;
        for (const { attributes, value } of dataPoints as readonly DataPoint<Value>[]) {
          const key = JSON.stringify(attributes);
          const before = sums.get(key);
          sums.set(key, typeof value === 'number' && typeof before === 'number' ? before + value : value);
        }
      }
      return sums;
    },
    async reset() {
      await opened.flush();
      spans.reset();
      metrics.reset();
    },
    stop: () => opened.close(),
  };
}
