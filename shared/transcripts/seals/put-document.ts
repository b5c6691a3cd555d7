/**
 * Makes a signed document stand under its name, or finds out whose stands there (FACTS §3): whatever storage answers, the
 * name is read back and its bytes compared, because a lost response makes storage report a conflict with our own write.
 */

import { SEALS_CONTAINER } from '../layout.ts';
import type { TranscriptReader } from '../segment-store.ts';
import type { SealStore } from './seal-store.ts';

const TRIES = 3;

/** `other`: somebody else's document stands there. Rejects when that can't be found out: ours may still come to stand. */
export async function putDocument(
  ports: { readonly seals: SealStore; readonly reader: TranscriptReader },
  name: string,
  bytes: Uint8Array,
): Promise<'ours' | 'other'> {
  let failure: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      await ports.seals.create(name, bytes);
    } catch (error) {
      failure = error;
    }
    try {
      const standing = await ports.reader.read(SEALS_CONTAINER, name, { to: bytes.length + 1 });
      if (standing) return Buffer.concat(await Array.fromAsync(standing)).equals(bytes) ? 'ours' : 'other';
    } catch (error) {
      failure = error;
    }
  }
  throw new Error('it is not known whether the seal or manifest stands', { cause: failure });
}
