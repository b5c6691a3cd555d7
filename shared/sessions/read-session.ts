/**
 * One session's story from its blobs (DESIGN §6): every segment is verified while it is read, against what the last seal
 * says of it. What does not verify is not told, and that it does not is. Content is kept of what it is asked to keep.
 */
import { mapInOrder } from '../transcripts/in-order.ts';
import type { TranscriptReader } from '../transcripts/segment-store.ts';
import type { EndorsingKey } from '../transcripts/verify-genesis.ts';
import type { Fault, SegmentReport } from '../transcripts/verify-report.ts';
import { verifySegment } from '../transcripts/verify-segment.ts';
import { type AssembleOptions, assembleStory } from './assemble-story.ts';
import type { Sealed, SealLookup } from './seal-lookup.ts';
import type { SegmentPlace } from './session-index.ts';
import { compareItems, placeKey, type StoryItem } from './story.ts';

export interface ReadPorts extends Pick<AssembleOptions, 'nowMs' | 'leaseMs' | 'streamLeaseMs'> {
  readonly reader: TranscriptReader;
  readonly endorsingKey: EndorsingKey;
  readonly seals: SealLookup;
  /** More are counted and not kept: a page must not hold all of a session that has a million. */
  readonly maxItems?: number;
}

export interface SegmentProof extends SegmentPlace {
  readonly state: SegmentReport['state'];
  /** Lines that verify. */
  readonly lines: number;
  /** Of these, those that a seal covers, and which seal. */
  readonly sealedLines: number;
  readonly seal?: number;
  readonly isRecovered: boolean;
  readonly fault?: Fault;
}

export type ProofState =
  /** All of it verifies, and a seal covers it. */
  | 'sealed'
  /** All of it verifies; some is newer than the last seal, and has its writer's signature alone. */
  | 'signed'
  /** Something does not verify, or is gone. */
  | 'broken'
  /** Something could not be read: nothing is known of it. */
  | 'unreadable'
  /** There is nothing. */
  | 'empty';

export interface SessionProof {
  readonly state: ProofState;
  /** The last seal there is; 0 before the first. */
  readonly lastSeal: number;
  readonly lastSealMs?: number;
  /** Of the last seals, one is none that the vault signed: only `verify` tells more. */
  readonly isChainSound: boolean;
  readonly lines: number;
  readonly sealedLines: number;
  readonly segments: readonly SegmentProof[];
}

export interface SessionReading {
  /** By time; all of them, or those that were asked for, hold their content. */
  readonly items: readonly StoryItem[];
  readonly proof: SessionProof;
  /** Items beyond `maxItems`: which ones is not said. */
  readonly leftOut: number;
}

const SEGMENTS_AT_ONCE = 8;

/** Rejects when the chain of seals can't be read; a segment that can't be is named in the proof. */
export async function readSession(
  ports: ReadPorts,
  segments: readonly SegmentPlace[],
  keepsContent?: (key: string) => boolean,
): Promise<SessionReading> {
  const items: StoryItem[] = [];
  const { maxItems = Infinity } = ports;
  let leftOut = 0;
  const onItem = (item: StoryItem): void => {
    if (items.length < maxItems) items.push(item);
    else leftOut += 1;
  };
  const assembler = assembleStory({
    ...ports,
    onItem,
    ...(keepsContent && { keepsContent }),
  });
  const { reader, endorsingKey, seals } = ports;
  const chain = await seals.follow();
  const onLines = assembler.take;
  const proofs: SegmentProof[] = [];
  const read = async (place: SegmentPlace): Promise<SegmentProof> => {
    const sealed = await seals.find(place);
    const extent = sealed ? { sealed } : {};
    const { container, segment } = place;
    const report = await verifySegment({ reader, endorsingKey, onLines }, container, segment, extent);
    const isGone = report.state === 'unreadable' && (await isMissing(reader, place));
    return toProof(isGone ? { ...report, state: 'tampered', fault: GONE } : report, sealed);
  };
  for await (const proof of mapInOrder(segments, SEGMENTS_AT_ONCE, read)) proofs.push(proof);
  assembler.end();
  const { last, lastMs, isSound } = chain;
  return {
    items: items.sort(compareItems),
    leftOut,
    proof: {
      ...summarise(proofs),
      lastSeal: last,
      ...(last > 0 && { lastSealMs: lastMs }),
      isChainSound: isSound,
      segments: proofs,
    },
  };
}

const GONE: Fault = { code: 'segment-missing', detail: 'it was there and is gone; retention may have let go of it' };

async function isMissing(reader: TranscriptReader, { container, segment }: SegmentPlace): Promise<boolean> {
  // Out of reach is not gone.
  return (await reader.read(container, segment, { to: 1 }).catch(() => 'unknown')) === undefined;
}

function toProof(report: SegmentReport, sealed: Sealed | undefined): SegmentProof {
  const { container, segment, state, lines, fault } = report;
  const wasBad = sealed?.state === 'bad' && sealed.fault !== undefined;
  const known: Fault | undefined = wasBad
    ? { code: 'sealed-as-bad', detail: `it did not verify when it was sealed: ${sealed.fault}` }
    : undefined;
  const found = fault ?? known;
  return {
    container,
    segment,
    state: found && state !== 'unreadable' ? 'tampered' : state,
    lines,
    // What a seal says is shown by the line that it names: a beginning that only its writer signed is not sealed.
    sealedLines: sealed && lines >= sealed.lines && !isSealBroken(fault) ? sealed.lines : 0,
    ...(sealed && { seal: sealed.seal }),
    isRecovered: sealed?.recovered === true,
    ...(found && { fault: found }),
  };
}

/** Then even what its writer signed is not what was sealed. */
function isSealBroken(fault: Fault | undefined): boolean {
  return fault?.code === 'head-differs' || fault?.code === 'shorter-than-sealed';
}

function summarise(proofs: readonly SegmentProof[]): Pick<SessionProof, 'state' | 'lines' | 'sealedLines'> {
  const lines = proofs.reduce((sum, proof) => sum + proof.lines, 0);
  const sealedLines = proofs.reduce((sum, proof) => sum + proof.sealedLines, 0);
  const has = (state: SegmentReport['state']): boolean => proofs.some((proof) => proof.state === state);
  if (has('tampered')) return { state: 'broken', lines, sealedLines };
  if (has('unreadable')) return { state: 'unreadable', lines, sealedLines };
  if (proofs.length === 0) return { state: 'empty', lines, sealedLines };
  return { state: sealedLines === lines ? 'sealed' : 'signed', lines, sealedLines };
}

export type RecordProof = 'sealed' | 'signed' | 'broken';

/** The weakest of the records that an item is made of. */
export function createItemProofs({ segments }: SessionProof): (item: StoryItem) => RecordProof {
  const known = new Map(segments.map((proof) => [placeKey({ ...proof, seq: 0 }), proof]));
  const proofOf = (at: StoryItem['at']): RecordProof => {
    const proof = known.get(placeKey({ ...at, seq: 0 }));
    if (!proof || isSealBroken(proof.fault) || at.seq >= proof.lines) return 'broken';
    return at.seq < proof.sealedLines ? 'sealed' : 'signed';
  };
  return (item) => {
    const places = item.kind === 'call' && item.outcomeAt ? [item.at, item.outcomeAt] : [item.at];
    const found = places.map(proofOf);
    return found.find((proof) => proof === 'broken') ?? found.find((proof) => proof === 'signed') ?? 'sealed';
  };
}
