/**
 * Where spans and metrics go. Only the exporter that is asked for is loaded. Of Microsoft's distribution only the exporter
 * is used: the rest of it patches Node's modules to see what passes, which nothing in this process may.
 */
import type { TokenCredential } from '@azure/identity';
import type { AzureMonitorExporterOptions } from '@azure/monitor-opentelemetry-exporter';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TelemetryTargets } from './targets.ts';

export interface Exporters {
  readonly spans: SpanExporter;
  readonly metrics: PushMetricExporter;
}

/** How the exporter of Application Insights sends, instead of its own way. */
export type Sending = Pick<AzureMonitorExporterOptions, 'httpClient'>;

export function createExporters(
  { connectionString, otlpUrl }: TelemetryTargets,
  credential: TokenCredential,
  sending: Sending = {},
): Promise<Exporters[]> {
  return Promise.all([
    ...(connectionString === undefined ? [] : [toApplicationInsights({ ...sending, connectionString, credential })]),
    ...(otlpUrl === undefined ? [] : [toOtlp(otlpUrl)]),
  ]);
}

/**
 * It asks its maker's settings service each hour whether to switch features of its own, and has no way not to: the two there
 * are, reports on itself and files on the disk, are off here by other means.
 */
async function toApplicationInsights(given: AzureMonitorExporterOptions): Promise<Exporters> {
  const { AzureMonitorMetricExporter, AzureMonitorTraceExporter } = await import(
    '@azure/monitor-opentelemetry-exporter'
  );
  // What could not be sent is dropped, and not laid on a disk that nobody looks after.
  const options = { ...given, disableOfflineStorage: true };
  return { spans: new AzureMonitorTraceExporter(options), metrics: new AzureMonitorMetricExporter(options) };
}

/** Deltas: instances come and go, and a series that only grows would end with each of them. */
async function toOtlp(url: string): Promise<Exporters> {
  const [{ OTLPTraceExporter }, { AggregationTemporalityPreference, OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/exporter-metrics-otlp-http'),
  ]);
  return {
    spans: new OTLPTraceExporter({ url: `${url}/v1/traces` }),
    metrics: new OTLPMetricExporter({
      url: `${url}/v1/metrics`,
      temporalityPreference: AggregationTemporalityPreference.DELTA,
    }),
  };
}
