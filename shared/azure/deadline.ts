/**
 * One Azure operation's own deadline: its token, the request and its retries together. The SDKs bound tries, not time,
 * and a hanging service would hold a call for as long as it hangs.
 */
const OPERATION_DEADLINE_MS = 8_000;
/** 4 MiB a second, far below what storage gives within a region: a slower transfer is an outage. */
const TRANSFER_BYTES_PER_MS = 4_194;

/** Fresh for each operation: an `AbortSignal` starts counting when it is made. */
export function withinDeadline(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(OPERATION_DEADLINE_MS) };
}

/** For an operation that carries so many bytes. */
export function withinTransfer(bytes: number): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(OPERATION_DEADLINE_MS + Math.ceil(bytes / TRANSFER_BYTES_PER_MS)) };
}

/** For what does not mind its signal: rejects with the signal's reason when that comes first. */
export function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}
