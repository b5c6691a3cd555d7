/** The drift table over Azurite, through the real client, with two instances of the watch on it. */
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { createDriftTable } from '../../shared/azure/drift-table.ts';
import type { DriftNote } from '../../shared/drift/drift-store.ts';
import { proves } from '../requirements.ts';
import { createWorld, DRIFTED, REFUND } from '../unit/drift/drift-fixture.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let count = 0;
let table: TableClient;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

beforeEach(() => {
  count += 1;
  table = client(azurite.connectionString);
});

function client(connectionString: string): TableClient {
  return TableClient.fromConnectionString(connectionString, `drift${count}`, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 2, retryDelayInMs: 10 },
  });
}

const digest = (digit: string): string => digit.repeat(64);

function note(tool: string, more: Partial<DriftNote> = {}): DriftNote {
  const times = { firstSeenMs: Date.UTC(2026, 10, 22), lastSeenMs: Date.UTC(2026, 10, 23, 1, 2, 3, 4) };
  return { server: 'crm', tool, pinned: digest('a'), seen: digest('b'), ...times, ...more };
}

describe('the drift table', () => {
  it('reads as empty before it is there, and is made by the first note', async () => {
    const store = createDriftTable(table);
    expect(await store.list()).toEqual([]);
    await store.upsert(note('refund'));
    expect(await store.list()).toEqual([note('refund')]);
  });

  it('gives back every note as it was, whatever the tool is called and however large the definition may be', async () => {
    const store = createDriftTable(table);
    const notes = [
      note('a/b\\c?d#e%\u0001\t', { definition: '{}' }),
      note('Refund'),
      note('refund', { definition: 'é'.repeat(16_384) }),
      note('界'.repeat(128)),
      note('😀'.repeat(64), { server: 'other' }),
    ];
    await Promise.all(notes.map((one) => store.upsert(one)));
    const byName = (some: readonly DriftNote[]) => some.toSorted((a, b) => (a.tool < b.tool ? -1 : 1));
    expect(byName(await store.list())).toEqual(byName(notes));
  });

  it('replaces a note whole: what the last one does not say is gone', async () => {
    const store = createDriftTable(table);
    await store.upsert(note('refund', { definition: '{}' }));
    const { seen: _, ...unseen } = note('refund', { lastSeenMs: Date.UTC(2026, 10, 24) });
    await store.upsert(unseen);
    expect(await store.list()).toEqual([unseen]);
  });

  it('takes a row of another shape for a tool that drifted', async () => {
    const store = createDriftTable(table);
    await store.upsert(note('refund'));
    const rowKey = Buffer.from('refund').toString('base64url');
    await table.upsertEntity({ partitionKey: 'crm', rowKey, seen: 7, lastSeen: 'soon' }, 'Replace');
    expect(await store.list()).toEqual([{ server: 'crm', tool: 'refund', pinned: '', firstSeenMs: 0, lastSeenMs: 0 }]);
  });

  it(proves('drift.shared', 'carries a quarantine from one instance to the other, and its end back'), async () => {
    const shared = createDriftTable(table);
    const world = createWorld();
    const [one, other] = [world.start({ store: shared }), world.start({ store: shared })];
    await Promise.all([one.load(), other.load()]);
    one.mayShow('crm', DRIFTED);
    await one.close();
    await other.poll();
    await expect.poll(() => other.mayCall('crm', 'refund')).toBe(false);
    world.clock.nowMs += 1;
    other.mayShow('crm', REFUND);
    await other.close();
    const late = world.start({ store: shared });
    await late.load();
    expect(late.mayCall('crm', 'refund')).toBe(true);
  });

  it(proves('drift.shared', 'holds one note after a response was lost and the client sent it again'), async () => {
    await table.createTable();
    const url = new URL(azurite.tableUrl);
    const store = createDriftTable(client(azurite.connectionString.replaceAll(`:${url.port}/`, `:${proxy.port}/`)));
    proxy.loseNext('PATCH ');
    proxy.loseNext('PUT ');
    await store.upsert(note('refund'));
    expect(proxy.lost).toBe(1);
    expect(await createDriftTable(table).list()).toEqual([note('refund')]);
  });
});
