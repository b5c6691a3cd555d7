/**
 * Transcripts over Azurite: records a second of one session, one after the other and 64 at a time, and appends per
 * record; then how fast what was written is sealed, and verified against its seals.
 */
import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { startAzurite } from '../../infra/local/azurite.ts';
import { prepareStorage } from '../../infra/local/storage.ts';
import { createBlobSealStore } from '../../shared/azure/seal-blobs.ts';
import { createBlobTranscriptReader } from '../../shared/azure/transcript-reader.ts';
import { createSealer } from '../../shared/transcripts/seals/create-sealer.ts';
import { verifyTranscripts } from '../../shared/transcripts/verify.ts';
import { createBlobRecorder } from '../stack/blob-recorder.ts';
import { createTestEndorser, eventEntry, testEndorsingKey } from '../unit/transcripts/scene.ts';
import { startStorageCounter } from './count-storage.ts';

export interface RecordsFigures {
  readonly paces: readonly RecordPace[];
  readonly seal: { readonly segments: number; readonly ms: number; readonly operations: number };
  readonly verify: { readonly mb: number; readonly mbPerSecond: number; readonly lines: number };
}

interface RecordPace {
  /** Records of one session on their way at once. */
  readonly atOnce: number;
  readonly recordsPerSecond: number;
  readonly appendsPerRecord: number;
}

const WARM_UP = 100;
const RECORDS = [
  { atOnce: 1, records: 1_000 },
  { atOnce: 64, records: 20_000 },
] as const;
/** About what a masked answer of the sample has. */
const CONTENT = 'x'.repeat(2_000);

export async function measureRecords(): Promise<RecordsFigures> {
  const azurite = await startAzurite();
  const counter = await startStorageCounter(new URL(azurite.blobUrl).origin);
  const { connectionString } = azurite;
  try {
    await prepareStorage(connectionString, ['standard']);
    const direct = BlobServiceClient.fromConnectionString(connectionString);
    const counted = BlobServiceClient.fromConnectionString(
      connectionString.replace(new URL(azurite.blobUrl).origin, counter.url),
    );
    const paces: RecordPace[] = [];
    for (const { atOnce, records } of RECORDS) {
      const recordsPerSecond = await measurePace(direct, atOnce, records);
      counter.counts.clear();
      await measurePace(counted, atOnce, records / 10);
      // Everything that opens and closes a segment counts too: it belongs to what a session costs.
      const operations = [...counter.counts.values()].reduce((sum, count) => sum + count, 0);
      const appendsPerRecord = Number((operations / (records / 10 + WARM_UP)).toFixed(3));
      paces.push({ atOnce, recordsPerSecond, appendsPerRecord });
    }
    counter.counts.clear();
    const seal = await measureSeal(counted);
    const operations = [...counter.counts.values()].reduce((sum, count) => sum + count, 0);
    return { paces, seal: { ...seal, operations }, verify: await measureVerify(direct) };
  } finally {
    await counter.stop();
    await azurite.stop();
  }
}

async function measurePace(service: BlobServiceClient, atOnce: number, records: number): Promise<number> {
  const recorder = createBlobRecorder(service);
  const session = { id: `k1-${randomBytes(16).toString('hex')}`, server: 'crm', retention: 'standard' };
  let next = 0;
  const work = async (until: number): Promise<void> => {
    while (next < until) {
      next += 1;
      await recorder.record(session, eventEntry(`call-${next}`, CONTENT));
    }
  };
  const all = (until: number) => Promise.all(Array.from({ length: atOnce }, () => work(until)));
  await all(WARM_UP);
  const startedMs = performance.now();
  await all(WARM_UP + records);
  const tookMs = performance.now() - startedMs;
  await recorder.close();
  return Math.round((records * 1_000) / tookMs);
}

async function measureSeal(service: BlobServiceClient) {
  const sealer = createSealer({
    reader: createBlobTranscriptReader(service),
    seals: createBlobSealStore(service),
    endorser: createTestEndorser(),
    endorsingKey: testEndorsingKey,
    retention: [{ class: 'standard', days: 30 }],
    idleMs: 900_000,
    record: async () => {},
    log: () => {},
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  });
  const startedMs = performance.now();
  const { segments } = await sealer.run();
  return { segments, ms: Math.round(performance.now() - startedMs) };
}

async function measureVerify(service: BlobServiceClient): Promise<RecordsFigures['verify']> {
  const startedMs = performance.now();
  const { state, totals } = await verifyTranscripts({
    reader: createBlobTranscriptReader(service),
    endorsingKey: testEndorsingKey,
    nowMs: Date.now(),
  });
  if (state !== 'intact') throw new Error(`what was written is ${state}`);
  const mb = totals.bytes / 1_000_000;
  const mbPerSecond = Math.round((mb * 1_000) / (performance.now() - startedMs));
  return { mb: Math.round(mb), mbPerSecond, lines: totals.lines };
}

export function printRecords({ paces, seal, verify }: RecordsFigures): void {
  console.log('records of one session, over Azurite');
  console.table(paces);
  console.log(`seal of ${seal.segments} segments: ${seal.ms} ms, ${seal.operations} storage operations`);
  console.log(`verify with seals: ${verify.mb} MB, ${verify.lines} lines, ${verify.mbPerSecond} MB/s`);
}
