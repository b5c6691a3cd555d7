/**
 * A generator's strings as a byte stream that is pulled: nothing is produced before the reader asks for it, so a slow
 * client slows the upstream. A comment goes out whenever the generator is silent for too long.
 */
export interface KeepAlive {
  readonly everyMs: number;
  readonly frame: string;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

const SILENT = Symbol('silent');

export function pullStream(frames: AsyncGenerator<string>, keepAlive: KeepAlive): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let pending: Promise<IteratorResult<string>> | undefined;

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pending ??= frames.next();
        const next = await nextOrSilence(pending, keepAlive);
        if (next === SILENT) return controller.enqueue(encoder.encode(keepAlive.frame));
        pending = undefined;
        if (next.done) return controller.close();
        controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        await frames.return(undefined);
      },
    },
    // No look-ahead: an event is taken from the upstream when the client has room for it.
    { highWaterMark: 0 },
  );
}

async function nextOrSilence(
  next: Promise<IteratorResult<string>>,
  keepAlive: KeepAlive,
): Promise<IteratorResult<string> | typeof SILENT> {
  const stop = new AbortController();
  const silence = keepAlive.pause(keepAlive.everyMs, stop.signal).then((): typeof SILENT => SILENT);
  try {
    return await Promise.race([next, silence]);
  } finally {
    stop.abort();
  }
}
