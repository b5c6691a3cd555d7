/**
 * Transcripts in Azure Blob Storage: append blobs for segments, block blobs for side content (DESIGN §6).
 * It never overwrites or deletes, and never makes a container: a container's retention policy is the deployment's.
 * Right under any retry options of the client: a retried append whose first response was lost comes back as a failed
 * condition, and the writer, told of an error, reads what stands there.
 */
import { type BlobServiceClient, RestError } from '@azure/storage-blob';
import type { SegmentStore } from '../transcripts/segment-store.ts';

const NONE = { ifNoneMatch: '*' };
const LINES = { blobContentType: 'application/x-ndjson' };
const JSON_CONTENT = { blobContentType: 'application/json' };

export function createBlobSegmentStore(service: BlobServiceClient): SegmentStore {
  const blob = (container: string, name: string) => service.getContainerClient(container).getBlobClient(name);

  return {
    async create(container, name, abortSignal) {
      try {
        const client = blob(container, name).getAppendBlobClient();
        await client.create({ conditions: NONE, blobHTTPHeaders: LINES, abortSignal });
      } catch (error) {
        if (!isThereAlready(error)) throw error;
      }
    },

    async append(container, name, bytes, position, abortSignal) {
      const client = blob(container, name).getAppendBlobClient();
      await client.appendBlock(bytes, bytes.length, { conditions: { appendPosition: position }, abortSignal });
    },

    async readTail(container, name, position, maxBytes, abortSignal) {
      const client = blob(container, name);
      try {
        const answer = await client.download(position, maxBytes, { abortSignal });
        const bytes = await collect(answer.readableStreamBody, maxBytes);
        return { blobBytes: totalOf(answer.contentRange), bytes };
      } catch (error) {
        if (isCode(error, 'BlobNotFound')) return undefined;
        if (!isCode(error, 'InvalidRange')) throw error;
        // Nothing stands there: the blob ends at the position, or before it.
        const { contentLength } = await client.getProperties({ abortSignal });
        if (contentLength === undefined) throw new Error('storage did not say how long the blob is', { cause: error });
        return { blobBytes: contentLength, bytes: new Uint8Array() };
      }
    },

    async putSideBlob(container, name, bytes, abortSignal) {
      const client = blob(container, name).getBlockBlobClient();
      try {
        await client.upload(bytes, bytes.length, { conditions: NONE, blobHTTPHeaders: JSON_CONTENT, abortSignal });
      } catch (error) {
        if (!isThereAlready(error)) throw error;
        const standing = await client.download(0, undefined, { abortSignal });
        const found = await collect(standing.readableStreamBody, bytes.length + 1);
        if (!found.equals(bytes)) throw new Error('something else stands where a side blob belongs', { cause: error });
      }
    },
  };
}

/** Azure says 409 to `If-None-Match: *`, or 412 where the SDK's own retry met the first try's effect. */
function isThereAlready(error: unknown): boolean {
  return isCode(error, 'BlobAlreadyExists') || isCode(error, 'ConditionNotMet');
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof RestError && error.code === code;
}

/** The last number of `bytes 0-99/1234`. */
function totalOf(contentRange: string | undefined): number {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  if (total === undefined) throw new Error('storage did not say how long the blob is');
  return Number(total);
}

async function collect(stream: NodeJS.ReadableStream | undefined, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length >= maxBytes) break;
  }
  return Buffer.concat(chunks, Math.min(length, maxBytes));
}
