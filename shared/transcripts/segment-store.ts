/**
 * Where transcripts rest, as narrow as the writer and the verifier need it; the adapter is in shared/azure.
 * Two facts shape the writer's side (FACTS §3): a lost response may come back as a failed condition for our *own*
 * write, and a write that was given up may still land later. So no call says "it is not there": the writer looks.
 */

export interface SegmentStore {
  /**
   * Creates an empty append blob if none has this name (If-None-Match: *). Resolves when one is there, whoever
   * made it: the first append, at position 0, tells. Rejects on anything else: unknown whether it was made.
   */
  create(container: string, name: string, signal: AbortSignal): Promise<void>;
  /**
   * Appends all of the bytes as one block, or nothing, and only if the blob ends at `position`.
   * Rejects on everything but a success, failed conditions included: unknown whether it landed, or will.
   */
  append(container: string, name: string, bytes: Uint8Array, position: number, signal: AbortSignal): Promise<void>;
  /** What stands from `position` on, at most `maxBytes` of it. Undefined: there is no such blob. Rejects when it can't say. */
  readTail(
    container: string,
    name: string,
    position: number,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Tail | undefined>;
  /**
   * Puts a whole blob whose name holds the hash of its content; never replaces one. Resolves when exactly these
   * bytes stand there, so it may be repeated. Rejects on anything else: unknown whether it is there.
   */
  putSideBlob(container: string, name: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
}

export interface Tail {
  /** The whole blob's length; less than `position` if somebody cut it. */
  readonly blobBytes: number;
  readonly bytes: Uint8Array;
}

/** What a listing says of a blob. */
export interface BlobFacts {
  readonly name: string;
  readonly bytes: number;
  /** Of its last append, by storage's clock; milliseconds since 1970. */
  readonly modifiedAtMs: number;
}

/** Of a blob's bytes: from the one up to, and without, the other. */
export interface ByteRange {
  readonly from?: number;
  readonly to?: number;
}

/** All that `verify` and the sealer need. Each rejects when storage can't be read; a blob that grows meanwhile is no error. */
export interface TranscriptReader {
  containers(): AsyncIterable<string>;
  /** Those whose names begin so, in the order of their names' bytes. A container that is not there holds none. */
  blobs(container: string, prefix?: string): AsyncIterable<BlobFacts>;
  /**
   * What stands between the prefix, empty or ending in `/`, and the next `/`, each once and in order: `crm/` holds
   * `2026`. Blobs right below the prefix are not named.
   */
  folders(container: string, prefix: string): AsyncIterable<string>;
  /**
   * The blob's bytes in chunks, as it stood when reading began, or those in the range that stand there: a blob that is
   * shorter gives what it has. Undefined: there is no such blob.
   */
  read(container: string, name: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
}
