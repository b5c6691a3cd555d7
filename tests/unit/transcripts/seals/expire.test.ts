/** Retention: what goes, when, what never does, and what the verifier says of it. */
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../../shared/transcripts/entry.ts';
import { expireTranscripts } from '../../../../shared/transcripts/seals/expire.ts';
import { verifyTranscripts } from '../../../../shared/transcripts/verify.ts';
import { proves } from '../../../requirements.ts';
import { eventEntry, segmentsOf, session, testEndorsingKey } from '../scene.ts';
import { createSealScene, type SealScene } from './seal-scene.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function expire({ store, clock }: SealScene, days = 30) {
  const recorded: Entry[] = [];
  const counts = await expireTranscripts({
    reader: store,
    remover: store,
    endorsingKey: testEndorsingKey,
    retention: [{ class: 'standard', days }],
    record: async (entry) => void recorded.push(entry),
    log: () => {},
    nowMs: clock.nowMs,
  });
  return { counts, recorded };
}

async function verify({ store, clock }: SealScene) {
  const nowMs = clock.nowMs();
  return verifyTranscripts({ reader: store, endorsingKey: testEndorsingKey, nowMs });
}

/** Sealed and closed segments of one day, one with a side blob, and the day's manifest. */
async function createOldDay(): Promise<SealScene> {
  const scene = createSealScene();
  await scene.recorder.record(session, eventEntry('e-1', 'x'.repeat(70_000)));
  await scene.recorder.record({ ...session, id: 'k1-other' }, eventEntry('e-2'));
  await scene.seal();
  await scene.clock.advance(HOUR_MS);
  await scene.seal();
  await scene.clock.advance(DAY_MS);
  await scene.seal();
  return scene;
}

describe('retention', () => {
  it(proves('seal.retention', 'removes segments and side blobs after their days, which is on record'), async () => {
    const scene = await createOldDay();
    const { store, clock } = scene;
    const before = store.content.size;
    await clock.advance(30 * DAY_MS);
    expect((await expire(scene)).counts).toMatchObject({ segments: 0, sideBlobs: 0, unnamed: 0 });
    expect(store.content.size).toBe(before);
    await clock.advance(3 * DAY_MS);
    const { counts, recorded } = await expire(scene);
    expect(counts).toMatchObject({ segments: 2, sideBlobs: 1, seals: 0, manifests: 0, immutable: 0, failed: 0 });
    expect(recorded).toEqual([
      expect.objectContaining({ action: 'transcripts-expired', detail: expect.stringContaining('segments: 2') }),
    ]);
    expect([...store.content.keys()].every((path) => path.startsWith('seals/'))).toBe(true);
  });

  it(proves('seal.retention', 'is told apart from removal by whoever verifies'), async () => {
    const scene = await createOldDay();
    const { store, clock } = scene;
    const path = segmentsOf(store).find((one) => one.includes('k1-other')) ?? '';
    const bytes = store.content.get(path) ?? Buffer.of();
    store.content.delete(path);
    expect(await verify(scene)).toMatchObject({ state: 'tampered', totals: { tampered: 1, expired: 0 } });
    store.content.set(path, bytes);
    await clock.advance(33 * DAY_MS);
    await expire(scene);
    await scene.recorder.record(session, eventEntry('today'));
    expect(await verify(scene)).toMatchObject({ state: 'intact', totals: { tampered: 0, expired: 2, segments: 1 } });
  });

  it('leaves what no manifest names, and what storage holds back with its side blobs', async () => {
    const scene = await createOldDay();
    const { store, clock } = scene;
    const held = segmentsOf(store).find((path) => path.includes(session.id)) ?? '';
    store.immutable.add(held);
    const foreign = held.replace(session.id, 'k1-nobody');
    store.content.set(foreign, Buffer.from('{}\n'));
    await clock.advance(33 * DAY_MS);
    expect((await expire(scene)).counts).toMatchObject({ segments: 1, sideBlobs: 0, immutable: 1, unnamed: 1 });
    expect([store.content.has(held), store.content.has(foreign)]).toEqual([true, true]);
    store.immutable.clear();
    expect((await expire(scene)).counts).toMatchObject({ segments: 1, sideBlobs: 1, immutable: 0 });
  });

  it('goes on where one blob can’t be removed, and where a run was killed half way', async () => {
    const scene = await createOldDay();
    const { store, clock } = scene;
    await clock.advance(33 * DAY_MS);
    let calls = 0;
    store.mishap = (operation) => (operation === 'remove' && ++calls === 1 ? 'response-lost' : undefined);
    expect((await expire(scene)).counts).toMatchObject({ failed: 1 });
    store.mishap = () => undefined;
    await expire(scene);
    expect(segmentsOf(store)).toEqual([]);
    expect((await verify(scene)).seals.faults).toEqual([]);
  });

  it('removes old seals from the front, never the last thousand', async () => {
    const scene = createSealScene();
    const { store, clock } = scene;
    for (let count = 0; count < 1_020; count += 1) {
      await clock.advance(HOUR_MS);
      await scene.seal();
    }
    await clock.advance(100 * DAY_MS);
    const { counts } = await expire(scene);
    expect(counts.seals).toBeGreaterThan(20);
    const left = [...store.content.keys()].filter((path) => path.startsWith('seals/chain/'));
    expect(left).toHaveLength(1_000);
    const report = await verify(scene);
    expect(report.seals.faults).toEqual([]);
    expect(report.seals.first?.number).toBeGreaterThan(20);
  });
});
