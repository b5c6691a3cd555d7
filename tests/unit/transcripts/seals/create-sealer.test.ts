/** The chain of seals over what a recorder writes: what each says, and what becomes of what does not hold. */
import { describe, expect, it } from 'vitest';
import { hashBytes } from '../../../../shared/transcripts/seals/sign-document.ts';
import type { VerifiedBatch } from '../../../../shared/transcripts/seals/verified-sink.ts';
import { proves } from '../../../requirements.ts';
import { eventEntry, intentEntry, linesOf, segmentsOf, session, verify } from '../scene.ts';
import { createSealScene, sealsOf } from './seal-scene.ts';

const MINUTE_MS = 60_000;

describe('a seal', () => {
  it(proves('seal.chain', 'names each segment with its length, lines and head, and the seal before it'), async () => {
    const { recorder, store, seal } = createSealScene();
    await recorder.record(session, intentEntry('c-1'));
    await seal();
    await recorder.record(session, eventEntry('e-1'));
    await recorder.close();
    await seal();
    const [first, second, ...more] = sealsOf(store);
    expect(more).toEqual([]);
    const [path = ''] = segmentsOf(store);
    const text = store.content.get(path)?.toString() ?? '';
    const lines = text.split('\n').slice(0, -1);
    expect(first).toMatchObject({ number: 1, previous: '0'.repeat(64), openFrom: '2026/11/22', left: 0 });
    expect(first?.entries).toMatchObject([{ state: 'open', lines: 3 }]);
    expect(second).toMatchObject({ number: 2, retention: [{ class: 'standard', days: 30 }] });
    expect(second?.previous).toBe(hashBytes(store.content.get('seals/chain/0000000/0000000001.json') ?? Buffer.of()));
    expect(second?.entries).toEqual([
      {
        container: 'transcripts-standard',
        segment: path.slice('transcripts-standard/'.length),
        state: 'closed',
        bytes: Buffer.byteLength(text),
        lines: lines.length,
        head: hashBytes(Buffer.from(lines.at(-1) ?? '')),
      },
    ]);
  });

  it('is not written when nothing changed, but for one each hour', async () => {
    const { store, clock, seal } = createSealScene();
    await seal();
    await seal();
    expect(sealsOf(store)).toHaveLength(1);
    await clock.advance(60 * MINUTE_MS);
    await seal();
    expect(sealsOf(store).map(({ entries }) => entries)).toEqual([[], []]);
  });

  it('reads only what was added since the last one', async () => {
    const { recorder, store, seal, another } = createSealScene();
    await recorder.record(session, eventEntry('e-1', 'x'.repeat(50_000)));
    await seal();
    await recorder.record(session, eventEntry('e-2'));
    const ranges: unknown[] = [];
    const { read } = store;
    store.read = (container, name, range) => {
      if (container !== 'seals') ranges.push(range);
      return read(container, name, range);
    };
    await seal();
    await recorder.record(session, eventEntry('e-3'));
    await seal(another());
    const [first, second, third] = sealsOf(store).map(({ entries }) => entries[0]?.bytes);
    // Another process has to learn the writer's key first.
    expect(ranges).toEqual([{ from: first, to: second }, { to: 8 * 1024 }, { from: second, to: third }]);
  });

  it('goes on in another process where the last one ended', async () => {
    const { recorder, store, seal, another } = createSealScene();
    await recorder.record(session, eventEntry('e-1'));
    await seal();
    await recorder.record(session, eventEntry('e-2'));
    await seal(another());
    await seal(another());
    expect(sealsOf(store).map(({ number, entries }) => [number, entries[0]?.lines])).toEqual([
      [1, 3],
      [2, 5],
    ]);
  });

  it('takes at most a thousand entries, and a run out of time leaves the rest to the next', async () => {
    const { recorder, store, seal, another } = createSealScene({ maxOpenSegments: 2_000 });
    const sessions = Array.from({ length: 1_050 }, (_, index) => ({ ...session, id: `s-${index}` }));
    await Promise.all(sessions.map((one) => recorder.record(one, eventEntry('e'))));
    expect(await seal(another({ budgetMs: 0 }))).toMatchObject({ segments: 0, left: 1_050 });
    expect(await seal()).toMatchObject({ seals: 2, segments: 1_050, left: 0 });
    expect(sealsOf(store).map(({ entries, left }) => [entries.length, left])).toEqual([
      [0, 1_050],
      [1_000, 50],
      [50, 0],
    ]);
  });
});

