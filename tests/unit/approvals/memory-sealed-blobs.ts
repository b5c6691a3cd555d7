/** The sealed store's blobs in memory: a name is written once, by the same bytes as often as the network wants. */
import type { SealedBlobs } from '../../../shared/approvals/sealed-store.ts';
import { createFaultPoint, type FaultPoint } from './fault-point.ts';

export interface MemorySealedBlobs extends SealedBlobs {
  readonly faults: FaultPoint;
  /** By name; a test may change them behind the store's back. */
  readonly content: Map<string, Uint8Array>;
}

export function createMemorySealedBlobs(faults: FaultPoint = createFaultPoint()): MemorySealedBlobs {
  const content = new Map<string, Uint8Array>();
  return {
    faults,
    content,
    put: (name, bytes) =>
      faults.perform('putBlob', () => {
        const standing = content.get(name);
        if (standing !== undefined && !Buffer.from(standing).equals(bytes)) {
          throw new Error('something else stands where a sealed blob belongs');
        }
        content.set(name, Uint8Array.from(bytes));
      }),
    get: (name) =>
      faults.perform('getBlob', () => {
        const bytes = content.get(name);
        return bytes && Uint8Array.from(bytes);
      }),
    delete: (name) =>
      faults.perform('deleteBlob', () => {
        content.delete(name);
      }),
  };
}
