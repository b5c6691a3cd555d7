/** The blocks table over Azurite, through the real client, with instances on it. */
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { createBlocksTable } from '../../shared/azure/blocks-table.ts';
import { type Block, type BlockStore, textOf } from '../../shared/identity/blocks/block.ts';
import { proves } from '../requirements.ts';
import { ALICE, ASSISTANT, alice, BOB, blockOf, bob, createWorld } from '../unit/identity/blocks/blocks-fixture.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let count = 0;
let table: TableClient;
let store: BlockStore;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

beforeEach(async () => {
  count += 1;
  table = client(azurite.connectionString);
  store = createBlocksTable(table);
  await table.createTable();
});

function client(connectionString: string): TableClient {
  return TableClient.fromConnectionString(connectionString, `blocks${count}`, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 2, retryDelayInMs: 10 },
  });
}

const sorted = (blocks: readonly Block[]) => blocks.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));

describe('the blocks table', () => {
  it(proves('blocks.stale', 'cannot be read once it is gone: nobody is let in by that'), async () => {
    const { start, clock } = createWorld();
    const instance = start(store);
    await store.put(blockOf());
    await instance.load();
    await table.deleteTable();
    clock.ms += 10_001;
    expect([await instance.ask(alice), await instance.ask(bob)]).toEqual(['blocks-unknown', 'blocks-unknown']);
    await expect(store.put(blockOf())).rejects.toThrow();
    await expect(start(store).load()).rejects.toThrow();
  });

  it('gives every block back as it was', async () => {
    expect(await store.list()).toEqual([]);
    const createdMs = Date.UTC(2026, 10, 22, 1, 2, 3, 4);
    const blocks = [
      blockOf({ createdMs }),
      blockOf({ createdMs, server: 'crm', untilMs: createdMs + 7_200_000 }),
      blockOf({ kind: 'agent', value: ASSISTANT, reason: 'ließ sich überreden ☹' }),
      blockOf({ kind: 'token', value: `a/b\\c?d#e%+${'x'.repeat(116)}`, by: { id: BOB } }),
      blockOf({ kind: 'session', value: `k1-${'0'.repeat(32)}` }),
    ];
    await store.put(blockOf({ createdMs }));
    await Promise.all(blocks.slice(1).map((block) => store.put(block)));
    expect(sorted(await store.list())).toEqual(sorted(blocks));
  });

  it('holds one block for each key, replaced whole, and removing it twice is as good as once', async () => {
    await store.put(blockOf({ untilMs: 1 }));
    await store.put(blockOf({ reason: 'again' }));
    expect(await store.list()).toEqual([blockOf({ reason: 'again' })]);
    await store.remove({ kind: 'principal', value: ALICE, server: 'crm' });
    expect(await store.list()).toHaveLength(1);
    await store.remove({ kind: 'principal', value: ALICE });
    await store.remove({ kind: 'principal', value: ALICE });
    expect(await store.list()).toEqual([]);
  });

  it(proves('blocks.poll', 'carries a block from one instance to the other, and its end back'), async () => {
    const { start } = createWorld();
    const [one, other] = [start(store), start(createBlocksTable(client(azurite.connectionString)))];
    await Promise.all([one.load(), other.load()]);
    await one.add(blockOf());
    await other.poll();
    await expect.poll(() => other.ask(alice)).toBe('blocked');
    await other.remove(blockOf());
    await one.poll();
    await expect.poll(() => one.ask(alice)).toBe('free');
    one.close();
    other.close();
  });

  it('holds one block after a response was lost and the client sent it again, and none after it was removed so', async () => {
    const { port } = new URL(azurite.tableUrl);
    const lossy = createBlocksTable(client(azurite.connectionString.replaceAll(`:${port}/`, `:${proxy.port}/`)));
    proxy.loseNext('PATCH ');
    proxy.loseNext('PUT ');
    await lossy.put(blockOf());
    expect(await store.list()).toEqual([blockOf()]);
    proxy.loseNext('DELETE ');
    await lossy.remove(blockOf());
    expect(await store.list()).toEqual([]);
    expect(proxy.lost).toBe(2);
  });

  const columns = { value: ALICE, reason: 'r', byId: BOB, created: '2026-11-22T12:00:00.000Z' };

  it.each([
    ['of a kind that is not known', { partitionKey: 'device', rowKey: 'x', ...columns }],
    ['without a value', { partitionKey: 'principal', rowKey: 'x', ...columns, value: '' }],
    ['under another’s key', { partitionKey: 'principal', rowKey: 'x', ...columns }],
    ['of a server that can be none', { partitionKey: 'principal', rowKey: 'x', ...columns, server: '../crm' }],
    ['with an end that is no time', { partitionKey: 'principal', rowKey: 'x', ...columns, until: 'tomorrow' }],
  ])(proves('blocks.stale', 'cannot be read while one row is %s: nobody is let in by it'), async (_, row) => {
    const { start, clock } = createWorld();
    const instance = start(store);
    await store.put(blockOf());
    await instance.load();
    await table.upsertEntity(row, 'Replace');
    await expect(store.list()).rejects.toThrow(`row ${row.partitionKey}/${row.rowKey} of table blocks`);
    clock.ms += 10_001;
    expect([await instance.ask(alice), await instance.ask(bob)]).toEqual(['blocks-unknown', 'blocks-unknown']);
    await table.deleteEntity(row.partitionKey, row.rowKey);
    expect([await instance.ask(alice), await instance.ask(bob)]).toEqual(['blocked', 'free']);
  });
});