describe('over days', () => {
  const HOUR_MS = 60 * MINUTE_MS;

  it('a segment that stays open is followed by name, by sealers that have seen nothing', async () => {
    const idleMs = 200 * HOUR_MS;
    const { recorder, store, clock, seal, another } = createSealScene({ idleMs });
    await recorder.record(session, eventEntry('e-1'));
    const readNumbers: string[] = [];
    const reader = {
      ...store,
      read: (...args: Parameters<typeof store.read>) => {
        if (args[1].startsWith('chain/')) readNumbers.push(args[1]);
        return store.read(...args);
      },
    };
    for (let run = 0; run < 24; run += 1) {
      await seal(another({ idleMs, reader }));
      await clock.advance(6 * HOUR_MS);
    }
    readNumbers.length = 0;
    await recorder.record(session, eventEntry('e-2'));
    await recorder.close();
    await seal(another({ idleMs, reader }));
    const seals = sealsOf(store);
    const entries = seals.flatMap((one) => one.entries);
    expect(entries.map(({ state, lines }) => [state, lines])).toEqual([
      // Once each day, until it goes on.
      ...Array.from({ length: 7 }, () => ['open', 3]),
      ['closed', 7],
    ]);
    const manifest = JSON.parse(`${store.content.get('seals/manifests/2026/11/22.json')}`);
    expect(manifest.entries).toMatchObject([{ state: 'open', lines: 3 }]);
    // Back to the first day without a manifest, not to the beginning.
    expect(new Set(readNumbers).size).toBeLessThan(seals.length - 10);
    const { seals: chain, state } = await verify(store);
    expect([state, chain.faults]).toEqual(['intact', []]);
  });

  it('catches up after an outage of weeks, and makes the manifests of all its days', async () => {
    const { recorder, store, clock, seal, another } = createSealScene();
    await recorder.record(session, eventEntry('first'));
    await seal();
    for (let day = 0; day < 20; day += 1) {
      await clock.advance(24 * HOUR_MS);
      await recorder.record(session, eventEntry(`e-${day}`));
    }
    await clock.advance(HOUR_MS);
    expect(await seal(another())).toMatchObject({ segments: 21, left: 0, manifests: 20 });
    await seal(another());
    const { state, seals, totals } = await verify(store);
    expect([state, seals.faults, seals.manifests, totals.unsealedLines]).toEqual(['intact', [], 20, 0]);
  });
});

describe('a catch-up that runs out of time', () => {
  it('makes no manifest of a day that it has not sealed whole, however long ago', async () => {
    const { recorder, store, clock, seal, another } = createSealScene();
    await seal();
    await recorder.record(session, eventEntry('e-1'));
    await recorder.record({ ...session, id: 'unread' }, eventEntry('e-2'));
    await clock.advance(5 * 24 * 60 * MINUTE_MS);
    store.readMishap = (operation, name) => (operation === 'read' && name.includes('unread') ? 'fails' : undefined);
    expect(await seal(another())).toMatchObject({ segments: 1, left: 1, manifests: 0 });
    store.readMishap = () => undefined;
    expect(await seal(another())).toMatchObject({ left: 0, manifests: 5 });
    expect(await verify(store)).toMatchObject({ state: 'intact', totals: { unsealedLines: 0 }, seals: { faults: [] } });
  });
});

