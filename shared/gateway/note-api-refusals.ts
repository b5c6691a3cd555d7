/** Whom the API turned away, as it goes on record under `_gateway`. */
import type { DoorRefusal } from '../api/door.ts';
import type { AdministrationNote } from '../calls/administration.ts';
import { type BoundedNotesOptions, createBoundedNotes } from './bounded-notes.ts';

/** Never rejects. */
export function createRefusalNotes(options: BoundedNotesOptions): (refusal: DoorRefusal) => Promise<void> {
  const note = createBoundedNotes(options);
  return (refusal) => note(describe(refusal));
}

function describe({ code, detail, address, caller }: DoorRefusal): AdministrationNote {
  const action = 'api-refused';
  const why = `${code}: ${detail}, from ${address}`;
  if (caller === undefined) return { action, detail: why };
  const { principal, agent, tokenId } = caller;
  return { action, by: { principal, agent, channel: 'api', tokenId, address }, detail: why };
}
