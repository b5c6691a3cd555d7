/** The approvals table over Azurite, through the real client: the contract, lost responses, and rows that others wrote. */
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import type { Approval } from '../../shared/approvals/approval.ts';
import { createApprovalsTable } from '../../shared/azure/approvals-table.ts';
import { proves } from '../requirements.ts';
import { makeApproval, makeDecision, makeOpenRow } from '../unit/approvals/approval-fixture.ts';
import { describeApprovalStore, etagOf } from '../unit/approvals/approval-store-contract.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let count = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

/** A table of its own for each test. */
function nextTable(): TableClient {
  count += 1;
  return client(azurite.connectionString);
}

function client(connectionString: string, maxRetries = 2): TableClient {
  return TableClient.fromConnectionString(connectionString, `approvals${count}`, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries, retryDelayInMs: 10 },
  });
}

/** The same table through the proxy. */
function lossyStore(maxRetries: number) {
  const { port } = new URL(azurite.tableUrl);
  return createApprovalsTable(client(azurite.connectionString.replaceAll(`:${port}/`, `:${proxy.port}/`), maxRetries));
}

describeApprovalStore('the approvals table', () => createApprovalsTable(nextTable()));

describe('a lost response', () => {
  const approval = makeApproval();

  /** Runs a write whose first response is lost; `rejected` where the SDK does not try again. */
  async function losing(request: string, write: () => Promise<unknown>): Promise<unknown> {
    const before = proxy.lost;
    proxy.loseNext(request);
    const answer = await write().catch(() => 'rejected');
    expect(proxy.lost - before).toBe(1);
    return answer;
  }

  /** The SDK's own retry meets the write that it does not know of. */
  const outcomes = [
    { maxRetries: 0, outcome: 'rejected' },
    { maxRetries: 2, outcome: { kind: 'conflict' } },
  ];

  it.each(outcomes)(
    proves('approvals.lost-response', 'to a batch leaves head and request ($maxRetries retries)'),
    async ({ maxRetries, outcome }) => {
      const store = createApprovalsTable(nextTable());
      await store.putOpen(makeOpenRow(approval));
      expect(await losing('$batch', () => lossyStore(maxRetries).open(approval, undefined))).toEqual(outcome);
      expect(await store.readHead(approval.fingerprint)).toMatchObject({ approval: approval.id });
      expect((await store.read(approval.id))?.approval.attempt).toBe(approval.attempt);
    },
  );

  it.each(outcomes)(
    proves('approvals.lost-response', 'to a change leaves the change, by its attempt ($maxRetries retries)'),
    async ({ maxRetries, outcome }) => {
      const store = createApprovalsTable(nextTable());
      const etag = etagOf(await store.open(approval, undefined));
      const changed: Approval = { ...approval, state: 'approved', attempt: 'attempt-1' };
      expect(await losing('PUT ', () => lossyStore(maxRetries).replace(changed, etag))).toEqual(outcome);
      expect((await store.read(approval.id))?.approval).toEqual(changed);
    },
  );

  it.each(outcomes)(
    proves('approvals.lost-response', 'to a decision leaves the decision ($maxRetries retries)'),
    async ({ maxRetries, outcome }) => {
      const store = createApprovalsTable(nextTable());
      await store.open(approval, undefined);
      const decision = makeDecision(approval);
      expect(await losing('POST ', () => lossyStore(maxRetries).insertDecision(decision))).toEqual(outcome);
      expect(await store.listDecisions(approval.id)).toEqual({ decisions: [decision], unreadable: 0 });
    },
  );

  it('to a row of the index, put or removed, changes nothing for who wrote it', async () => {
    const store = createApprovalsTable(nextTable());
    const row = makeOpenRow(approval);
    await store.putOpen({ ...row, state: 'approved' });
    expect(await losing('PUT ', () => lossyStore(2).putOpen(row))).toBeUndefined();
    expect(await Array.fromAsync(store.listOpen())).toEqual([row]);
    expect(await losing('DELETE ', () => lossyStore(2).removeOpen(approval.id))).toBeUndefined();
    expect(await Array.fromAsync(store.listOpen())).toEqual([]);
  });
});

