/**
 * Records that belong to no server (DESIGN §1): sign-ins, blocks, messages and replies that nobody of ours sent. They
 * stand under `_gateway`, kept as long as anything is.
 */
import type { Actor } from '../transcripts/entry.ts';
import type { CallParts } from './parts.ts';
import { recordText } from './received.ts';
import { gatewaySession } from './session.ts';

export interface AdministrationNote {
  readonly action: string;
  readonly by?: Actor;
  readonly detail: string;
}

/** Rejects when it can't be recorded: what changes something waits for its record. */
export async function recordAdministration(
  parts: CallParts,
  { action, by, detail }: AdministrationNote,
): Promise<void> {
  await parts.recorder.record(gatewaySession(parts.keyring, parts.config, parts.nowMs()), {
    kind: 'administration',
    action,
    ...(by === undefined ? {} : { by }),
    detail: recordText(parts, detail),
  });
}

/** The same for what was refused: a no needs no record to be safe. Never rejects. */
export async function noteAdministration(parts: CallParts, note: AdministrationNote): Promise<void> {
  try {
    await recordAdministration(parts, note);
  } catch (cause) {
    parts.log('error', 'administration-not-recorded', { action: note.action }, cause);
  }
}