describe('what does not verify', () => {
  it(proves('seal.bad', 'is named as bad with its fault and how far it held, and flagged once'), async () => {
    const { recorder, store, seal, recorded } = createSealScene();
    await recorder.record(session, eventEntry('e-1'));
    await seal();
    const [path = ''] = segmentsOf(store);
    store.content.set(path, Buffer.concat([store.content.get(path) ?? Buffer.of(), Buffer.from('{}\n')]));
    expect(await seal()).toMatchObject({ bad: 1 });
    await seal();
    const [, second] = sealsOf(store);
    expect(second?.entries).toMatchObject([{ state: 'bad', fault: 'malformed-line', lines: 3 }]);
    expect(recorded.map((entry) => entry.kind === 'administration' && entry.action)).toEqual([
      'transcript-does-not-verify',
    ]);
  });

  it(proves('seal.bad', 'is noticed when it was cut off or taken away, and stays demanded'), async () => {
    const { recorder, store, seal } = createSealScene();
    await recorder.record(session, eventEntry('e-1'));
    await recorder.record({ ...session, id: 'other' }, eventEntry('e-2'));
    await seal();
    const [cut = '', gone = ''] = segmentsOf(store);
    const before = sealsOf(store)[0]?.entries.map(({ bytes }) => bytes);
    store.content.set(cut, (store.content.get(cut) ?? Buffer.of()).subarray(0, 40));
    store.content.delete(gone);
    expect(await seal()).toMatchObject({ bad: 2 });
    const [, second] = sealsOf(store);
    const named = second?.entries.filter(({ state }) => state === 'bad');
    expect(named?.map(({ fault }) => fault)).toEqual(['shorter-than-sealed', 'segment-missing']);
    expect(named?.map(({ bytes }) => bytes)).toEqual(before);
  });

  it('fills no transcript: past fifty in a run it is named in the seal only', async () => {
    const { store, seal, recorded } = createSealScene();
    const writer = 'a'.repeat(32);
    for (let number = 1; number <= 60; number += 1) {
      store.content.set(`transcripts-standard/crm/2026/11/22/s-1/${writer}-${number}.jsonl`, Buffer.from('{}\n'));
    }
    expect(await seal()).toMatchObject({ bad: 60, segments: 60 });
    expect(recorded).toHaveLength(50);
  });

  it('is left for the next run when it can’t be read', async () => {
    const { recorder, store, seal } = createSealScene();
    await recorder.record(session, eventEntry('e-1'));
    store.readMishap = (operation, name) => (operation === 'read' && name.includes('/crm/') ? 'hangs' : undefined);
    expect(await seal()).toMatchObject({ left: 1, bad: 0 });
    store.readMishap = () => undefined;
    expect(await seal()).toMatchObject({ left: 0, segments: 1 });
    expect(sealsOf(store).map(({ left }) => left)).toEqual([1, 0]);
  });
});

describe('the sink', () => {
  it(proves('seal.index', 'is handed verified records in order and without gaps before the seal stands'), async () => {
    const { recorder, store, seal, another } = createSealScene();
    const batches: VerifiedBatch[] = [];
    const sealer = another({
      sink: {
        async take(batch) {
          expect(sealsOf(store).at(-1)?.entries.at(-1)?.lines ?? 0).toBe(batch.sealedThrough);
          batches.push(batch);
        },
      },
    });
    await recorder.record(session, eventEntry('e-1'));
    await recorder.record(session, eventEntry('e-2'));
    await seal(sealer);
    await recorder.record(session, eventEntry('e-3'));
    await seal(sealer);
    const lines = linesOf(store, segmentsOf(store)[0] ?? '');
    expect(batches.flatMap((batch) => batch.lines)).toEqual(lines);
    expect(batches.map(({ fromLine, toLine, sealedThrough }) => [fromLine, toLine, sealedThrough])).toEqual([
      [0, 5, 0],
      [5, 7, 5],
    ]);
  });

  it(proves('seal.index', 'holds a seal back while it fails, but never for longer than half an hour'), async () => {
    const { recorder, store, clock, seal, another, logged } = createSealScene();
    const sealer = another({ sink: { take: () => Promise.reject(new Error('table out of reach')) } });
    await recorder.record(session, eventEntry('e-1'));
    expect(await seal(sealer)).toMatchObject({ segments: 0, left: 1 });
    await clock.advance(31 * MINUTE_MS);
    expect(await seal(sealer)).toMatchObject({ segments: 1, left: 0 });
    expect(logged).toContain('verified-records-not-taken');
    expect(sealsOf(store).at(-1)?.entries).toHaveLength(1);
  });
});

