/** What the verifier finds with seals that it can't find without: removal of whole appends, segments and seals. */
import { describe, expect, it } from 'vitest';
import { sealName } from '../../../../shared/transcripts/layout.ts';
import { hashBytes } from '../../../../shared/transcripts/seals/sign-document.ts';
import { type VerifyOptions, verifyTranscripts } from '../../../../shared/transcripts/verify.ts';
import type { SegmentReport } from '../../../../shared/transcripts/verify-report.ts';
import { proves } from '../../../requirements.ts';
import { eventEntry, intentEntry, segmentsOf, session, testEndorsingKey } from '../scene.ts';
import { createSealScene, type SealScene, sealsOf } from './seal-scene.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function check({ store, clock }: SealScene, options: Partial<VerifyOptions> = {}) {
  const bad: SegmentReport[] = [];
  const report = await verifyTranscripts({
    reader: store,
    endorsingKey: testEndorsingKey,
    nowMs: clock.nowMs(),
    onSegment: (segment) => segment.fault && bad.push(segment),
    ...options,
  });
  return {
    ...report,
    codes: bad.map(({ fault }) => fault?.code),
    sealCodes: report.seals.faults.map(({ code }) => code),
  };
}

/** Three sealed appends in one segment, a closed one beside it, two seals, and a record that none covers yet. */
async function createHistory() {
  const scene = createSealScene();
  const { recorder, store } = scene;
  const other = { ...session, id: 'k1-other' };
  await recorder.record(session, intentEntry('c-1'));
  await recorder.record(session, eventEntry('e-1'));
  await scene.seal();
  await recorder.record(other, eventEntry('e-2', 'x'.repeat(70_000)));
  await recorder.record(session, eventEntry('e-3'));
  await scene.seal();
  await recorder.record(session, eventEntry('e-4'));
  const [path = '', otherPath = ''] = segmentsOf(store);
  return { scene, store, path, otherPath };
}

function cut(bytes: Buffer | undefined, lines: number): Buffer {
  const kept = `${bytes}`.split('\n').slice(0, lines);
  return Buffer.from(kept.map((line) => `${line}\n`).join(''));
}

describe('a sealed transcript', () => {
  it(proves('seal.removal-found', 'verifies, and says which records no seal covers yet'), async () => {
    const { scene } = await createHistory();
    const report = await check(scene);
    expect(report).toMatchObject({ state: 'intact', codes: [], assurance: { level: 'self-consistent' } });
    expect(report.totals).toMatchObject({ segments: 2, unsealedSegments: 1, unsealedLines: 2 });
    expect(report.seals).toMatchObject({ state: 'intact', first: { number: 1 }, last: { number: 2 }, segments: 2 });
    expect(report.assurance.doesNotCover.join('\n')).toContain('2 records in 1 segments');
    expect(report.assurance.doesNotCover.join('\n')).not.toContain('whole segment');
  });

  it(proves('seal.removal-found', 'shows where whole appends were removed from the end'), async () => {
    const { scene, store, path } = await createHistory();
    const whole = store.content.get(path);
    store.content.set(path, cut(whole, 7));
    expect((await check(scene)).state).toBe('intact');
    store.content.set(path, cut(whole, 5));
    expect(await check(scene)).toMatchObject({ state: 'tampered', codes: ['shorter-than-sealed'] });
    store.content.set(path, Buffer.alloc(0));
    expect(await check(scene)).toMatchObject({ state: 'tampered', codes: ['shorter-than-sealed'] });
  });

  it(proves('seal.removal-found', 'shows where a whole segment was removed'), async () => {
    const { scene, store, otherPath } = await createHistory();
    for (const name of [...store.content.keys()]) {
      if (name.startsWith(otherPath.replace('.jsonl', ''))) store.content.delete(name);
    }
    expect(await check(scene)).toMatchObject({ state: 'tampered', codes: ['segment-missing'] });
    // Only what is in scope is demanded.
    expect(await check(scene, { filter: { session: session.id } })).toMatchObject({ state: 'intact', codes: [] });
  });

  it('shows where a segment was written anew by a writer that the vault endorsed', async () => {
    const { scene, store, path } = await createHistory();
    const forged = createSealScene({ clock: scene.clock });
    for (const id of ['f-1', 'f-2', 'f-3', 'f-4', 'f-5']) await forged.recorder.record(session, eventEntry(id));
    const [forgedPath = ''] = segmentsOf(forged.store);
    store.content.set(forgedPath, forged.store.content.get(forgedPath) ?? Buffer.of());
    store.content.delete(path);
    expect((await check(scene)).codes).toEqual(['segment-missing']);
  });

  it('keeps what was bad when it was sealed', async () => {
    const { scene, store, path } = await createHistory();
    const whole = store.content.get(path) ?? Buffer.of();
    store.content.set(path, cut(whole, 3));
    await scene.seal();
    store.content.set(path, whole);
    expect(await check(scene)).toMatchObject({ state: 'tampered', codes: ['sealed-as-bad'] });
  });
});

