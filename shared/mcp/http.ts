/**
 * One HTTP exchange as the gateway sees it, independent of the host that brought it.
 * `shared/azure/http-trigger` turns a Functions request into an `HttpCall` and an `HttpAnswer` into its response.
 */
export interface HttpCall {
  readonly method: string;
  /** As the client wrote it, absolute. */
  readonly url: string;
  readonly headers: Headers;
  /** Route parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborts when the client goes away before the answer was written. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is pulled: nothing is produced faster than the client reads. It never errors; it ends. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
}