describe('two sealers', () => {
  it(proves('seal.two-sealers', 'at once make one chain'), async () => {
    const { recorder, store, clock, another } = createSealScene();
    const sealers = [another(), another(), another()];
    for (let round = 0; round < 5; round += 1) {
      await recorder.record(session, eventEntry(`e-${round}`));
      await clock.until(Promise.all(sealers.map((sealer) => sealer.run())));
    }
    const seals = sealsOf(store);
    expect(seals.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    expect(seals.map(({ entries }) => entries.map(({ lines }) => lines))).toEqual([[3], [5], [7], [9], [11]]);
  });

  it(proves('seal.two-sealers', 'meet at the number: the one that comes later adds what is new'), async () => {
    const { recorder, store, seal, another } = createSealScene();
    await recorder.record(session, eventEntry('e-1'));
    let hasRaced = false;
    const slow = another({
      seals: {
        async create(name, bytes) {
          if (!hasRaced) {
            hasRaced = true;
            await another().run();
            await recorder.record({ ...session, id: 'later' }, eventEntry('e-2'));
          }
          return store.seals.create(name, bytes);
        },
      },
    });
    expect(await seal(slow)).toMatchObject({ seals: 0, last: 1 });
    await seal(slow);
    expect(sealsOf(store).map(({ number, entries }) => [number, entries.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('go on behind something that is no seal, which is told', async () => {
    const { recorder, store, seal, another, logged } = createSealScene();
    await recorder.record(session, eventEntry('e-1'));
    await seal();
    store.content.set('seals/chain/0000000/0000000002.json', Buffer.from('{}'));
    store.content.set('seals/chain/0000009/0000009999.json', Buffer.from('{}'));
    await recorder.record(session, eventEntry('e-2'));
    expect(await seal(another())).toMatchObject({ last: 3 });
    expect(logged).toContain('seal-foreign');
    expect(store.content.has('seals/chain/0000000/0000000003.json')).toBe(true);
  });
});

describe('a writer that ended', () => {
  it(proves('seal.recovery', 'is recorded once, with the calls that it left without an outcome'), async () => {
    const dead = createSealScene();
    const { store, clock } = dead;
    await dead.recorder.record(session, intentEntry('c-1'));
    await dead.recorder.record(session, intentEntry('c-2'));
    await dead.recorder.record(session, {
      kind: 'outcome',
      callId: 'c-1',
      status: 'answered',
      durationMs: 1,
      exposure: [],
    });
    const [path = ''] = segmentsOf(store);
    const left = Buffer.from(store.content.get(path) ?? Buffer.of());
    await dead.seal();
    await clock.advance(14 * MINUTE_MS);
    await dead.seal();
    expect(dead.recorded).toEqual([]);
    // The process is gone: it closes nothing any more.
    store.mishap = (_operation, name) => (name === path ? 'fails' : undefined);
    await clock.advance(20 * MINUTE_MS);
    await dead.seal(dead.another());
    await dead.seal(dead.another());
    expect(dead.recorded).toEqual([
      expect.objectContaining({
        kind: 'recovery',
        segment: path.slice('transcripts-standard/'.length),
        bytes: left.length,
        unfinished: ['c-2'],
        unfinishedCount: 1,
      }),
    ]);
    expect(store.content.get(path)).toEqual(left);
    const entries = sealsOf(store).flatMap((one) => one.entries);
    expect(entries.filter(({ recovered }) => recovered)).toHaveLength(1);
  });
});
