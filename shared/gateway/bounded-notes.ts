/**
 * Refusals on record under `_gateway` (DESIGN §2: refusals are recorded too), within bounds. Anybody can be turned away as
 * often as they like: past so many in a minute it is said how many more there were, so that a flood fills no transcript.
 * Those whose bearer is known are counted apart: nobody hides such a refusal behind a flood. Per instance.
 */
import type { AdministrationNote } from '../calls/administration.ts';

export interface BoundedNotesOptions {
  /** Never rejects. */
  readonly note: (note: AdministrationNote) => Promise<void>;
  readonly nowMs: () => number;
}

/** Of each kind, in a minute. */
export const NOTED_PER_MINUTE = 120;
const MINUTE_MS = 60_000;

interface Minute {
  readonly sinceMs: number;
  noted: number;
  left: number;
}

/** Known by `by`. Resolves once it is on record, at once where it is only counted. Never rejects. */
export function createBoundedNotes({
  note,
  nowMs,
}: BoundedNotesOptions): (refusal: AdministrationNote) => Promise<void> {
  const minutes = new Map<'known' | 'unknown', Minute>();

  /** The minute that runs, and how many were left out of the one before it. */
  function turn(kind: 'known' | 'unknown'): { readonly minute: Minute; readonly left: number } {
    const now = nowMs();
    const last = minutes.get(kind);
    // A clock that went back starts a minute too.
    if (last !== undefined && now >= last.sinceMs && now < last.sinceMs + MINUTE_MS) return { minute: last, left: 0 };
    const minute = { sinceMs: now, noted: 0, left: 0 };
    minutes.set(kind, minute);
    return { minute, left: last?.left ?? 0 };
  }

  return async (refusal) => {
    const { minute, left } = turn(refusal.by === undefined ? 'unknown' : 'known');
    if (minute.noted >= NOTED_PER_MINUTE) {
      minute.left += 1;
      return;
    }
    minute.noted += 1;
    const more = left === 0 ? '' : `; ${left} more like it before were only counted`;
    await note({ ...refusal, detail: `${refusal.detail}${more}` });
  };
}
