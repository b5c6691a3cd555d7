/**
 * One Azure operation's own deadline: its token, the request and its retries together. The SDKs bound tries, not time,
 * and a hanging service would hold a call for as long as it hangs.
 */
const OPERATION_DEADLINE_MS = 8_000;

/** Fresh for each operation: an `AbortSignal` starts counting when it is made. */
export function withinDeadline(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(OPERATION_DEADLINE_MS) };
}
