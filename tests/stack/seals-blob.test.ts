/** The sealer and retention over Azurite, through the real storage client: conditions, lost responses, two at once. */
import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { prepareStorage } from '../../infra/local/storage.ts';
import { createBlobRemover, createBlobSealStore } from '../../shared/azure/seal-blobs.ts';
import { createBlobTranscriptReader } from '../../shared/azure/transcript-reader.ts';
import type { Entry } from '../../shared/transcripts/entry.ts';
import { createSealer, type SealerOptions } from '../../shared/transcripts/seals/create-sealer.ts';
import { readLastSeal } from '../../shared/transcripts/seals/last-seal.ts';
import { verifyTranscripts } from '../../shared/transcripts/verify.ts';
import { proves } from '../requirements.ts';
import { createTestEndorser, eventEntry, intentEntry, testEndorsingKey } from '../unit/transcripts/scene.ts';
import { createBlobRecorder } from './blob-recorder.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

const container = 'transcripts-standard';

let azurite: Azurite;
let proxy: LossyProxy;
let direct: BlobServiceClient;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.blobUrl).port));
  direct = BlobServiceClient.fromConnectionString(azurite.connectionString);
  await prepareStorage(azurite.connectionString, ['standard']);
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

function lossyService(maxTries: number): BlobServiceClient {
  const url = new URL(azurite.blobUrl);
  const connection = azurite.connectionString.replaceAll(`:${url.port}/`, `:${proxy.port}/`);
  return BlobServiceClient.fromConnectionString(connection, { retryOptions: { maxTries, retryDelayInMs: 10 } });
}

function openSealer(service = direct, more: Partial<SealerOptions> = {}) {
  const recorded: Entry[] = [];
  const sealer = createSealer({
    reader: createBlobTranscriptReader(service),
    seals: createBlobSealStore(service),
    endorser: createTestEndorser(),
    endorsingKey: testEndorsingKey,
    retention: [{ class: 'standard', days: 30 }],
    idleMs: 900_000,
    record: async (entry) => void recorded.push(entry),
    log: () => {},
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
    ...more,
  });
  return { run: () => sealer.run(), recorded };
}

const newSession = () => ({ id: `k1-${randomBytes(16).toString('hex')}`, server: 'crm', retention: 'standard' });

async function verify() {
  return verifyTranscripts({
    reader: createBlobTranscriptReader(direct),
    endorsingKey: testEndorsingKey,
    nowMs: Date.now(),
  });
}

