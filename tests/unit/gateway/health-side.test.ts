/** How the gateway says it is: each dependency failing once, hanging once, and no more told than its name. */
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { createMemoryIndex } from '../../../infra/cli/replay/memory-index.ts';
import { createHealth, type HealthPorts } from '../../../shared/gateway/health-side.ts';
import { err, ok } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';
import { createMemoryApprovalStore } from '../approvals/memory-approval-store.ts';
import { createMemorySealedBlobs } from '../approvals/memory-sealed-blobs.ts';
import { createScene } from '../approvals/scene.ts';
import { createMemoryDriftStore } from '../drift/memory-drift-store.ts';
import { createMemoryBlockStore } from '../identity/blocks/memory-block-store.ts';
import { createMemoryTable } from '../keys/memory-vault.ts';
import { createMemoryRateStore } from '../limits/memory-rate-store.ts';
import { eventEntry, session, testEndorsingKey } from '../transcripts/scene.ts';
import { createSealScene } from '../transcripts/seals/seal-scene.ts';

const FAILURE = new Error('the service said: AccountKey=hunter2');
const MINUTE_MS = 60_000;
const asker = { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b4', guest: false } as const;

const { configs } = await createScene();
const sealed = createSealScene();
await sealed.seal();
const SEALED_MS = Date.parse('2026-11-22T12:00:00.000Z');
const { publicKey } = await generateKeyPair('RS256', { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'RS256' }] };

/** Everything is well, three minutes after the last seal; `more` in place of some of it. */
function createWorld(more: Partial<HealthPorts> = {}) {
  const logged: unknown[] = [];
  const asked: unknown[] = [];
  const blocks = { ageMs: 2_400, isFresh: true };
  const circuits = new Map<string, 'closed' | 'open'>();
  const ports: HealthPorts = {
    transcripts: sealed.store,
    endorsingKey: testEndorsingKey,
    keyringStore: createMemoryTable(),
    blockStore: createMemoryBlockStore(),
    driftStore: createMemoryDriftStore(),
    rateStore: createMemoryRateStore(),
    approvalStore: createMemoryApprovalStore(),
    sessionIndex: createMemoryIndex(),
    sealedBlobs: createMemorySealedBlobs(),
    reach: { sealKey: async () => undefined, queues: async () => undefined },
    groups: {
      async findMemberships(...question) {
        asked.push(question);
        return ok([]);
      },
    },
    entra: { tenantId: '', clientId: '', v1Issuer: '', v2Issuer: '', keysUrl: 'https://login.example/keys' },
    fetch: async () => Response.json(jwks),
    nowMs: () => SEALED_MS + 3 * MINUTE_MS,
    monotonicMs: () => 0,
    deadline: () => new AbortController().signal,
    log: (_level, event, facts, cause) => logged.push([event, facts, cause]),
    ...more,
  };
  const parts = { config: configs.freely.asPinned, blocks: { age: () => blocks } };
  return { check: createHealth(parts, ports, { circuits: () => circuits }), ports, logged, asked, blocks, circuits };
}

const fails = async () => {
  throw FAILURE;
};

/** Each with one port that rejects. */
const FAILURES: readonly (readonly [string, (ports: HealthPorts) => Partial<HealthPorts>])[] = [
  ['sealed-store', ({ sealedBlobs }) => ({ sealedBlobs: { ...sealedBlobs, get: fails } })],
  ['table-keyring', ({ keyringStore }) => ({ keyringStore: { ...keyringStore, list: fails } })],
  ['table-blocks', ({ blockStore }) => ({ blockStore: { ...blockStore, list: fails } })],
  ['table-drift', ({ driftStore }) => ({ driftStore: { ...driftStore, list: fails } })],
  ['table-limits', ({ rateStore }) => ({ rateStore: { ...rateStore, list: fails } })],
  ['table-approvals', ({ approvalStore }) => ({ approvalStore: { ...approvalStore, readHead: fails } })],
  ['table-sessions', ({ sessionIndex }) => ({ sessionIndex: { ...sessionIndex, read: fails } })],
  ['key-vault', ({ reach }) => ({ reach: { ...reach, sealKey: fails } })],
  ['service-bus', ({ reach }) => ({ reach: { ...reach, queues: fails } })],
  ['graph', () => ({ groups: { findMemberships: async () => err({ reason: 'groups-unavailable', cause: FAILURE }) } })],
  ['entra-keys', () => ({ fetch: fails })],
];

