/**
 * Makes one block stand at one position of one append blob, exactly once, whatever becomes of the responses
 * (DESIGN §6, FACTS §3). It only ever sends the same bytes to the same position, so a write that was given up and
 * lands late is the very write we wanted. On any error it believes nothing and reads what stands there.
 */
import { attempt, type Clock, pause } from './attempt.ts';
import type { SegmentStore } from './segment-store.ts';

export type Landing =
  /** It stands, and nothing after it. */
  | { readonly outcome: 'landed' }
  /** It stands, and after it something that is not ours: this blob is not to be written again. */
  | { readonly outcome: 'landed-and-broken'; readonly reason: string }
  /** Something else stands in its place, or the blob is gone or shorter: it does not stand there and never will. */
  | { readonly outcome: 'broken'; readonly reason: string }
  /** The deadline passed and nobody knows; it may still land. */
  | { readonly outcome: 'in-doubt'; readonly reason: string; readonly error: unknown };

export interface Target {
  readonly container: string;
  readonly name: string;
  readonly position: number;
}

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

export async function landBlock(
  options: { readonly store: SegmentStore; readonly clock: Clock; readonly tryMs: number },
  target: Target,
  bytes: Uint8Array,
  deadlineAtMs: number,
): Promise<Landing> {
  const { store, clock } = options;
  const { container, name, position } = target;
  const tryOnce = <T>(run: (signal: AbortSignal) => Promise<T>) =>
    attempt(clock, Math.max(1, Math.min(options.tryMs, deadlineAtMs - clock.monotonicMs())), run);

  let error: unknown;
  let pauseMs = FIRST_PAUSE_MS;
  while (clock.monotonicMs() < deadlineAtMs) {
    const written = await tryOnce((signal) => store.append(container, name, bytes, position, signal));
    if (written.ok) return { outcome: 'landed' };
    error = written.error;

    while (clock.monotonicMs() < deadlineAtMs) {
      const looked = await tryOnce((signal) => store.readTail(container, name, position, bytes.length, signal));
      if (looked.ok) {
        const landing = judgeTail(looked.value, position, bytes);
        if (landing) return landing;
        break;
      }
      error = looked.error;
      await pause(clock, pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    await pause(clock, Math.max(0, Math.min(pauseMs, deadlineAtMs - clock.monotonicMs())));
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
  return { outcome: 'in-doubt', reason: 'the deadline passed before it was known to stand', error };
}

/** Undefined: nothing stands there yet. */
function judgeTail(
  tail: { readonly blobBytes: number; readonly bytes: Uint8Array } | undefined,
  position: number,
  bytes: Uint8Array,
): Landing | undefined {
  if (tail === undefined) return { outcome: 'broken', reason: 'the blob is gone' };
  if (tail.blobBytes < position) return { outcome: 'broken', reason: 'the blob is shorter than what was written' };
  if (tail.blobBytes === position) return undefined;
  if (!Buffer.from(bytes).equals(tail.bytes)) return { outcome: 'broken', reason: 'something else stands there' };
  return tail.blobBytes === position + bytes.length
    ? { outcome: 'landed' }
    : { outcome: 'landed-and-broken', reason: 'something else was appended after it' };
}
