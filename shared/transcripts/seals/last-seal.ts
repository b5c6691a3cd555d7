/**
 * How the chain of seals stands right now, for who looks at a page (DESIGN §6): the last seal, and whether its signature
 * and its link to the one before it hold. Four requests, however long the chain; `verify` says the rest.
 */
import { NO_PREVIOUS } from '../chain.ts';
import { findLastSeal, readSealAt } from './follow-chain.ts';
import type { SealPorts } from './read-document.ts';

export interface LastSeal {
  readonly number: number;
  /** ISO 8601. */
  readonly time: string;
  readonly sha256: string;
  /** Its signature verifies, and the seal that it names as the one before it stands. */
  readonly isLinked: boolean;
  /** Segments that changed and were not in it yet. */
  readonly left: number;
}

/** Undefined: no seal that the vault signed stands. Rejects when storage or vault can't be read. */
export async function readLastSeal(ports: SealPorts): Promise<LastSeal | undefined> {
  const last = await findLastSeal(ports);
  if (!last) return undefined;
  const { number, sha256, seal } = last;
  const before = number === 1 ? NO_PREVIOUS : (await readSealAt(ports, number - 1))?.sha256;
  return { number, time: seal.time, sha256, isLinked: before === seal.previous, left: seal.left };
}
