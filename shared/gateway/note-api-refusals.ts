/**
 * Whom the API turned away, on record under `_gateway` (DESIGN §2: refusals are recorded too). Anybody can be turned away as
 * often as they like: past so many in a minute it is said how many more there were, so that a flood fills no transcript.
 * Those who came with a good token are counted apart: nobody hides such a refusal behind a flood. Per instance.
 */
import type { DoorRefusal } from '../api/door.ts';
import type { AdministrationNote } from '../calls/administration.ts';

export interface RefusalNotesOptions {
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

/** Resolves once it is on record, at once where it is only counted. Never rejects. */
export function createRefusalNotes({ note, nowMs }: RefusalNotesOptions): (refusal: DoorRefusal) => Promise<void> {
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
    const { minute, left } = turn(refusal.caller === undefined ? 'unknown' : 'known');
    if (minute.noted >= NOTED_PER_MINUTE) {
      minute.left += 1;
      return;
    }
    minute.noted += 1;
    const more = left === 0 ? '' : `; ${left} more like it before were only counted`;
    await note(describe(refusal, more));
  };
}

function describe({ code, detail, address, caller }: DoorRefusal, more: string): AdministrationNote {
  const action = 'api-refused';
  const why = `${code}: ${detail}, from ${address}${more}`;
  if (caller === undefined) return { action, detail: why };
  const { principal, agent, tokenId } = caller;
  return { action, by: { principal, agent, channel: 'api', tokenId, address }, detail: why };
}
