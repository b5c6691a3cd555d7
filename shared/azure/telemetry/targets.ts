/**
 * Who is told of traces and metrics, as the settings say it; nobody, where neither is set.
 */
export interface TelemetryTargets {
  /** Of Application Insights. It names the resource and opens nothing: the managed identity does. */
  readonly connectionString?: string;
  /** OTLP over HTTP with JSON; `/v1/traces` and `/v1/metrics` are asked below it. */
  readonly otlpUrl?: string;
}