describe('the chain of seals', () => {
  it.each<[string, (seals: Map<string, Buffer>) => void, string[]]>([
    ['one in the middle was removed', (seals) => seals.delete(at(2)), ['seal-missing']],
    ['the first was removed', (seals) => seals.delete(at(1)), ['seal-missing']],
    ['one was changed', (seals) => edit(seals, 2, '"left":0', '"left":1'), ['seal-invalid', 'seal-unlinked']],
    [
      'an entry was taken out',
      (seals) => edit(seals, 2, /\{"container".*?\},(?=\{)/, ''),
      ['seal-invalid', 'seal-unlinked'],
    ],
    [
      'two were swapped',
      (seals) => seals.set(at(2), seals.get(at(3)) ?? Buffer.of()),
      ['seal-invalid', 'seal-unlinked'],
    ],
    ['something else was put there', (seals) => seals.set('seals/chain/0000000/x', Buffer.of()), ['seal-invalid']],
  ])(proves('seal.chain', 'shows that %s'), async (_what, change, codes) => {
    const { scene, store } = await createHistory();
    await scene.seal();
    await scene.recorder.record(session, eventEntry('e-5'));
    await scene.seal();
    expect((await check(scene)).sealCodes).toEqual([]);
    change(store.content);
    const report = await check(scene);
    expect(report).toMatchObject({ state: 'tampered', sealCodes: codes, assurance: { level: 'none' } });
  });

  it(proves('verify.anchor', 'must still hold a seal that was kept elsewhere'), async () => {
    const { scene, store } = await createHistory();
    const kept = { number: 2, sha256: hashBytes(store.content.get(at(2)) ?? Buffer.of()) };
    const anchored = await check(scene, { anchors: [kept] });
    expect(anchored).toMatchObject({ state: 'intact', assurance: { level: 'anchored' }, seals: { anchors: [2] } });
    // Whoever removes the newest seal and what only it covers is found by that alone.
    for (const name of [...store.content.keys()]) if (name.includes('/k1-other/')) store.content.delete(name);
    store.content.delete(at(2));
    expect((await check(scene)).state).toBe('intact');
    expect(await check(scene, { anchors: [kept] })).toMatchObject({ state: 'tampered', sealCodes: ['anchor-differs'] });
    expect(await check(scene, { anchors: [{ ...kept, number: 1 }] })).toMatchObject({ sealCodes: ['anchor-differs'] });
  });

  it(proves('verify.assurance', 'claims a lock only where a policy was seen locked'), async () => {
    const { scene } = await createHistory();
    const words = async (isLocked: boolean) => (await check(scene, { isLocked: async () => isLocked })).assurance;
    expect(await words(true)).toMatchObject({ level: 'worm-locked' });
    expect(await words(false)).toMatchObject({ level: 'self-consistent' });
    expect((await words(false)).doesNotCover.join('\n')).toContain('a policy was seen that is not locked');
  });

  it(proves('verify.scope', 'is compared with the segments of some days, one server or one session'), async () => {
    const { scene } = await createHistory();
    await scene.recorder.record({ ...session, server: 'mail' }, eventEntry('m-1'));
    await scene.clock.advance(DAY_MS);
    await scene.recorder.record(session, eventEntry('d-1'));
    await scene.seal();
    const segments = async (filter: VerifyOptions['filter']) => {
      const { state, totals, seals } = await check(scene, { filter: filter ?? {} });
      return [state, totals.segments, seals.segments];
    };
    expect(await segments({})).toEqual(['intact', 4, 4]);
    expect(await segments({ server: 'mail' })).toEqual(['intact', 1, 1]);
    expect(await segments({ session: 'k1-other' })).toEqual(['intact', 1, 1]);
    expect(await segments({ since: '2026/11/23' })).toEqual(['intact', 1, 1]);
    expect(await segments({ until: '2026/11/22', server: 'crm' })).toEqual(['intact', 2, 2]);
    expect(await segments({ since: '2026/11/24' })).toEqual(['empty', 0, 0]);
  });
});

describe('daily manifests', () => {
  /** Two days with records, and the morning after. */
  async function createDays() {
    const history = await createHistory();
    const { scene } = history;
    await scene.clock.advance(HOUR_MS);
    await scene.seal();
    await scene.clock.advance(DAY_MS);
    await scene.recorder.record(session, eventEntry('d-1'));
    await scene.seal();
    await scene.clock.advance(DAY_MS);
    await scene.seal();
    return history;
  }
  const first = 'seals/manifests/2026/11/22.json';

  it(proves('seal.manifest', 'name all that was opened on a day that has ended, with how it ended'), async () => {
    const { scene, store } = await createDays();
    expect([...store.content.keys()].filter((name) => name.startsWith('seals/manifests/'))).toEqual([
      first,
      'seals/manifests/2026/11/23.json',
    ]);
    const manifest = JSON.parse(`${store.content.get(first)}`);
    expect(manifest).toMatchObject({ day: '2026/11/22', seals: { first: { number: 1 } } });
    expect(manifest.entries.map((entry: { state: string }) => entry.state)).toEqual(['closed', 'closed']);
    expect(sealsOf(store).flatMap(({ manifests }) => manifests.map(({ day }) => day))).toEqual([
      '2026/11/22',
      '2026/11/23',
    ]);
    expect(sealsOf(store).at(-1)?.openFrom).toBe('2026/11/24');
    expect(await check(scene)).toMatchObject({ state: 'intact', sealCodes: [], seals: { manifests: 2 } });
  });

  it('may come while they are verified, as seals and segments may', async () => {
    const { scene, store } = await createHistory();
    await scene.clock.advance(26 * HOUR_MS);
    const { blobs } = store;
    let hasRun = false;
    const reader = {
      ...store,
      async *blobs(container: string, prefix = '') {
        yield* blobs(container, prefix);
        if (prefix !== 'manifests/' || hasRun) return;
        hasRun = true;
        await scene.recorder.record(session, eventEntry('meanwhile'));
        await scene.another().run();
      },
    };
    expect(await check(scene, { reader })).toMatchObject({ state: 'intact', codes: [], sealCodes: [] });
    expect(store.content.has(first)).toBe(true);
  });

  it(proves('verify.scope', 'say from which seal on the chain matters for later days'), async () => {
    const { scene, store } = await createDays();
    await scene.recorder.record(session, eventEntry('d-2'));
    await scene.seal();
    const partial = { isChainPartial: true, filter: { since: '2026/11/23' } };
    const day = sealsOf(store).find(({ time }) => time >= '2026-11-22')?.number;
    const later = sealsOf(store).find(({ time }) => time >= '2026-11-23')?.number ?? 0;
    expect(await check(scene, partial)).toMatchObject({
      state: 'intact',
      seals: { first: { number: day }, manifests: 1 },
    });
    const last = { ...partial, filter: { since: '2026/11/24' } };
    expect(await check(scene, last)).toMatchObject({ state: 'intact', seals: { first: { number: later } } });
    // What is older is not looked at, unless it was kept elsewhere; what is newer must be there.
    store.content.delete(at(1));
    expect((await check(scene, last)).sealCodes).toEqual([]);
    expect((await check(scene, { ...last, anchors: [{ number: 1, sha256: '' }] })).sealCodes).toContain(
      'anchor-differs',
    );
    store.content.delete(at(later));
    expect((await check(scene, last)).sealCodes).toContain('seal-missing');
    store.content.delete('seals/manifests/2026/11/23.json');
    expect((await check(scene, last)).seals.first?.number).toBe(2);
  });

  it(proves('seal.manifest', 'are found missing, changed, and at odds with a segment nobody sealed'), async () => {
    const { scene, store, path } = await createDays();
    const manifest = store.content.get(first) ?? Buffer.of();
    store.content.delete(first);
    expect((await check(scene)).sealCodes).toEqual(['manifest-missing']);
    store.content.set(first, Buffer.from(`${manifest}`.replace('"state":"closed"', '"state":"open"')));
    expect((await check(scene)).sealCodes).toEqual(['manifest-invalid', 'manifest-differs']);
    store.content.set(first, manifest);
    const late = createSealScene();
    await late.recorder.record({ ...session, id: 'k1-late' }, eventEntry('e'));
    const [latePath = ''] = segmentsOf(late.store);
    expect(latePath.slice(0, 30)).toBe(path.slice(0, 30));
    store.content.set(latePath, late.store.content.get(latePath) ?? Buffer.of());
    expect(await check(scene)).toMatchObject({ state: 'tampered', codes: ['not-in-manifest'], sealCodes: [] });
  });
});

function at(number: number): string {
  return `seals/${sealName(number)}`;
}

function edit(seals: Map<string, Buffer>, number: number, from: string | RegExp, to: string): void {
  const text = `${seals.get(at(number))}`;
  expect(text.replace(from, to)).not.toBe(text);
  seals.set(at(number), Buffer.from(text.replace(from, to)));
}
