/**
 * Finds the end of the chain of seals and takes in what this process has not seen (DESIGN §6). A process that has seen
 * nothing reads back as far as segments may still change: to the first seal of the first day without a manifest.
 */

import { mapInOrder } from '../in-order.ts';
import { dayOf, parseSealName, SEALS_CONTAINER, sealFolder, sealName, sealPrefixes } from '../layout.ts';
import type { Seal, SealReference } from './document.ts';
import { readDocument, type SealPorts, type StandingDocument } from './read-document.ts';
import { type SealState, takeSeal } from './seal-state.ts';
import { readSeal } from './sign-document.ts';

const READS_AT_ONCE = 16;
/** Clocks of instances differ: a seal may bear a time shortly before that of one with a lower number. */
const CLOCK_STEP_MS = 60 * 60_000;

export interface FollowPorts extends SealPorts {
  /** Told of what stands in the chain and is no seal of ours. */
  readonly onForeign: (number: number, fault: string) => void;
}

/** Brings the state up to the last seal that stands. Rejects when storage or the key can't be read: the state may lag. */
export async function followChain(ports: FollowPorts, state: SealState): Promise<void> {
  if (state.last.number === 0) await loadChain(ports, state);
  for (;;) {
    const number = state.last.number + 1;
    const standing = await readSealAt(ports, number);
    if (!standing) return;
    take(ports, state, number, standing);
  }
}

async function loadChain(ports: FollowPorts, state: SealState): Promise<void> {
  const lastNumber = (await findLastSeal(ports))?.number;
  if (lastNumber === undefined) return;
  const back: { number: number; standing: StandingDocument<Seal> }[] = [];
  let openFrom: string | undefined;
  const numbers = Array.from({ length: lastNumber }, (_, index) => lastNumber - index);
  const read = async (number: number) => ({ number, standing: await readSealAt(ports, number) });
  for await (const { number, standing } of mapInOrder(numbers, READS_AT_ONCE, read)) {
    // Below the oldest that is still kept.
    if (!standing) break;
    back.push({ number, standing });
    const seal = standing.document;
    openFrom ??= seal?.openFrom;
    if (seal && openFrom !== undefined && dayOfMs(Date.parse(seal.time) + CLOCK_STEP_MS) < openFrom) break;
  }
  for (const { number, standing } of back.reverse()) take(ports, state, number, standing);
}

function take(ports: FollowPorts, state: SealState, number: number, standing: StandingDocument<Seal>): void {
  const fault = standing.fault ?? placeFault(number, standing.document);
  // Of old ones `verify` tells; the newest is told of until another follows it.
  if (fault !== undefined) ports.onForeign(number, fault);
  takeSeal(state, number, standing.sha256, fault === undefined ? standing.document : undefined);
}

function placeFault(number: number, seal: Seal | undefined): string | undefined {
  return seal?.number === number ? undefined : 'it is another seal than its name says';
}

export function readSealAt(ports: SealPorts, number: number): Promise<StandingDocument<Seal> | undefined> {
  return readDocument(ports, sealName(number), readSeal);
}

/**
 * The last seal that is one of ours; undefined before the first. What somebody else put at a higher number does not make
 * the chain longer. Two lists and one read, however long the chain: its folders, and the last of them.
 */
export async function findLastSeal(ports: SealPorts): Promise<(SealReference & { readonly seal: Seal }) | undefined> {
  const { reader } = ports;
  const folders = await Array.fromAsync(reader.folders(SEALS_CONTAINER, sealPrefixes.chain));
  for (const folder of folders.sort().reverse()) {
    const thousand = Number(folder);
    if (!Number.isSafeInteger(thousand)) continue;
    const blobs = await Array.fromAsync(reader.blobs(SEALS_CONTAINER, sealFolder(thousand * 1_000)));
    for (const { name } of blobs.reverse()) {
      const number = parseSealName(name);
      const standing = number === undefined ? undefined : await readSealAt(ports, number);
      const seal = standing?.document;
      if (number !== undefined && standing && seal?.number === number) return { number, sha256: standing.sha256, seal };
    }
  }
  return undefined;
}

function dayOfMs(ms: number): string {
  return dayOf(new Date(ms).toISOString());
}
