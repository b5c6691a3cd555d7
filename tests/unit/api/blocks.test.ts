/** `/api/blocks` over the real administration and blocks in memory; who may administer is told by a group. */
import { describe, expect, it } from 'vitest';
import { createApi } from '../../../shared/api/create-api.ts';
import { blockRoutes } from '../../../shared/api/routes/blocks.ts';
import { type BlockNote, createBlockAdministration } from '../../../shared/identity/blocks/administer-blocks.ts';
import { ok } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';
import { ALICE, alice, blockOf, createWorld, EPOCH_MS } from '../identity/blocks/blocks-fixture.ts';
import { bob } from './api-scene.ts';

async function createScene({ recordFails = false } = {}) {
  const { store, start } = createWorld();
  const instance = start();
  await instance.load();
  const notes: BlockNote[] = [];
  const nowMs = (): number => EPOCH_MS;
  const administration = createBlockAdministration({
    blocks: instance,
    record: async (note) => {
      if (recordFails) throw new Error('not durable');
      notes.push(note);
    },
    note: async (note) => void notes.push(note),
    nowMs,
  });
  const mayAdminister = ({ groups }: { readonly groups: readonly string[] }) => groups.includes('administrators');
  const log = (): void => undefined;
  const api = createApi({
    version: '0',
    routes: [blockRoutes({ administration, mayAdminister, servers: new Set(['crm']), nowMs, log })],
    authenticate: async (authorization) => ok({ ...bob, groups: [authorization ?? ''] }),
    resolveGroups: async ({ groups }) => ok(groups === 'overage' ? [] : groups),
    checkBlocks: async () => ok(undefined),
    takePlace: () => ok({ leave: () => undefined }),
    noteRefusal: async () => undefined,
    clientAddress: () => '203.0.113.7',
    deadline: () => new AbortController().signal,
    log,
  });
  const ask = async (method: string, path: string, body?: unknown, group = 'administrators') => {
    const answered = await api({
      method,
      url: `https://gateway.example.com${path}`,
      headers: new Headers({ authorization: group, 'content-type': 'application/json' }),
      params: {},
      body: body === undefined ? null : new Blob([JSON.stringify(body)]).stream(),
      signal: new AbortController().signal,
    });
    return { status: answered.status, headers: answered.headers, body: JSON.parse(String(answered.body)) };
  };
  return { store, instance, notes, ask };
}

const order = { kind: 'principal', value: ALICE, reason: 'phone lost' };
const query = `/api/blocks?kind=principal&value=${ALICE}`;

describe('/api/blocks', () => {
  it(proves('blocks.api', 'blocks at once, lists, and lets in again'), async () => {
    const { ask, instance } = await createScene();
    const added = await ask('POST', '/api/blocks', { ...order, value: ALICE.toUpperCase(), forSeconds: 7_200 });
    const block = {
      kind: 'principal',
      value: ALICE,
      reason: 'phone lost',
      by: { id: bob.principal.id, name: 'bob' },
      createdAt: '2026-11-22T12:00:00.000Z',
      until: '2026-11-22T14:00:00.000Z',
      ended: false,
    };
    expect(added).toMatchObject({ status: 201, body: block });
    expect(await instance.ask(alice)).toBe('blocked');
    expect(await ask('GET', '/api/blocks')).toMatchObject({ status: 200, body: { blocks: [block] } });
    expect(await ask('DELETE', query)).toMatchObject({ status: 200, body: block });
    expect(await instance.ask(alice)).toBe('free');
    expect(await ask('DELETE', query)).toMatchObject({ status: 404, body: { error: { code: 'not-found' } } });
    expect(await ask('GET', '/api/blocks')).toMatchObject({ status: 200, body: { blocks: [] } });
  });

  it('lists what has ended as that', async () => {
    const { ask, store } = await createScene();
    await store.put(blockOf({ untilMs: EPOCH_MS }));
    expect((await ask('GET', '/api/blocks')).body.blocks).toMatchObject([{ ended: true }]);
  });

  it.each([
    ['GET', '/api/blocks', undefined],
    ['POST', '/api/blocks', order],
    ['DELETE', query, undefined],
  ])(
    proves('blocks.api', 'refuses %s %s to who may not administer, records it, changes nothing'),
    async (method, path, body) => {
      const { ask, store, notes } = await createScene();
      await store.put(blockOf());
      const refused = await ask(method, path, body, 'support');
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'not-allowed' } } });
      expect(notes).toMatchObject([
        { action: 'block-refused', by: { principal: { name: 'bob' }, address: '203.0.113.7', channel: 'api' } },
      ]);
      expect([...store.rows.values()]).toEqual([blockOf()]);
    },
  );

  it.each([
    ['no reason', { ...order, reason: ' ' }],
    ['a reason without end', { ...order, reason: 'x'.repeat(501) }],
    ['a name for an id', { ...order, value: 'alice' }],
    ['a server that is not there', { ...order, server: 'crn' }],
    ['a server with an agent', { ...order, kind: 'agent', server: 'crm' }],
    ['a kind that is none', { ...order, kind: 'device' }],
    ['no time at all', { ...order, forSeconds: 0 }],
    ['a key that is not known', { ...order, until: '2027-01-01T00:00:00Z' }],
  ])(proves('blocks.api', 'refuses %s: a block that seems to stand would keep nobody out'), async (_, body) => {
    const { ask, store, notes } = await createScene();
    expect((await ask('POST', '/api/blocks', body)).status).toBe(400);
    expect([store.rows.size, notes.length]).toEqual([0, 0]);
  });

  it.each([
    ['the administrator', { kind: 'principal', value: bob.principal.id }],
    ['the app through which they ask', { kind: 'agent', value: bob.agent.id }],
    ['the token with which they ask', { kind: 'token', value: bob.tokenId }],
  ])(proves('blocks.api', 'refuses a block on %s: they could not undo it'), async (_, key) => {
    const { ask, store } = await createScene();
    const refused = await ask('POST', '/api/blocks', { ...key, reason: 'r' });
    expect([refused.status, refused.body.error.code, store.rows.size]).toEqual([409, 'yourself', 0]);
  });

  it('says 503 with nothing changed, or with nobody knowing, as it is', async () => {
    const unrecorded = await createScene({ recordFails: true });
    const notDone = await unrecorded.ask('POST', '/api/blocks', order);
    expect([notDone.status, notDone.body.error.code]).toEqual([503, 'unavailable']);
    const { ask, store } = await createScene();
    store.loseNextResponse = true;
    const notKnown = await ask('POST', '/api/blocks', order);
    expect([notKnown.status, notKnown.body.error.code]).toEqual([503, 'not-known']);
    store.isDown = true;
    expect((await ask('GET', '/api/blocks')).status).toBe(503);
    expect((await ask('DELETE', query)).headers['retry-after']).toBe('5');
  });
});
