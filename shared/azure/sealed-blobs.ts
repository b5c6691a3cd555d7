/**
 * The sealed store's blobs in Azure Blob Storage: container `sealed`, block blobs of ciphertext (DESIGN §5). A blob is
 * written once: `If-None-Match: *`, and when something stands there already it must be the same bytes, which is our own
 * write after a lost response (FACTS §3). Never makes the container: how long deleted blobs linger is the deployment's.
 */
import { type BlobServiceClient, RestError } from '@azure/storage-blob';
import { MAX_SEALED_BYTES, type SealedBlobs } from '../approvals/sealed-store.ts';
import { withinTransfer } from './deadline.ts';

export const SEALED_CONTAINER = 'sealed';

/** A put in pieces: each is one request with the client's own bound on a try, and a lost one is sent again alone. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Format, nonce and tag around the longest content. */
const MAX_BLOB_BYTES = MAX_SEALED_BYTES + 64;

export function createSealedBlobs(service: BlobServiceClient): SealedBlobs {
  const container = service.getContainerClient(SEALED_CONTAINER);

  const get = async (name: string): Promise<Uint8Array | undefined> => {
    try {
      const answer = await container.getBlobClient(name).download(0, undefined, withinTransfer(MAX_BLOB_BYTES));
      return await collect(answer.readableStreamBody);
    } catch (error) {
      if (isCode(error, 'BlobNotFound')) return undefined;
      throw error;
    }
  };

  return {
    get,

    async put(name, bytes) {
      try {
        await container.getBlockBlobClient(name).uploadData(bytes, {
          blockSize: PIECE_BYTES,
          maxSingleShotSize: PIECE_BYTES,
          concurrency: 4,
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'application/octet-stream' },
          ...withinTransfer(bytes.byteLength),
        });
      } catch (error) {
        // 409 to the condition, or 412 where the SDK's own retry met the first try's effect.
        if (!isCode(error, 'BlobAlreadyExists') && !isCode(error, 'ConditionNotMet')) throw error;
        const standing = await get(name);
        if (standing !== undefined && Buffer.from(standing).equals(bytes)) return;
        throw new Error('something else stands where a sealed blob belongs', { cause: error });
      }
    },

    async delete(name) {
      // Also what is already gone, such as by this very request when its response was lost.
      await container.getBlobClient(name).deleteIfExists({ deleteSnapshots: 'include', ...withinTransfer(0) });
    },
  };
}

/** Rejects for a blob that nothing of ours has written: nobody makes an instance read without end. */
async function collect(stream: NodeJS.ReadableStream | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > MAX_BLOB_BYTES) throw new Error('a sealed blob is longer than any that is written here');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof RestError && error.code === code;
}
