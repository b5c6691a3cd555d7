/**
 * Where a command finds transcripts and the key that vouches for their writers: one shape for an Azure account, a
 * running or resting local stack, and a folder of downloaded blobs.
 */
import type { TranscriptReader } from '../../../shared/transcripts/segment-store.ts';
import type { EndorsingKey } from '../../../shared/transcripts/verify-genesis.ts';

export interface TranscriptSource {
  readonly reader: TranscriptReader;
  readonly endorsingKey: EndorsingKey;
  /** For people: where it looks. */
  readonly description: string;
  /** Ends whatever was started to read them. */
  close(): Promise<void>;
}
