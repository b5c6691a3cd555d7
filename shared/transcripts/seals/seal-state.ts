/**
 * What the seals so far say, as the next one needs it: where the chain ends, and how every segment that may still change
 * was last named. Made from seals alone, so any instance can go on where another one ended.
 */

import { NO_PREVIOUS } from '../chain.ts';
import { dayOf, parseSegmentName } from '../layout.ts';
import { isSettled, type Seal, type SealedSegment, type SealReference, segmentKey } from './document.ts';

export interface KnownSegment extends SealedSegment {
  /** Of the seal that named it. */
  readonly sealedDay: string;
}

export interface SealState {
  /** Number 0 and zeros before the first seal. */
  last: SealReference & { readonly timeMs: number };
  /** The first day without a manifest; undefined before the first seal. */
  openFrom: string | undefined;
  /** By `segmentKey`. */
  readonly segments: Map<string, KnownSegment>;
  /** The first and the last seal of each day since `openFrom`. */
  readonly days: Map<string, { readonly first: SealReference; readonly last: SealReference }>;
}

export function createSealState(): SealState {
  return {
    last: { number: 0, sha256: NO_PREVIOUS, timeMs: 0 },
    openFrom: undefined,
    segments: new Map(),
    days: new Map(),
  };
}

/** Takes the next seal in. One that is none of ours has a place in the chain, and says nothing. */
export function takeSeal(state: SealState, number: number, sha256: string, seal: Seal | undefined): void {
  const reference = { number, sha256 };
  state.last = { ...reference, timeMs: seal ? Date.parse(seal.time) : state.last.timeMs };
  if (!seal) return;
  state.openFrom = seal.openFrom;
  const sealedDay = dayOf(seal.time);
  state.days.set(sealedDay, { first: state.days.get(sealedDay)?.first ?? reference, last: reference });
  for (const entry of seal.entries) state.segments.set(segmentKey(entry), { ...entry, sealedDay });
  forgetBefore(state, seal.openFrom);
}

/** What is settled and has its manifest is nobody's business any more. */
function forgetBefore(state: SealState, day: string): void {
  for (const known of state.days.keys()) if (known < day) state.days.delete(known);
  for (const [key, known] of state.segments) {
    if (isSettled(known) && openedOn(known.segment) < day && known.sealedDay < day) state.segments.delete(key);
  }
}

/** `yyyy/mm/dd`; the last of all for a name that is no segment's. */
export function openedOn(segment: string): string {
  return parseSegmentName(segment)?.day ?? '9999/99/99';
}