describe('what somebody else wrote to the table', () => {
  const approval = makeApproval({ preview: 'not for a log' });
  const { fingerprint } = approval;
  const request = { partitionKey: fingerprint, rowKey: 'request-0000001' };

  async function prepare() {
    const table = nextTable();
    const store = createApprovalsTable(table);
    await store.open(approval, undefined);
    return { table, store };
  }

  it.each([
    { what: 'a state that there is not', change: { state: 'not for a log' }, wrong: 'state' },
    { what: 'a time in other words', change: { expires: 'tomorrow' }, wrong: 'expiresMs' },
    { what: 'a number for text', change: { tool: 7 }, wrong: 'tool' },
    { what: 'no JSON', change: { requester: '{not for a log' }, wrong: 'requester' },
    { what: 'JSON of another shape', change: { session: '{"id":"not for a log"}' }, wrong: 'session.server' },
    { what: 'another’s id', change: { id: makeApproval({ number: 2 }).id }, wrong: 'id' },
  ])(
    proves('approvals.foreign-row', 'is refused as a request, by member and without content: $what'),
    async ({ change, wrong }) => {
      const { table, store } = await prepare();
      await table.updateEntity({ ...request, ...change }, 'Merge');
      const error: unknown = await store.read(approval.id).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'ForeignRow', message: expect.stringMatching(`shape: ${wrong}`) });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('not for a log');
    },
  );

  it(proves('approvals.foreign-row', 'is refused as a head when it points to another partition'), async () => {
    const { table, store } = await prepare();
    const head = { partitionKey: fingerprint, rowKey: 'head', generation: 1 };
    await table.upsertEntity({ ...head, approval: makeApproval({ number: 2 }).id }, 'Replace');
    await expect(store.readHead(fingerprint)).rejects.toThrow('holds a head of another shape: approval');
    await table.upsertEntity({ ...head, generation: 2, approval: approval.id }, 'Replace');
    await expect(store.readHead(fingerprint)).rejects.toThrow('holds a head of another shape: approval');
  });

  it(proves('approvals.foreign-row', 'is no request when it was copied from another approval'), async () => {
    const { table, store } = await prepare();
    const copy = await table.getEntity(request.partitionKey, request.rowKey);
    await table.createEntity({ ...copy, partitionKey: fingerprint, rowKey: 'request-0000002' });
    await expect(store.read(makeApproval({ generation: 2 }).id)).rejects.toThrow('of another shape: id');
  });

  it(
    proves('approvals.foreign-row', 'counts as unreadable among decisions, and hides none of the others'),
    async () => {
      const { table, store } = await prepare();
      const [mine, other] = [makeDecision(approval), makeDecision(makeApproval({ number: 2 }))];
      await Promise.all([store.insertDecision(mine), store.insertDecision(other)]);
      const copy = await table.getEntity(
        makeApproval({ number: 2 }).fingerprint,
        `decision-0000001-a0a0a0a0a0a0-${other.id}`,
      );
      const rowKey = (id: string) => `decision-0000001-a0a0a0a0a0a0-${id}`;
      await table.createEntity({ ...copy, partitionKey: fingerprint, rowKey: rowKey('ffffffffffffffff') });
      await table.createEntity({ partitionKey: fingerprint, rowKey: rowKey('0'), verdict: 'approve' });
      expect(await store.listDecisions(approval.id)).toEqual({ decisions: [mine], unreadable: 2 });
    },
  );

  it(proves('approvals.foreign-row', 'still names its approval in the index where its key does'), async () => {
    const { table, store } = await prepare();
    await table.createEntity({ partitionKey: 'open', rowKey: approval.id, code: 'K7Q2', state: 'odd' });
    await table.createEntity({ partitionKey: 'open', rowKey: 'odd' });
    const { timestamp = '' } = await table.getEntity('open', approval.id);
    const writtenMs = Date.parse(timestamp);
    expect(await Array.fromAsync(store.listOpen())).toEqual([
      {
        approval: approval.id,
        code: '',
        server: '',
        tool: '',
        requester: { kind: 'user', id: '' },
        state: 'unknown',
        needsAttention: true,
        createdMs: writtenMs,
        expiresMs: writtenMs,
      },
    ]);
    const row = makeOpenRow(approval);
    await store.putOpen(row);
    expect(await Array.fromAsync(store.listOpen())).toEqual([row]);
  });

  it('is read past a column that only a newer version writes', async () => {
    const { table, store } = await prepare();
    await table.updateEntity({ ...request, newer: 'column' }, 'Merge');
    expect((await store.read(approval.id))?.approval).toEqual(approval);
  });
});

describe('a row', () => {
  it('is for people to read: times in words, what is nested as JSON', async () => {
    const table = nextTable();
    const approval = makeApproval();
    await createApprovalsTable(table).open(approval, undefined);
    expect(await table.getEntity(approval.fingerprint, 'head')).toMatchObject({ generation: 1, approval: approval.id });
    expect(await table.getEntity(approval.fingerprint, 'request-0000001')).toMatchObject({
      created: '2026-11-22T12:00:00.000Z',
      expires: '2026-11-22T13:00:00.000Z',
      quorums: '["finance"]',
      state: 'pending',
    });
  });

  it('is not written when a column can’t hold it, and the error says which', async () => {
    const store = createApprovalsTable(nextTable());
    const longest = makeApproval({ preview: 'x'.repeat(32_766) });
    await store.open(longest, undefined);
    expect((await store.read(longest.id))?.approval).toEqual(longest);
    const longer = makeApproval({ number: 2, preview: 'x'.repeat(32_767) });
    await expect(store.open(longer, undefined)).rejects.toThrow('preview is longer than the 32768 characters');
    const broken = makeApproval({ number: 3, tool: '\ud83d' });
    await expect(store.open(broken, undefined)).rejects.toThrow('tool holds half a surrogate pair');
    const timeless = makeApproval({ number: 4, expiresMs: Number.NaN });
    await expect(store.open(timeless, undefined)).rejects.toThrow('expiresMs');
  });
});