describe('the gateway’s health', () => {
  it(
    proves('health.dependencies', 'is ok when everything answers, the last seal is young and nothing is open'),
    async () => {
      const { check, asked, logged } = createWorld();
      const report = await check(asker);
      expect(report).toMatchObject({
        status: 'ok',
        checkedAt: '2026-11-22T12:03:00.000Z',
        seal: { state: 'ok', number: 1, ageSeconds: 180 },
        blocks: { state: 'ok', ageSeconds: 2 },
        upstreams: [
          { server: 'crm', circuit: 'closed' },
          { server: 'erp', circuit: 'closed' },
        ],
      });
      const names = report.dependencies.map(({ name, status, ms }) => [name, status, ms]);
      expect(names).toEqual(['transcripts', ...FAILURES.map(([name]) => name)].map((name) => [name, 'ok', 0]));
      expect(asked).toEqual([[asker, ['5a11e000-0000-4000-8000-0000000000a1']]]);
      expect(logged).toEqual([]);
    },
  );

  it.each(FAILURES)(
    proves('health.dependencies', 'names %s alone when it fails; what it said goes to the log only'),
    async (name, breakIt) => {
      const { check, logged } = createWorld(breakIt(createWorld().ports));
      const report = await check(asker);
      expect(report.status).toBe('degraded');
      expect(report.dependencies.filter(({ status }) => status === 'fail')).toEqual([{ name, status: 'fail', ms: 0 }]);
      expect(JSON.stringify(report)).not.toContain('hunter2');
      expect(logged).toMatchObject([['dependency-failed', { dependency: name }, expect.any(Error)]]);
    },
  );

  it(proves('health.dependencies', 'says that neither transcripts nor the last seal can be read'), async () => {
    const transcripts = {
      ...sealed.store,
      containers: () => rejecting(),
      blobs: () => rejecting(),
      folders: rejecting,
    };
    const report = await createWorld({ transcripts }).check(asker);
    expect(report.dependencies.find(({ name }) => name === 'transcripts')?.status).toBe('fail');
    expect([report.status, report.seal]).toEqual(['degraded', { state: 'unknown' }]);
  });

  it.each(['key-vault', 'service-bus'])(
    proves('health.dependencies', 'gives up on %s when its time is over, and waits for nobody longer'),
    async (name) => {
      const hangs = () => new Promise<void>(() => undefined);
      const over = new AbortController();
      const slow = name === 'key-vault' ? { sealKey: hangs } : { queues: hangs };
      const waits: number[] = [];
      let nowMs = 0;
      const { check } = createWorld({
        reach: { ...createWorld().ports.reach, ...slow },
        monotonicMs: () => nowMs,
        deadline(ms) {
          waits.push(ms);
          return over.signal;
        },
      });
      const report = check(asker);
      nowMs = 3_000;
      // What answers has done so by then.
      setImmediate(() => over.abort(new Error('too slow')));
      expect((await report).dependencies.filter(({ status }) => status === 'fail')).toEqual([
        { name, status: 'fail', ms: 3_000 },
      ]);
      expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
    },
  );

  it.each<[string, number, Partial<HealthPorts>, object]>([
    ['late', 31 * MINUTE_MS, {}, { state: 'late', number: 1, ageSeconds: 1_860 }],
    ['none', 0, { transcripts: createSealScene().store }, { state: 'none' }],
    ['one that nobody can judge', 0, { endorsingKey: fails }, { state: 'unknown' }],
  ])(
    proves('health.dependencies', 'is degraded by a seal that is not as it should be: %s'),
    async (_, ageMs, more, seal) => {
      const report = await createWorld({ nowMs: () => SEALED_MS + ageMs, ...more }).check(asker);
      expect(report).toMatchObject({ status: 'degraded', seal });
    },
  );

  it(proves('health.dependencies', 'is degraded by a link to the seal before that does not hold'), async () => {
    const scene = createSealScene();
    await scene.seal();
    await scene.clock.advance(MINUTE_MS);
    await scene.recorder.record(session, eventEntry('e-1'));
    await scene.seal();
    const first = 'seals/chain/0000000/0000000001.json';
    const changed = `${scene.store.content.get(first)}`.replace('"left":0', '"left":1');
    scene.store.content.set(first, Buffer.from(changed));
    const report = await createWorld({ transcripts: scene.store }).check(asker);
    expect(report).toMatchObject({ status: 'degraded', seal: { state: 'broken', number: 2 } });
  });

  it(
    proves('health.dependencies', 'is degraded by blocks that are too old to decide by, or were never read'),
    async () => {
      const world = createWorld();
      Object.assign(world.blocks, { ageMs: 61_000, isFresh: false });
      expect(await world.check(asker)).toMatchObject({
        status: 'degraded',
        blocks: { state: 'stale', ageSeconds: 61 },
      });
      world.blocks.ageMs = Number.POSITIVE_INFINITY;
      expect((await world.check(asker)).blocks).toEqual({ state: 'stale' });
    },
  );

  it(proves('health.dependencies', 'is degraded by an upstream that is down, and says which'), async () => {
    const { check, circuits } = createWorld();
    circuits.set('erp', 'open');
    expect(await check(asker)).toMatchObject({
      status: 'degraded',
      upstreams: [
        { server: 'crm', circuit: 'closed' },
        { server: 'erp', circuit: 'open' },
      ],
    });
  });

  it('is looked at once for all who ask at the same time, and anew for who asks later', async () => {
    const { check, asked } = createWorld();
    const [first, second] = await Promise.all([check(asker), check(asker)]);
    expect([first === second, asked.length]).toEqual([true, 1]);
    await check(asker);
    expect(asked).toHaveLength(2);
  });
});

// biome-ignore lint/correctness/useYield: it fails before it has anything to give.
async function* rejecting(): AsyncGenerator<never> {
  throw FAILURE;
}
