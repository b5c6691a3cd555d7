/** The writer and the verifier over Azurite, through the real storage client. */
import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { createBlobSegmentStore } from '../../shared/azure/transcript-blobs.ts';
import { createBlobTranscriptReader } from '../../shared/azure/transcript-reader.ts';
import { NotRecorded } from '../../shared/transcripts/entry.ts';
import { verifyTranscripts } from '../../shared/transcripts/verify.ts';
import type { SegmentReport } from '../../shared/transcripts/verify-report.ts';
import { proves } from '../requirements.ts';
import { eventEntry, intentEntry, testEndorsingKey } from '../unit/transcripts/scene.ts';
import { createBlobRecorder } from './blob-recorder.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

const container = 'transcripts-standard';
const never = new AbortController().signal;

let azurite: Azurite;
let proxy: LossyProxy;
let direct: BlobServiceClient;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.blobUrl).port));
  direct = BlobServiceClient.fromConnectionString(azurite.connectionString);
  await direct.getContainerClient(container).create();
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

let session = { id: '', server: 'crm', retention: 'standard' };
beforeEach(() => {
  session = { ...session, id: `k1-${randomBytes(16).toString('hex')}` };
});

/** A client whose responses can be lost; `maxTries`: of the SDK's own retry policy. */
function lossyService(maxTries: number): BlobServiceClient {
  const url = new URL(azurite.blobUrl);
  const connection = azurite.connectionString.replaceAll(`:${url.port}/`, `:${proxy.port}/`);
  return BlobServiceClient.fromConnectionString(connection, { retryOptions: { maxTries, retryDelayInMs: 10 } });
}

async function verify() {
  const reports: SegmentReport[] = [];
  const report = await verifyTranscripts({
    reader: createBlobTranscriptReader(direct),
    endorsingKey: testEndorsingKey,
    filter: { session: session.id },
    onSegment: (segment) => reports.push(segment),
  });
  return { ...report, reports };
}

async function recordedIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { name } of direct.getContainerClient(container).listBlobsFlat()) {
    if (!name.includes(`/${session.id}/`) || !name.endsWith('.jsonl')) continue;
    const text = (await direct.getContainerClient(container).getBlobClient(name).downloadToBuffer()).toString();
    ids.push(...[...text.matchAll(/"kind":"event","callId":"([^"]+)"/g)].map((match) => match[1] ?? ''));
  }
  return ids;
}

