/**
 * The sealed store's blobs in Azure Blob Storage: container `sealed`, block blobs of ciphertext (DESIGN §5). A blob is
 * written once: `If-None-Match: *`, and when something stands there already it must be the same bytes, which is our own
 * write after a lost response (FACTS §3). Never makes the container: how long deleted blobs linger is the deployment's.
 */
import { type BlobServiceClient, RestError } from '@azure/storage-blob';
import { MAX_SEALED_BYTES, type SealedBlobs } from '../approvals/sealed-store.ts';
import { withinDeadline, withinTransfer } from './deadline.ts';

export const SEALED_CONTAINER = 'sealed';

/** A put in pieces: each is one request with the client's own bound on a try, and a lost one is sent again alone. */
const PIECE_BYTES = 4 * 1024 * 1024;
const CONCURRENT_PIECES = 4;
/** Format, nonce and tag around the longest content. */
const MAX_BLOB_BYTES = MAX_SEALED_BYTES + 64;

export function createSealedBlobs(service: BlobServiceClient): SealedBlobs {
  const container = service.getContainerClient(SEALED_CONTAINER);

  const get = async (name: string): Promise<Uint8Array | undefined> => {
    const blob = container.getBlobClient(name);
    try {
      // The first piece brings the whole length: most blobs are no longer, and nobody makes an instance read without end.
      const first = await blob.download(0, PIECE_BYTES, withinTransfer(PIECE_BYTES));
      const length = Number(/\/(\d+)$/.exec(first.contentRange ?? '')?.[1] ?? Number.NaN);
      const head = await readAll(first.readableStreamBody);
      if (!(length <= MAX_BLOB_BYTES)) throw new Error('a sealed blob is longer than any that is written here');
      if (length <= PIECE_BYTES) return head;
      const options = { blockSize: PIECE_BYTES, concurrency: CONCURRENT_PIECES, ...withinTransfer(length) };
      return Buffer.concat([head, await blob.downloadToBuffer(PIECE_BYTES, length - PIECE_BYTES, options)]);
    } catch (error) {
      // Not a missing container: that is an outage.
      if (isCode(error, 'BlobNotFound')) return undefined;
      // An empty blob has no first piece.
      if (isCode(error, 'InvalidRange')) return new Uint8Array();
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
          concurrency: CONCURRENT_PIECES,
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
      await container.getBlobClient(name).deleteIfExists({ deleteSnapshots: 'include', ...withinDeadline() });
    },
  };
}

/** At most a piece. */
async function readAll(stream: NodeJS.ReadableStream | undefined): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function isCode(error: unknown, code: string): boolean {
  if (!(error instanceof RestError)) return false;
  // An answer about properties has no body: there the code is in a header alone.
  return (error.code ?? error.response?.headers.get('x-ms-error-code')) === code;
}
