/**
 * Seals and manifests in Azure Blob Storage: container `seals` of the transcripts' account, block blobs that are written
 * once (`If-None-Match: *`), and what retention removes (DESIGN §6). Never makes the container, never overwrites.
 */
import { type BlobServiceClient, RestError } from '@azure/storage-blob';
import { SEALS_CONTAINER } from '../transcripts/layout.ts';
import type { BlobRemover, SealStore } from '../transcripts/seals/seal-store.ts';
import { withinDeadline, withinTransfer } from './deadline.ts';

const JSON_CONTENT = { blobContentType: 'application/json' };
/** A retention policy that still runs, or a legal hold. */
const HELD_BACK = new Set(['BlobImmutableDueToPolicy', 'BlobImmutableDueToLegalHold']);

export function createBlobSealStore(service: BlobServiceClient): SealStore {
  const container = service.getContainerClient(SEALS_CONTAINER);
  return {
    async create(name, bytes) {
      try {
        const conditions = { ifNoneMatch: '*' };
        const options = { conditions, blobHTTPHeaders: JSON_CONTENT, ...withinTransfer(bytes.byteLength) };
        await container.getBlockBlobClient(name).upload(bytes, bytes.byteLength, options);
      } catch (error) {
        // 409 to the condition, or 412 where the SDK's own retry met the first try's effect.
        if (codeOf(error) !== 'BlobAlreadyExists' && codeOf(error) !== 'ConditionNotMet') throw error;
      }
    },
  };
}

export function createBlobRemover(service: BlobServiceClient): BlobRemover {
  return {
    async remove(container, name) {
      try {
        // Also what is already gone, such as by this very request when its response was lost.
        await service.getContainerClient(container).getBlobClient(name).deleteIfExists(withinDeadline());
        return 'removed';
      } catch (error) {
        if (HELD_BACK.has(codeOf(error) ?? '')) return 'immutable';
        throw error;
      }
    },
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof RestError ? (error.code ?? error.response?.headers.get('x-ms-error-code')) : undefined;
}
