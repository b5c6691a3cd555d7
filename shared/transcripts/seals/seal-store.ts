/**
 * Where seals and manifests are written; the adapter is in shared/azure. They are read as transcripts are, through
 * `TranscriptReader`. As there (FACTS §3), no answer says whether a write of ours stands: the sealer looks.
 */
export interface SealStore {
  /**
   * Creates a blob of these bytes in the container for seals unless one has this name (If-None-Match: *). Resolves
   * whether or not it did; a name is never written twice. Rejects on anything else: unknown whether it stands.
   */
  create(name: string, bytes: Uint8Array): Promise<void>;
}

/** What retention may do: nothing but remove whole blobs. */
export interface BlobRemover {
  /** `immutable`: storage keeps it for now. Rejects on anything else: unknown whether it is gone. */
  remove(container: string, name: string): Promise<'removed' | 'immutable'>;
}
