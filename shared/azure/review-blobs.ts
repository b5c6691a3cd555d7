/**
 * Frozen reports in Azure Blob Storage: container `reviews`, a block blob under the digest of its bytes, written once:
 * `If-None-Match: *`, and what stands there already must be the same bytes (FACTS §3). Never makes the container.
 */
import { type BlobServiceClient, RestError } from '@azure/storage-blob';
import { isDigest, type ReportBlobs } from '../reviews/review.ts';
import { withinTransfer } from './deadline.ts';

export const REVIEWS_CONTAINER = 'reviews';

/** A report names at most ten thousand people. */
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

export function createReviewBlobs(service: BlobServiceClient): ReportBlobs {
  const container = service.getContainerClient(REVIEWS_CONTAINER);

  const get = async (digest: string): Promise<Uint8Array | undefined> => {
    if (!isDigest(digest)) return undefined;
    try {
      const { contentLength = Number.NaN, readableStreamBody } = await container
        .getBlobClient(nameOf(digest))
        .download(0, undefined, withinTransfer(MAX_REPORT_BYTES));
      if (!(contentLength <= MAX_REPORT_BYTES)) throw new Error('a report is longer than any that is written here');
      const chunks: Buffer[] = [];
      for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error) {
      // Not a missing container: that is an outage.
      if (isCode(error, 'BlobNotFound')) return undefined;
      throw error;
    }
  };

  return {
    get,
    async put(digest, bytes) {
      if (!isDigest(digest)) throw new TypeError('a report is named by its digest');
      if (bytes.byteLength > MAX_REPORT_BYTES) throw new RangeError('the report is too large to be kept');
      try {
        await container.getBlockBlobClient(nameOf(digest)).uploadData(bytes, {
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'application/json' },
          ...withinTransfer(bytes.byteLength),
        });
      } catch (error) {
        // 409 to the condition, or 412 where the SDK's own retry met the first try's effect.
        if (!isCode(error, 'BlobAlreadyExists') && !isCode(error, 'ConditionNotMet')) throw error;
        const standing = await get(digest);
        if (standing !== undefined && Buffer.from(standing).equals(bytes)) return;
        throw new Error('something else stands where a report belongs', { cause: error });
      }
    },
  };
}

function nameOf(digest: string): string {
  return `${digest}.json`;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof RestError && error.code === code;
}
