/** The table of sessions over Azurite, through the real client: the same rows as in memory, lists by time, lost responses. */
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryIndex } from '../../infra/cli/replay/memory-index.ts';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { createSessionIndexTable } from '../../shared/azure/session-index-table.ts';
import { createSessionIndexer } from '../../shared/sessions/create-session-indexer.ts';
import { indexTranscripts, rebuildIndex } from '../../shared/sessions/rebuild-index.ts';
import { foldLines, type SessionSummary } from '../../shared/sessions/session-summary.ts';
import { parseSegmentName } from '../../shared/transcripts/layout.ts';
import type { VerifiedBatch } from '../../shared/transcripts/seals/verified-sink.ts';
import { proves } from '../requirements.ts';
import { dumpIndex } from '../unit/sessions/dump-index.ts';
import { readSegments, recordSessions } from '../unit/sessions/recorded-sessions.ts';
import { CONTAINER, intent, linesIn, SESSION, START_MS, segment } from '../unit/sessions/story-lines.ts';
import type { MemoryStore } from '../unit/transcripts/memory-store.ts';
import { testEndorsingKey } from '../unit/transcripts/scene.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let store: MemoryStore;
let count = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
  store = await recordSessions();
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

beforeEach(() => {
  count += 1;
});

function index(maxRetries = 2, connectionString = azurite.connectionString) {
  const table = TableClient.fromConnectionString(connectionString, `sessions${count}`, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries, retryDelayInMs: 10 },
  });
  return createSessionIndexTable(table);
}

function lossyIndex(maxRetries: number) {
  const { port } = new URL(azurite.tableUrl);
  return index(maxRetries, azurite.connectionString.replaceAll(`:${port}/`, `:${proxy.port}/`));
}

async function batches(): Promise<VerifiedBatch[]> {
  const segments = await readSegments(store);
  return segments.flatMap(({ container, name, batches: read }) => {
    const parts = parseSegmentName(name);
    const lines = read.flat();
    if (!parts) return [];
    const { session, server } = parts;
    return [{ container, segment: name, session, server, fromLine: 0, toLine: lines.length, lines, sealedThrough: 0 }];
  });
}

async function inMemory() {
  const memory = createMemoryIndex();
  await indexTranscripts({ index: memory, reader: store, endorsingKey: testEndorsingKey });
  return dumpIndex(memory);
}

describe('the table of sessions', () => {
  it(
    proves('sessions.index-rebuilt', 'has the rows that a rebuild from the blobs makes, in memory or in place'),
    async () => {
      const table = index();
      const ports = { index: table, reader: store, endorsingKey: testEndorsingKey };
      const sealer = createSessionIndexer(ports);
      await Promise.all((await batches()).map((batch) => sealer.take(batch)));
      const rows = await dumpIndex(table);
      expect(rows).toEqual(await inMemory());
      await rebuildIndex({ ...ports, servers: ['crm', '_gateway'] });
      expect(await dumpIndex(table)).toEqual(rows);
    },
  );

  it('two processes that index the same records count them once', async () => {
    const ports = { reader: store, endorsingKey: testEndorsingKey };
    const sealers = [0, 1].map(() => createSessionIndexer({ ...ports, index: index() }));
    const given = await batches();
    await Promise.all(sealers.map((sealer) => Promise.all(given.map((batch) => sealer.take(batch)))));
    expect(await dumpIndex(index())).toEqual(await inMemory());
  });

  it.each([0, 2])('a batch whose response is lost is counted once (%i retries of the SDK)', async (maxRetries) => {
    const [batch] = await batches();
    if (!batch) throw new Error('nothing was recorded');
    const table = lossyIndex(maxRetries);
    const sealer = createSessionIndexer({ index: table, reader: store, endorsingKey: testEndorsingKey });
    const half = Math.floor(batch.toLine / 2);
    await sealer.take({ ...batch, toLine: half, lines: batch.lines.slice(0, half) });
    const before = proxy.lost;
    proxy.loseNext('POST /devstoreaccount1/$batch');
    await sealer.take({ ...batch, fromLine: half, lines: batch.lines.slice(half) });
    expect(proxy.lost).toBe(before + 1);
    const session = { id: batch.session, server: batch.server, retention: 'standard' };
    expect((await table.read(batch.server, batch.session))?.summary).toEqual(
      foldLines(undefined, session, batch.lines),
    );
  });

  it('lists newest first, by range, and goes on after the last', async () => {
    const table = index();
    const at = (hour: number) => START_MS + hour * 3_600_000;
    for (const hour of [3, 1, 4, 2, 0]) {
      const id = `k1-${String(hour).repeat(32)}`;
      const lines = linesIn(segment('a', 1, id), [intent('x')], at(hour));
      const summary = foldLines(undefined, { id, server: 'crm', retention: 'standard' }, lines);
      await table.write(
        { server: 'crm', id },
        summary,
        { container: CONTAINER, segment: segment('a', 1, id), lines: 2 },
        undefined,
      );
    }
    const hours = async (range: Parameters<typeof table.list>[1]) =>
      (await Array.fromAsync(table.list('crm', range))).map((summary: SessionSummary) => summary.id.charAt(3));
    expect(await hours({})).toEqual(['4', '3', '2', '1', '0']);
    expect(await hours({ sinceMs: at(1), untilMs: at(3) })).toEqual(['3', '2', '1']);
    expect(await hours({ sinceMs: at(1) + 1 })).toEqual(['4', '3', '2']);
    expect(await hours({ after: { lastMs: at(3), id: `k1-${'3'.repeat(32)}` } })).toEqual(['2', '1', '0']);
    expect(await Array.fromAsync(table.list('other', {}))).toEqual([]);
    // A newer record moves it.
    const id = `k1-${'0'.repeat(32)}`;
    const known = await table.read('crm', id);
    const summary = foldLines(
      known?.summary,
      { id, server: 'crm', retention: 'standard' },
      linesIn(segment('b', 1, id), [intent('y')], at(9)),
    );
    await table.write(
      { server: 'crm', id },
      summary,
      { container: CONTAINER, segment: segment('b', 1, id), lines: 2 },
      known,
    );
    expect(await hours({})).toEqual(['0', '4', '3', '2', '1']);
    expect(await table.listPositions('crm', id)).toHaveLength(2);
    expect(
      await table.write(
        { server: 'crm', id },
        summary,
        { container: CONTAINER, segment: segment('c', 1, id), lines: 2 },
        known,
      ),
    ).toEqual({ kind: 'conflict' });
  });

  it('a table that is not there reads as empty', async () => {
    const table = index();
    expect(await table.read('crm', SESSION)).toBeUndefined();
    expect(await table.listPositions('crm', SESSION)).toEqual([]);
    await table.reset('crm');
    expect(await Array.fromAsync(table.list('crm', {}))).toEqual([]);
  });
});
