/**
 * That a person looked at something kept here, on record before it is shown (DESIGN §6; PCI DSS 10.2.1: reads of the audit
 * log). It stands with the server's own records, so that its next review says who looked.
 */
import type { Exposure } from '../masking/masker.ts';
import type { Actor, ViewedThing } from '../transcripts/entry.ts';
import type { CallParts } from './parts.ts';
import { recordText } from './received.ts';
import { viewSession } from './session.ts';

export interface ViewNote {
  readonly what: ViewedThing;
  readonly by: Actor;
  /** A configured server, or `_gateway` for what belongs to none. */
  readonly server: string;
  /** What of it: an approval, a session, a review, or the filter of a list. */
  readonly subject?: string;
  /** What will be shown in clear, by class; nothing where only record forms are. */
  readonly exposure?: readonly Exposure[];
  readonly detail?: string;
}

type ViewParts = Pick<CallParts, 'recorder' | 'keyring' | 'config' | 'masker' | 'nowMs'>;

/** Rejects with `NotRecorded`: then nothing is shown. */
export async function recordView(parts: ViewParts, note: ViewNote): Promise<void> {
  const { what, by, server, subject, exposure = [], detail } = note;
  const words = (text: string) => recordText(parts, text);
  await parts.recorder.record(viewSession(parts.keyring, parts.config, by, server, parts.nowMs()), {
    kind: 'view',
    what,
    by,
    ...(subject === undefined ? {} : { subject: words(subject) }),
    exposure,
    ...(detail === undefined ? {} : { detail: words(detail) }),
  });
}
