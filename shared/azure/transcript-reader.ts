/**
 * Reads transcripts from Azure Blob Storage for verification (DESIGN §6); needs no more than read and list rights.
 * A segment may be large and may grow meanwhile: it is read in ranges, up to the length it had when reading began.
 */
import { type BlobClient, type BlobServiceClient, RestError } from '@azure/storage-blob';
import type { TranscriptReader } from '../transcripts/segment-store.ts';

const RANGE_BYTES = 8 * 1024 * 1024;

export function createBlobTranscriptReader(service: BlobServiceClient): TranscriptReader {
  return {
    async *containers() {
      for await (const { name } of service.listContainers({ prefix: 'transcripts-' })) yield name;
    },
    async *blobs(container) {
      for await (const { name } of service.getContainerClient(container).listBlobsFlat()) yield name;
    },
    async read(container, name) {
      const blob = service.getContainerClient(container).getBlobClient(name);
      try {
        const { contentLength } = await blob.getProperties();
        if (contentLength === undefined) throw new Error('storage did not say how long the blob is');
        return readRanges(blob, contentLength);
      } catch (error) {
        if (error instanceof RestError && error.statusCode === 404) return undefined;
        throw error;
      }
    },
  };
}

/** The next range is fetched while this one is used. */
async function* readRanges(blob: BlobClient, length: number): AsyncGenerator<Uint8Array> {
  const fetchFrom = (offset: number): Promise<Buffer> | undefined =>
    offset < length ? readRange(blob, offset, Math.min(RANGE_BYTES, length - offset)) : undefined;
  let coming = fetchFrom(0);
  for (let offset = 0; coming; ) {
    const bytes: Buffer = await coming;
    offset += bytes.length;
    coming = fetchFrom(offset);
    // Whoever stops reading early leaves this one unasked for: its failure is then nobody's.
    coming?.catch(() => {});
    yield bytes;
  }
}

/**
 * One range, whole. `downloadToBuffer` and the SDK's own resumption insist that the blob did not change in between,
 * which an open segment does all the time; what was appended before never changes, so a range may be asked for again.
 */
async function readRange(blob: BlobClient, offset: number, count: number): Promise<Buffer> {
  for (let tries = 3; ; tries -= 1) {
    try {
      const answer = await blob.download(offset, count, { maxRetryRequests: 0 });
      const chunks: Uint8Array[] = [];
      for await (const chunk of answer.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      const bytes = Buffer.concat(chunks);
      if (bytes.length !== count) throw new Error(`storage gave ${bytes.length} of ${count} bytes`);
      return bytes;
    } catch (error) {
      if (tries <= 1) throw error;
    }
  }
}