describe('seals in Blob Storage', () => {
  it(proves('seal.chain', 'are written, linked, and verify with what they cover'), async () => {
    const recorder = createBlobRecorder(direct);
    const session = newSession();
    await recorder.record(session, intentEntry('c-1'));
    await recorder.record(session, eventEntry('e-1', 'x'.repeat(100_000)));
    const sealer = openSealer();
    expect(await sealer.run()).toMatchObject({ last: 1, segments: 1, left: 0 });
    await recorder.record(session, eventEntry('e-2'));
    await recorder.close();
    expect(await sealer.run()).toMatchObject({ last: 2, segments: 1 });
    expect(await verify()).toMatchObject({
      state: 'intact',
      seals: { state: 'intact', last: { number: 2 }, faults: [] },
      totals: { unsealedLines: 0 },
    });
    const ports = { reader: createBlobTranscriptReader(direct), endorsingKey: testEndorsingKey };
    expect(await readLastSeal(ports)).toMatchObject({ number: 2, isLinked: true });
  });

  it.each([
    { request: 'PUT /devstoreaccount1/seals/chain', maxTries: 1 },
    { request: 'PUT /devstoreaccount1/seals/chain', maxTries: 3 },
    { request: 'GET /devstoreaccount1/seals/chain', maxTries: 1 },
    { request: 'GET /devstoreaccount1/transcripts-standard/crm', maxTries: 1 },
  ])(
    proves('seal.two-sealers', 'stay one chain when a response is lost ($request, $maxTries tries)'),
    async ({ request, maxTries }) => {
      const recorder = createBlobRecorder(direct);
      const session = newSession();
      const sealer = openSealer(lossyService(maxTries));
      await recorder.record(session, eventEntry('e-1'));
      await sealer.run();
      await recorder.record(session, eventEntry('e-2'));
      const lostBefore = proxy.lost;
      proxy.loseNext(request);
      await sealer.run().catch(() => {});
      expect(proxy.lost - lostBefore).toBe(1);
      await recorder.close();
      expect(await sealer.run()).toMatchObject({ left: 0 });
      expect(await verify()).toMatchObject({ state: 'intact', seals: { faults: [] }, totals: { unsealedLines: 0 } });
    },
  );

  it(proves('seal.two-sealers', 'are one chain when several sealers run at once'), async () => {
    const recorder = createBlobRecorder(direct);
    const sealers = Array.from({ length: 4 }, () => openSealer());
    const session = newSession();
    for (let round = 0; round < 3; round += 1) {
      await recorder.record(session, eventEntry(`e-${round}`));
      await recorder.record(newSession(), eventEntry(`o-${round}`));
      await Promise.all(sealers.map((sealer) => sealer.run()));
    }
    await recorder.close();
    await sealers[0]?.run();
    expect(await verify()).toMatchObject({ state: 'intact', seals: { faults: [] }, totals: { unsealedLines: 0 } });
  });

  it(proves('seal.removal-found', 'show a segment that was deleted, to the next sealer too'), async () => {
    const recorder = createBlobRecorder(direct);
    const session = newSession();
    await recorder.record(session, eventEntry('e-1'));
    await recorder.close();
    await openSealer().run();
    for await (const { name } of direct.getContainerClient(container).listBlobsFlat()) {
      if (name.includes(session.id)) await createBlobRemover(direct).remove(container, name);
    }
    expect(await verify()).toMatchObject({ state: 'tampered', totals: { tampered: 1 } });
    const sealer = openSealer();
    expect(await sealer.run()).toMatchObject({ bad: 1 });
    expect(sealer.recorded).toMatchObject([{ kind: 'administration', action: 'transcript-does-not-verify' }]);
  });
});

describe('the reader', () => {
  it('lists by prefix with lengths, lists folders, and reads ranges', async () => {
    const other = direct.getContainerClient('transcripts-other');
    await other.createIfNotExists();
    for (const name of ['a/1/x', 'a/2/y', 'b/3']) {
      await other.getAppendBlobClient(name).create();
      await other.getAppendBlobClient(name).appendBlock('0123456789', 10);
    }
    await other.getAppendBlobClient('b/empty').create();
    const reader = createBlobTranscriptReader(direct);
    const read = async (...args: Parameters<typeof reader.read>) => {
      const chunks = await reader.read(...args);
      return chunks && Buffer.concat(await Array.fromAsync(chunks)).toString();
    };
    const names = (await Array.fromAsync(reader.blobs('transcripts-other', 'a/'))).map(({ name, bytes }) => [
      name,
      bytes,
    ]);
    expect(names).toEqual([
      ['a/1/x', 10],
      ['a/2/y', 10],
    ]);
    expect(await Array.fromAsync(reader.folders('transcripts-other', ''))).toEqual(['a', 'b']);
    expect(await Array.fromAsync(reader.folders('transcripts-other', 'a/'))).toEqual(['1', '2']);
    expect(await Array.fromAsync(reader.blobs('transcripts-none'))).toEqual([]);
    expect(await read('transcripts-other', 'b/3', { from: 2, to: 5 })).toBe('234');
    expect(await read('transcripts-other', 'b/3', { from: 8, to: 50 })).toBe('89');
    expect(await read('transcripts-other', 'b/3', { from: 10 })).toBe('');
    expect(await read('transcripts-other', 'b/empty')).toBe('');
    expect(await read('transcripts-other', 'b/none')).toBeUndefined();
  });
});
