/**
 * Reads transcripts from Azure Blob Storage for verification (DESIGN §6); needs no more than read and list rights.
 * A segment may be large and may grow meanwhile: it is read in ranges, up to the length it had when reading began. The
 * first range says that length, so a short segment costs one request.
 */
import { type BlobClient, type BlobServiceClient, RestError } from '@azure/storage-blob';
import type { TranscriptReader } from '../transcripts/segment-store.ts';

/** Two of them stand in memory for each segment or side blob that is read at once, eight by the sealer. */
const RANGE_BYTES = 4 * 1024 * 1024;

export function createBlobTranscriptReader(service: BlobServiceClient): TranscriptReader {
  return {
    async *containers() {
      for await (const { name } of service.listContainers({ prefix: 'transcripts-' })) yield name;
    },
    async *blobs(container, prefix = '') {
      try {
        for await (const { name, properties } of service.getContainerClient(container).listBlobsFlat({ prefix })) {
          const { contentLength, lastModified } = properties;
          if (contentLength === undefined) throw new Error('storage did not say how long the blob is');
          yield { name, bytes: contentLength, modifiedAtMs: lastModified.getTime() };
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async *folders(container, prefix) {
      try {
        for await (const item of service.getContainerClient(container).listBlobsByHierarchy('/', { prefix })) {
          if (item.kind === 'prefix') yield item.name.slice(prefix.length, -1);
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async read(container, name, { from = 0, to = Number.POSITIVE_INFINITY } = {}) {
      const blob = service.getContainerClient(container).getBlobClient(name);
      if (to <= from) return readRanges(blob, Buffer.alloc(0), from, from);
      try {
        const first = await readRange(blob, from, Math.min(RANGE_BYTES, to - from));
        return readRanges(blob, first.bytes, from, Math.min(to, first.blobBytes));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

/** The next range is fetched while this one is used. */
async function* readRanges(blob: BlobClient, first: Buffer, from: number, end: number): AsyncGenerator<Uint8Array> {
  let bytes = first;
  for (let offset = from + first.length; bytes.length > 0; ) {
    const coming = offset < end ? readRange(blob, offset, Math.min(RANGE_BYTES, end - offset)) : undefined;
    // Whoever stops reading early leaves this one unasked for: its failure is then nobody's.
    coming?.catch(() => {});
    yield bytes;
    if (!coming) return;
    bytes = (await coming).bytes;
    offset += bytes.length;
  }
}

/**
 * One range, whole, or as much of it as stands. `downloadToBuffer` and the SDK's own resumption insist that the blob did
 * not change in between, which an open segment does all the time; what was appended before never changes, so a range may
 * be asked for again.
 */
async function readRange(
  blob: BlobClient,
  offset: number,
  count: number,
): Promise<{ bytes: Buffer; blobBytes: number }> {
  for (let tries = 3; ; tries -= 1) {
    try {
      const answer = await blob.download(offset, count, { maxRetryRequests: 0 });
      const blobBytes = Number(/\/(\d+)$/.exec(answer.contentRange ?? '')?.[1] ?? answer.contentLength);
      const expected = Math.min(count, blobBytes - offset);
      const bytes = Buffer.allocUnsafe(expected);
      let length = 0;
      for await (const chunk of answer.readableStreamBody ?? []) length += put(chunk, bytes, length);
      if (length !== expected) throw new Error(`storage gave ${length} of ${expected} bytes`);
      return { bytes, blobBytes };
    } catch (error) {
      if (isMissing(error)) throw error;
      // The blob ends before the range begins.
      if (error instanceof RestError && error.statusCode === 416) return { bytes: Buffer.alloc(0), blobBytes: offset };
      if (tries <= 1) throw error;
    }
  }
}

/** Into its place at once: a copy of each chunk besides would double what a range takes. Gives how long the chunk is. */
function put(chunk: string | Buffer, into: Buffer, at: number): number {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  bytes.copy(into, at);
  return bytes.length;
}

function isMissing(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404;
}
