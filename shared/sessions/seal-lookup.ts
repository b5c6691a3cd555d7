/**
 * How far a segment is sealed (DESIGN §6), for who reads a session now: from the manifest of its day, or from the seals
 * since the first day without one, which a process reads once and then follows. Each document's signature is checked; that
 * the whole chain holds, and that nothing was taken from it, is for `verify` to say.
 */
import { manifestName, parseSegmentName } from '../transcripts/layout.ts';
import { type SealedSegment, segmentKey } from '../transcripts/seals/document.ts';
import { followChain } from '../transcripts/seals/follow-chain.ts';
import { readDocument, type SealPorts } from '../transcripts/seals/read-document.ts';
import { createSealState } from '../transcripts/seals/seal-state.ts';
import { readManifest } from '../transcripts/seals/sign-document.ts';
import type { SegmentPlace } from './session-index.ts';

export interface Sealed extends Pick<SealedSegment, 'bytes' | 'lines' | 'head' | 'state' | 'fault' | 'recovered'> {
  /** The seal after which things stood so. */
  readonly seal: number;
}

export interface SealLookup {
  /** Takes in what was sealed since; of which the following look-ups then speak. Rejects when it can't be read. */
  follow(): Promise<{ readonly last: number; readonly lastMs: number; readonly isSound: boolean }>;
  /** Undefined: no seal names it. Rejects when seals can't be read. */
  find(place: SegmentPlace): Promise<Sealed | undefined>;
}

/** Manifests do not change; a session's segments were mostly opened on one day. */
const KEPT_MANIFESTS = 8;

export function createSealLookup(ports: SealPorts): SealLookup {
  const state = createSealState();
  let isSound = true;
  let following: Promise<void> | undefined;
  const manifests = new Map<string, Promise<ReadonlyMap<string, Sealed> | undefined>>();
  const onForeign = (): void => {
    isSound = false;
  };

  const findInManifest = async (day: string): Promise<ReadonlyMap<string, Sealed> | undefined> => {
    const standing = await readDocument(ports, manifestName(day), readManifest);
    const manifest = standing?.document;
    if (!manifest || manifest.day !== day) return undefined;
    const { entries, through } = manifest;
    return new Map(entries.map((entry) => [segmentKey(entry), { ...entry, seal: through.number }]));
  };
  const manifestOf = (day: string): Promise<ReadonlyMap<string, Sealed> | undefined> => {
    const known = manifests.get(day);
    if (known) return known;
    const reading = findInManifest(day);
    manifests.set(day, reading);
    const [oldest] = manifests.keys();
    if (manifests.size > KEPT_MANIFESTS && oldest !== undefined) manifests.delete(oldest);
    // What is not there yet, or could not be read, is looked for again.
    const forget = (): unknown => manifests.delete(day);
    reading.then((found) => found ?? forget(), forget);
    return reading;
  };

  return {
    async follow() {
      following ??= followChain({ ...ports, onForeign }, state).finally(() => {
        following = undefined;
      });
      await following;
      return { last: state.last.number, lastMs: state.last.timeMs, isSound };
    },
    async find(place) {
      const known = state.segments.get(segmentKey(place));
      if (known) return { ...known, seal: state.last.number };
      const day = parseSegmentName(place.segment)?.day;
      return day === undefined ? undefined : (await manifestOf(day))?.get(segmentKey(place));
    },
  };
}