describe('transcripts in Blob Storage', () => {
  it(proves('verify.intact', 'are written and verify, side blobs too'), async () => {
    const recorder = createBlobRecorder(direct);
    await recorder.record(session, intentEntry('c-1'));
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        recorder.record(session, eventEntry(`e-${i}`, i === 7 ? 'x'.repeat(100_000) : { i })),
      ),
    );
    await recorder.close();
    expect(await recordedIds()).toEqual(Array.from({ length: 50 }, (_, i) => `e-${i}`));
    expect(await verify()).toMatchObject({
      state: 'intact',
      totals: { segments: 1, 'intact-closed': 1, sideBlobs: 1, lines: 56 },
    });
  });

  it('verify while their writer goes on', async () => {
    const recorder = createBlobRecorder(direct);
    await recorder.record(session, eventEntry('e-0'));
    const writing = (async () => {
      for (let i = 1; i < 60; i += 1) await recorder.record(session, eventEntry(`e-${i}`));
    })();
    for (let i = 0; i < 5; i += 1) {
      const { reports } = await verify();
      expect(reports[0]?.error).toBeUndefined();
      expect(reports[0]?.state).toBe('open-or-cut-off');
    }
    await writing;
    await recorder.close();
    expect((await verify()).reports[0]?.state).toBe('intact-closed');
  });

  it.each([
    { request: 'comp=appendblock', maxTries: 1 },
    { request: 'comp=appendblock', maxTries: 3 },
    { request: 'x-ms-blob-type: AppendBlob', maxTries: 1 },
    { request: 'x-ms-blob-type: AppendBlob', maxTries: 3 },
    { request: 'x-ms-blob-type: BlockBlob', maxTries: 1 },
    { request: 'x-ms-blob-type: BlockBlob', maxTries: 3 },
  ])(
    proves('transcript.lost-response', 'lose and double nothing when a response is lost ($request, $maxTries tries)'),
    async ({ request, maxTries }) => {
      const recorder = createBlobRecorder(lossyService(maxTries));
      const lostBefore = proxy.lost;
      proxy.loseNext(request);
      await recorder.record(session, eventEntry('e-1', 'x'.repeat(70_000)));
      await recorder.record(session, eventEntry('e-2'));
      expect(proxy.lost - lostBefore).toBe(1);
      await recorder.close();
      expect(await recordedIds()).toEqual(['e-1', 'e-2']);
      expect(await verify()).toMatchObject({ state: 'intact', totals: { segments: 1, 'intact-closed': 1 } });
    },
  );

  it(proves('transcript.deadline', 'reject a record in time when storage is gone'), async () => {
    const gone = await startLossyProxy(1);
    const service = BlobServiceClient.fromConnectionString(
      azurite.connectionString.replaceAll(`:${new URL(azurite.blobUrl).port}/`, `:${gone.port}/`),
    );
    const recorder = createBlobRecorder(service, { deadlineMs: 800 });
    const startedMs = performance.now();
    await expect(recorder.record(session, eventEntry('e'))).rejects.toThrow(NotRecorded);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    await gone.stop();
  });

  it('go on in a new segment when somebody else appends to one', async () => {
    const recorder = createBlobRecorder(direct);
    await recorder.record(session, eventEntry('e-1'));
    const [first] = (await verify()).reports;
    await direct
      .getContainerClient(container)
      .getAppendBlobClient(first?.segment ?? '')
      .appendBlock('{}\n', 3);
    await recorder.record(session, eventEntry('e-2'));
    await recorder.close();
    expect((await verify()).totals).toMatchObject({ segments: 2, tampered: 1, 'intact-closed': 1 });
    expect(await recordedIds()).toHaveLength(2);
  });
});

describe('the store', () => {
  const store = () => createBlobSegmentStore(direct);

  it('says what stands from a position on, and how long the blob is', async () => {
    const name = `crm/tail-${randomBytes(4).toString('hex')}`;
    expect(await store().readTail(container, name, 0, 10, never)).toBeUndefined();
    await store().create(container, name, never);
    await store().create(container, name, never);
    expect(await store().readTail(container, name, 0, 10, never)).toMatchObject({ blobBytes: 0 });
    await store().append(container, name, Buffer.from('hello'), 0, never);
    await expect(store().append(container, name, Buffer.from('again'), 0, never)).rejects.toThrow();
    const tail = await store().readTail(container, name, 1, 3, never);
    expect(tail?.blobBytes).toBe(5);
    expect(Buffer.from(tail?.bytes ?? []).toString()).toBe('ell');
    expect(await store().readTail(container, name, 5, 3, never)).toMatchObject({ blobBytes: 5 });
    expect(await store().readTail(container, name, 9, 3, never)).toMatchObject({ blobBytes: 5 });
  });

  it('puts a side blob once, and never over another', async () => {
    const name = `crm/side-${randomBytes(4).toString('hex')}`;
    await store().putSideBlob(container, name, Buffer.from('content'), never);
    await store().putSideBlob(container, name, Buffer.from('content'), never);
    await expect(store().putSideBlob(container, name, Buffer.from('another'), never)).rejects.toThrow();
    await expect(store().putSideBlob(container, name, Buffer.from('content and more'), never)).rejects.toThrow();
    expect((await direct.getContainerClient(container).getBlobClient(name).downloadToBuffer()).toString()).toBe(
      'content',
    );
  });

  it('does not make containers', async () => {
    await expect(store().create('transcripts-none', 'crm/x', never)).rejects.toThrow();
  });
});
