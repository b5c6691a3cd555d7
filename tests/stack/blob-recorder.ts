/** A recorder over the real storage client, in real time. */
import { createHash, randomBytes } from 'node:crypto';
import type { BlobServiceClient } from '@azure/storage-blob';
import { createBlobSegmentStore } from '../../shared/azure/transcript-blobs.ts';
import { createRecorder, type TranscriptRecorder } from '../../shared/transcripts/recorder.ts';
import type { Endorser } from '../../shared/transcripts/writer.ts';
import { createTestEndorser } from '../unit/transcripts/scene.ts';

export function createBlobRecorder(
  service: BlobServiceClient,
  { deadlineMs = 5_000, endorser = createTestEndorser() }: { deadlineMs?: number; endorser?: Endorser } = {},
): TranscriptRecorder {
  return createRecorder({
    store: createBlobSegmentStore(service),
    endorser,
    configDigest: createHash('sha256').update('configuration').digest('hex'),
    versions: { sallyport: '0.1.0', format: 1 },
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    randomBytes,
    deadlineMs,
    idleMs: 60_000,
    log: () => {},
  });
}
