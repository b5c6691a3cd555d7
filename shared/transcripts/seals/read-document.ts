/** Reads what stands at the name of a seal or a manifest, and judges it by its bytes and its signature alone. */

import type { Result } from '../../result.ts';
import { SEALS_CONTAINER } from '../layout.ts';
import type { TranscriptReader } from '../segment-store.ts';
import type { EndorsingKey } from '../verify-genesis.ts';
import type { SealDocument } from './document.ts';
import { findSignatureFault, hashBytes } from './sign-document.ts';

export interface SealPorts {
  readonly reader: TranscriptReader;
  /** The public key that signs seals is the one that endorses writers. */
  readonly endorsingKey: EndorsingKey;
}

export interface StandingDocument<T> {
  readonly sha256: string;
  readonly bytes: Uint8Array;
  /** Only if it is one, of ours. */
  readonly document?: T;
  /** Why it is none, otherwise. */
  readonly fault?: string;
}

/** A busy day's manifest has a hundred thousand entries. What is longer is none of ours, and is not read to its end. */
const MOST_BYTES = 128 * 1024 * 1024;

/** Undefined: nothing stands there. Rejects when storage or the key can't be read. */
export async function readDocument<T extends SealDocument>(
  { reader, endorsingKey }: SealPorts,
  name: string,
  parse: (bytes: Uint8Array) => Result<T, string>,
): Promise<StandingDocument<T> | undefined> {
  const chunks = await reader.read(SEALS_CONTAINER, name, { to: MOST_BYTES });
  if (!chunks) return undefined;
  const bytes = Buffer.concat(await Array.fromAsync(chunks));
  const standing = { sha256: hashBytes(bytes), bytes };
  const parsed = parse(bytes);
  if (!parsed.ok) return { ...standing, fault: parsed.error };
  const fault = await findSignatureFault(parsed.value, endorsingKey);
  return fault === undefined ? { ...standing, document: parsed.value } : { ...standing, fault };
}
