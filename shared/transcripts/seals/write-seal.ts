/**
 * Adds one seal to the chain (DESIGN §6). Two sealers that write the same number meet at the name: one creates it, the
 * other reads what stands, takes it in, and writes the next number with what is left to say.
 */
import type { Clock } from '../attempt.ts';
import { sealName } from '../layout.ts';
import type { Endorser } from '../writer.ts';
import { isSettled, type RetentionDays, type Seal, type SealedSegment, segmentKey } from './document.ts';
import { type FollowPorts, followChain } from './follow-chain.ts';
import { putDocument } from './put-document.ts';
import { type SealState, takeSeal } from './seal-state.ts';
import type { SealStore } from './seal-store.ts';
import { signSeal } from './sign-document.ts';

export interface WritePorts extends FollowPorts {
  readonly seals: SealStore;
  readonly endorser: Endorser;
  readonly retention: RetentionDays;
  /** Told of what stands where a manifest belongs and is none of ours. */
  readonly onForeignManifest: (day: string, fault: string) => void;
  readonly nowMs: Clock['nowMs'];
}

export interface SealContent {
  readonly entries: readonly SealedSegment[];
  readonly openFrom: string;
  readonly manifests: Seal['manifests'];
  readonly left: number;
}

/** More in a row means that something else than another sealer is at work. */
const MOST_RACES = 10;

/** `overtaken`: another sealer has said all of it. Rejects when it is not known whether the seal stands. */
export async function writeSeal(
  ports: WritePorts,
  state: SealState,
  content: SealContent,
): Promise<'sealed' | 'overtaken'> {
  let { entries, manifests, openFrom } = content;
  for (let races = 0; races < MOST_RACES; races += 1) {
    const number = state.last.number + 1;
    const { document, bytes, sha256 } = await signSeal(
      {
        time: new Date(ports.nowMs()).toISOString(),
        kind: 'seal',
        number,
        previous: state.last.sha256,
        openFrom,
        manifests,
        left: content.left,
        retention: ports.retention,
        entries: [...entries],
      },
      ports.endorser,
    );
    if ((await putDocument(ports, sealName(number), bytes)) === 'ours') {
      takeSeal(state, number, sha256, document);
      return 'sealed';
    }
    await followChain(ports, state);
    const reached = state.openFrom ?? openFrom;
    entries = entries.filter((entry) => isNews(state, entry));
    manifests = manifests.filter(({ day }) => day >= reached);
    if (openFrom < reached) openFrom = reached;
    if (entries.length === 0 && manifests.length === 0) return 'overtaken';
  }
  throw new Error('other seals came first, again and again');
}

/** Whether it says more than what the chain knows by now. */
function isNews(state: SealState, entry: SealedSegment): boolean {
  const known = state.segments.get(segmentKey(entry));
  if (!known || entry.bytes > known.bytes) return true;
  if (entry.bytes < known.bytes || isSettled(known)) return false;
  return isSettled(entry);
}
