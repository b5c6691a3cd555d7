/**
 * The manifest of a day that has ended (DESIGN §6): every segment that was opened on it, as the seals say. It is made
 * when all of the day is sealed and nothing is open any more, or a day later; segments that are open even then are named as
 * open, and followed by name. From then on the day is not listed any more.
 */
import { dayOf, manifestName } from '../layout.ts';
import { isSettled, type Manifest, type Seal, type SealedSegment, segmentKey } from './document.ts';
import { putDocument } from './put-document.ts';
import { readDocument } from './read-document.ts';
import { openedOn, type SealState } from './seal-state.ts';
import { readManifest, signManifest } from './sign-document.ts';
import type { WritePorts } from './write-seal.ts';

const DAY_MS = 86_400_000;
/** A record on its way at midnight, and a writer whose clock is behind. */
const STRAGGLERS_MS = 30 * 60_000;
/** In one run, after an outage. */
const MOST_DAYS = 31;

export interface MadeManifests {
  readonly manifests: Seal['manifests'];
  /** The first day without one. */
  readonly openFrom: string;
}

/** `unread`: the days of segments that could not be taken in. Rejects when it is not known whether a manifest stands. */
export async function makeManifests(
  ports: WritePorts,
  state: SealState,
  unread: ReadonlySet<string>,
): Promise<MadeManifests> {
  const manifests: Seal['manifests'] = [];
  let day = state.openFrom ?? dayOf(new Date(ports.nowMs()).toISOString());
  while (manifests.length < MOST_DAYS && isOver(state, day, ports.nowMs(), unread.has(day))) {
    manifests.push({ day, sha256: await makeManifest(ports, state, day) });
    day = nextDay(day);
  }
  return { manifests, openFrom: day };
}

function isOver(state: SealState, day: string, nowMs: number, isUnread: boolean): boolean {
  const sinceMs = nowMs - Date.parse(nextDay(day).replaceAll('/', '-'));
  // Its segments would be listed no more before they were ever sealed.
  if (sinceMs < STRAGGLERS_MS || isUnread) return false;
  return sinceMs >= DAY_MS || segmentsOf(state, day).every(isSettled);
}

/** The hash of the manifest that stands, whoever made it. */
async function makeManifest(ports: WritePorts, state: SealState, day: string): Promise<string> {
  const { number, sha256 } = state.last;
  const name = manifestName(day);
  const body: Omit<Manifest, 'root' | 'signature' | 'format'> = {
    time: new Date(ports.nowMs()).toISOString(),
    kind: 'manifest',
    day,
    through: { number, sha256 },
    seals: state.days.get(day) ?? null,
    retention: ports.retention,
    entries: segmentsOf(state, day),
  };
  const signed = await signManifest(body, ports.endorser);
  if ((await putDocument(ports, name, signed.bytes)) === 'ours') return signed.sha256;
  // Another sealer made it, or this one did before it could seal it.
  const standing = await readDocument(ports, name, readManifest);
  if (!standing) throw new Error('a manifest disappeared');
  if (standing.document?.day !== day) ports.onForeignManifest(day, standing.fault ?? 'it is another day’s');
  return standing.sha256;
}

function segmentsOf(state: SealState, day: string): SealedSegment[] {
  return [...state.segments.values()]
    .filter(({ segment }) => openedOn(segment) === day)
    .map(({ sealedDay: _, ...entry }) => entry)
    .sort((left, right) => (segmentKey(left) < segmentKey(right) ? -1 : 1));
}

function nextDay(day: string): string {
  return dayOf(new Date(Date.parse(day.replaceAll('/', '-')) + DAY_MS).toISOString());
}
