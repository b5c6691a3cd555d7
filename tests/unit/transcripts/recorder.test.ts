import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NotRecorded } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';
import {
  allLines,
  createScene,
  createTestEndorser,
  eventEntry,
  intentEntry,
  linesOf,
  recordedIds,
  segmentsOf,
  session,
  vaultKeyId,
  verify,
} from './scene.ts';

describe('a segment', () => {
  it(
    proves('transcript.genesis', 'begins with the writer’s endorsed key, the versions and the configuration digest'),
    async () => {
      const { recorder, store } = createScene();
      await recorder.record(session, intentEntry('c-1'));
      const [path = ''] = segmentsOf(store);
      const [genesis] = linesOf(store, path);
      if (genesis?.kind !== 'genesis') throw new Error('the first line is not a genesis');
      expect(path).toMatch(/^transcripts-standard\/crm\/2026\/11\/22\/k1-[0-9a-f]{32}\/[0-9a-f]{32}-1\.jsonl$/);
      expect(`transcripts-standard/${genesis.chain.segment}`).toBe(path);
      expect(genesis).toMatchObject({
        format: 1,
        session,
        sallyport: '0.1.0',
        configDigest: createHash('sha256').update('configuration').digest('hex'),
        writer: { key: { kty: 'EC', crv: 'P-256' }, notBefore: '2026-11-22T12:00:00.000Z' },
        endorsement: { keyId: vaultKeyId },
        chain: { seq: 0, prev: '0'.repeat(64) },
      });
      expect(path).toContain(genesis.writer.id);
      expect(JSON.stringify(genesis)).not.toContain('"d"');
    },
  );

  it('asks the vault once per process, however many sessions begin at once', async () => {
    const endorser = createTestEndorser();
    const { recorder, store } = createScene({ endorser });
    await Promise.all(['a', 'b', 'c'].map((id) => recorder.record({ ...session, id }, eventEntry('e'))));
    expect(endorser.calls).toBe(1);
    expect(segmentsOf(store)).toHaveLength(3);
  });

  it('asks the vault ahead of the first record when told to warm up', async () => {
    const endorser = createTestEndorser();
    const { recorder } = createScene({ endorser });
    await recorder.warmUp();
    await recorder.record(session, eventEntry('e'));
    expect(endorser.calls).toBe(1);
  });

  it(
    proves('transcript.chain', 'chains each line to the bytes of the one before, and signs the head of each append'),
    async () => {
      const { recorder, store } = createScene();
      await recorder.record(session, intentEntry('c-1'));
      await recorder.record(session, eventEntry('e-2'));
      const [path = ''] = segmentsOf(store);
      const lines = store.content.get(path)?.toString('utf8').split('\n').slice(0, -1) ?? [];
      const hashes = lines.map((line) => createHash('sha256').update(line).digest('hex'));
      const parsed = linesOf(store, path);
      expect(parsed.map((line) => line.kind)).toEqual(['genesis', 'intent', 'signature', 'event', 'signature']);
      expect(parsed.map((line) => line.chain.seq)).toEqual([0, 1, 2, 3, 4]);
      expect(parsed.slice(1).map((line) => line.chain.prev)).toEqual(hashes.slice(0, -1));
      for (const line of lines)
        expect(line).toMatch(
          /^\{"time":"2026-11-22T.*,"chain":\{"segment":"[^"]+","seq":\d+,"prev":"[0-9a-f]{64}"\}\}$/,
        );
      expect((await verify(store)).state).toBe('intact');
    },
  );

  it('keeps numbers that a double can’t carry', async () => {
    const { recorder, store } = createScene();
    await recorder.record(
      session,
      eventEntry('e', { id: JSON.rawJSON('9007199254740993'), rate: JSON.rawJSON('1.0') }),
    );
    expect(store.content.get(segmentsOf(store)[0] ?? '')?.toString()).toContain('{"id":9007199254740993,"rate":1.0}');
    expect((await verify(store)).state).toBe('intact');
  });

  it('writes the entry as it was when it was handed over', async () => {
    const { recorder, store } = createScene();
    const message = { note: 'before' };
    const recorded = recorder.record(session, eventEntry('e', message));
    message.note = 'after';
    await recorded;
    expect(allLines(store)[1]).toMatchObject({ message: { note: 'before' } });
  });

  it(proves('transcript.one-writer', 'has one writer: two processes on one session write two segments'), async () => {
    const one = createScene();
    const other = createScene({ store: one.store, clock: one.clock });
    const recorded: Promise<void>[] = [];
    for (let i = 0; i < 10; i += 1) {
      recorded.push(one.recorder.record(session, eventEntry(`one-${i}`)));
      recorded.push(other.recorder.record(session, eventEntry(`other-${i}`)));
    }
    await Promise.all(recorded);
    const segments = segmentsOf(one.store);
    expect(segments).toHaveLength(2);
    for (const path of segments) {
      const ids = linesOf(one.store, path).flatMap((line) =>
        line.kind === 'event' ? [line.callId.split('-')[0]] : [],
      );
      expect(new Set(ids).size).toBe(1);
      expect(ids).toHaveLength(10);
    }
    expect((await verify(one.store)).state).toBe('intact');
  });

  it('is opened once by concurrent first records', async () => {
    const { recorder, store } = createScene();
    await Promise.all(Array.from({ length: 20 }, (_, i) => recorder.record(session, eventEntry(`e-${i}`))));
    expect(segmentsOf(store)).toHaveLength(1);
    expect(recordedIds(store)).toEqual(Array.from({ length: 20 }, (_, i) => `e-${i}`));
  });

  it('is left when somebody else wrote into it: its waiting records go into the next one', async () => {
    const { recorder, store, logged } = createScene();
    await recorder.record(session, eventEntry('e-1'));
    const [path = ''] = segmentsOf(store);
    store.content.set(path, Buffer.concat([store.content.get(path) ?? Buffer.alloc(0), Buffer.from('{"forged":1}\n')]));
    await recorder.record(session, eventEntry('e-2'));
    expect(segmentsOf(store)).toHaveLength(2);
    expect(recordedIds({ ...store, content: new Map([...store.content].filter(([name]) => name !== path)) })).toEqual([
      'e-2',
    ]);
    expect(logged).toContain('transcript-segment-left');
  });

  it('is never written again once something else stands after its last block', async () => {
    const { recorder, store } = createScene();
    await recorder.record(session, eventEntry('e-1'));
    const [path = ''] = segmentsOf(store);
    const { append } = store;
    const written: string[] = [];
    store.append = async (container, name, ...rest) => {
      written.push(`${container}/${name}`);
      await append(container, name, ...rest);
      if (written.length > 1) return;
      store.content.set(path, Buffer.concat([store.content.get(path) ?? Buffer.alloc(0), Buffer.from('{}\n')]));
      throw new Error('socket hang up');
    };
    await recorder.record(session, eventEntry('e-2'));
    await recorder.record(session, eventEntry('e-3'));
    expect(written.filter((name) => name === path)).toHaveLength(1);
    expect(segmentsOf(store)).toHaveLength(2);
  });

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, -10)],
    ['emptied', () => Buffer.alloc(0)],
    ['deleted', () => undefined],
  ])('is left at once when it was %s', async (_what, change) => {
    const { recorder, store, clock } = createScene();
    await recorder.record(session, eventEntry('e-1'));
    const [path = ''] = segmentsOf(store);
    const changed = change(store.content.get(path) ?? Buffer.alloc(0));
    if (changed) store.content.set(path, changed);
    else store.content.delete(path);
    await recorder.record(session, eventEntry('e-2'));
    expect(clock.monotonicMs()).toBe(0);
    expect(segmentsOf(store).some((name) => name.endsWith('-2.jsonl'))).toBe(true);
  });
});

describe('an append whose response was lost', () => {
  it.each(['response-lost', 'conflicts-with-itself', 'lands-silently'] as const)(
    proves('transcript.lost-response', 'is neither lost nor doubled (%s)'),
    async (mishap) => {
      const { recorder, store, clock } = createScene();
      await recorder.record(session, eventEntry('e-1'));
      let isFirst = true;
      store.mishap = (operation) => {
        if (operation !== 'append' || !isFirst) return undefined;
        isFirst = false;
        return mishap;
      };
      await clock.until(recorder.record(session, eventEntry('e-2')));
      await recorder.record(session, eventEntry('e-3'));
      expect(recordedIds(store)).toEqual(['e-1', 'e-2', 'e-3']);
      expect(segmentsOf(store)).toHaveLength(1);
      expect((await verify(store)).state).toBe('intact');
    },
  );

  it('does not stand twice when it lands after it was tried again', async () => {
    const { recorder, store, clock } = createScene();
    await recorder.record(session, eventEntry('e-1'));
    let isFirst = true;
    store.mishap = (operation) => {
      if (operation !== 'append' || !isFirst) return undefined;
      isFirst = false;
      return 'lands-late';
    };
    await clock.until(recorder.record(session, eventEntry('e-2')));
    store.landLate();
    await recorder.record(session, eventEntry('e-3'));
    expect(recordedIds(store)).toEqual(['e-1', 'e-2', 'e-3']);
    expect((await verify(store)).state).toBe('intact');
  });

  it('is acknowledged by reading, even where the first append and every look at it fail for a while', async () => {
    const { recorder, store, clock } = createScene();
    const mishaps = ['fails', 'response-lost', 'fails', 'hangs', undefined] as const;
    let step = 0;
    store.mishap = () => mishaps[step++];
    await clock.until(recorder.record(session, eventEntry('e-1')));
    expect(recordedIds(store)).toEqual(['e-1']);
    expect((await verify(store)).state).toBe('intact');
  });
});

describe('group commit', () => {
  it(proves('transcript.group-commit', 'appends everything that waited in one block'), async () => {
    const { recorder, store } = createScene();
    await recorder.record(session, eventEntry('first'));
    const before = store.calls.append;
    const records = Array.from({ length: 100 }, (_, i) => recorder.record(session, eventEntry(`e-${i}`)));
    await Promise.all(records);
    expect(store.calls.append - before).toBe(1);
    expect(recordedIds(store)).toHaveLength(101);
  });

  it('takes several blocks where the waiting records are over 4 MiB', async () => {
    const { recorder, store } = createScene();
    const text = 'x'.repeat(60_000);
    const sizes: number[] = [];
    const append = store.append;
    store.append = (container, name, bytes, ...rest) => {
      sizes.push(bytes.length);
      return append(container, name, bytes, ...rest);
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => recorder.record(session, eventEntry(`e-${i}`, { text }))));
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(recordedIds(store)).toEqual(Array.from({ length: 200 }, (_, i) => `e-${i}`));
    expect((await verify(store)).state).toBe('intact');
  });
});

describe('a record’s own deadline', () => {
  it(proves('transcript.deadline', 'rejects at its deadline when the store hangs, counted from the call'), async () => {
    const { recorder, store, clock } = createScene({ deadlineMs: 10_000 });
    await recorder.record(session, eventEntry('e-1'));
    store.mishap = () => 'hangs';
    const recorded = recorder.record(session, eventEntry('e-2'));
    const failed = expect(recorded).rejects.toThrow(NotRecorded);
    await clock.advance(9_999);
    let isSettled = false;
    void recorded.catch(() => {
      isSettled = true;
    });
    await clock.advance(0);
    expect(isSettled).toBe(false);
    await clock.advance(1);
    expect(isSettled).toBe(true);
    await failed;
  });

  it('rejects records that waited behind the hanging one, each at its own time, and recovers in a new segment', async () => {
    const { recorder, store, clock } = createScene({ deadlineMs: 10_000 });
    await recorder.record(session, eventEntry('e-1'));
    store.mishap = () => 'hangs';
    const outcomes: string[] = [];
    const watch = (id: string) =>
      recorder.record(session, eventEntry(id)).then(
        () => outcomes.push(`${id} stands at ${clock.monotonicMs()}`),
        () => outcomes.push(`${id} rejected at ${clock.monotonicMs()}`),
      );
    void watch('e-2');
    await clock.advance(4_000);
    void watch('e-3');
    await clock.advance(5_999);
    expect(outcomes).toEqual([]);
    store.mishap = () => undefined;
    await clock.advance(1);
    expect(outcomes).toEqual(['e-2 rejected at 10000']);
    await clock.advance(50);
    expect(outcomes[1]).toMatch(/^e-3 stands at 100\d\d/);
    expect(segmentsOf(store)).toHaveLength(2);
    expect((await verify(store)).state).toBe('intact');
  });

  it('rejects while the vault is down and records once it is back', async () => {
    const endorser = createTestEndorser();
    const { sign } = endorser;
    endorser.sign = () => Promise.reject(new Error('the vault is down'));
    const { recorder, store, clock } = createScene({ endorser });
    await expect(clock.until(recorder.record(session, eventEntry('e-1')))).rejects.toThrow(NotRecorded);
    expect(store.content.size).toBe(0);
    endorser.sign = sign;
    await clock.until(recorder.record(session, eventEntry('e-2')));
    expect(recordedIds(store)).toEqual(['e-2']);
  });

  it('keeps nothing in memory once an outage is over', async () => {
    const { recorder, store, clock } = createScene();
    store.mishap = () => 'fails';
    const ids = Array.from({ length: 50 }, (_, i) => `s-${i}`);
    const failed = ids.map((id) =>
      recorder.record({ ...session, id }, eventEntry('e')).catch((error: unknown) => error),
    );
    const results = await clock.until(Promise.all(failed));
    for (const result of results) expect(result).toBeInstanceOf(NotRecorded);
    await clock.advance(10_000);
    expect(recorder.openSegments).toBe(0);
    expect(clock.timers).toBe(0);
  });
});

describe('closing', () => {
  it(proves('transcript.close', 'writes a signed close record into every open segment at shutdown'), async () => {
    const { recorder, store } = createScene();
    await Promise.all(['a', 'b', 'c'].map((id) => recorder.record({ ...session, id }, eventEntry('e'))));
    expect(recorder.openSegments).toBe(3);
    await recorder.close();
    expect(recorder.openSegments).toBe(0);
    for (const path of segmentsOf(store)) {
      expect(linesOf(store, path).slice(-2)).toMatchObject([
        { kind: 'close', reason: 'shutdown' },
        { kind: 'signature' },
      ]);
    }
    expect((await verify(store)).totals).toMatchObject({ 'intact-closed': 3, segments: 3 });
    await expect(recorder.record(session, eventEntry('late'))).rejects.toThrow(NotRecorded);
  });

  it('waits at shutdown for records that came before', async () => {
    const { recorder, store } = createScene();
    const records = Array.from({ length: 5 }, (_, i) => recorder.record(session, eventEntry(`e-${i}`)));
    await Promise.all([recorder.close(), ...records]);
    expect(recordedIds(store)).toHaveLength(5);
    expect((await verify(store)).totals['intact-closed']).toBe(1);
  });

  it('ends a segment that rests, and opens another when the session goes on', async () => {
    const { recorder, store, clock } = createScene({ idleMs: 60_000 });
    await recorder.record(session, eventEntry('e-1'));
    await clock.advance(50_000);
    await recorder.record(session, eventEntry('e-2'));
    await clock.advance(50_000);
    expect(recorder.openSegments).toBe(1);
    await clock.advance(10_000);
    expect(recorder.openSegments).toBe(0);
    expect(clock.timers).toBe(0);
    await recorder.record(session, eventEntry('e-3'));
    expect(segmentsOf(store)).toHaveLength(2);
    expect(linesOf(store, segmentsOf(store)[0] ?? '').at(-2)).toMatchObject({ kind: 'close', reason: 'idle' });
  });

  it('goes on in a segment that stays open when a record comes while the resting one is closed', async () => {
    const { recorder, store, clock } = createScene({ idleMs: 60_000 });
    await recorder.record(session, eventEntry('e-1'));
    store.mishap = (operation) => (operation === 'append' ? 'lands-silently' : undefined);
    await clock.advance(60_000);
    store.mishap = () => undefined;
    await clock.until(recorder.record(session, eventEntry('e-2')));
    expect(segmentsOf(store)).toHaveLength(2);
    expect(recorder.openSegments).toBe(1);
  });

  it('ends those that rested longest when more than so many are open', async () => {
    const { recorder, store, clock } = createScene({ maxOpenSegments: 2 });
    for (const id of ['a', 'b', 'a', 'c']) await recorder.record({ ...session, id }, eventEntry(id));
    await clock.advance(0);
    expect(recorder.openSegments).toBe(2);
    const closed = segmentsOf(store).filter((path) => linesOf(store, path).some((line) => line.kind === 'close'));
    expect(closed).toHaveLength(1);
    expect(closed[0]).toContain('/b/');
  });

  it('gives up on a hanging store within the deadline', async () => {
    const { recorder, store, clock } = createScene({ deadlineMs: 5_000 });
    await recorder.record(session, eventEntry('e'));
    store.mishap = () => 'hangs';
    await clock.until(recorder.close(), 5_100);
    expect((await verify(store)).totals['open-or-cut-off']).toBe(1);
  });
});

describe('large content', () => {
  const large = { text: 'ä'.repeat(40_000) };

  it(proves('transcript.side-blob', 'stands in a side blob, durable before the record that names it'), async () => {
    const { recorder, store } = createScene();
    const done: string[] = [];
    const { append, putSideBlob } = store;
    store.append = async (...args) => {
      await append(...args);
      done.push('append');
    };
    store.putSideBlob = async (...args) => {
      await putSideBlob(...args);
      done.push('side blob');
    };
    await recorder.record(session, eventEntry('e', large));
    expect(done).toEqual(['side blob', 'append']);
    const bytes = Buffer.from(JSON.stringify(large));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const event = allLines(store)[1];
    expect(event).toMatchObject({ messageRef: { sha256, bytes: bytes.length } });
    expect(event).not.toHaveProperty('message');
    const name = `${segmentsOf(store)[0]?.replace('.jsonl', '')}/${sha256}`;
    expect(store.content.get(name)?.equals(bytes)).toBe(true);
    expect(await verify(store)).toMatchObject({ state: 'intact', totals: { sideBlobs: 1 } });
  });

  it('is inline up to 64 KiB of JSON', async () => {
    const { recorder, store } = createScene();
    await recorder.record(session, eventEntry('fits', 'x'.repeat(64 * 1024 - 2)));
    await recorder.record(session, eventEntry('does not', 'x'.repeat(64 * 1024 - 1)));
    expect(store.calls.putSideBlob).toBe(1);
    expect(allLines(store).filter((line) => 'messageRef' in line)).toHaveLength(1);
  });

  it('is put again under the next segment when the first one broke', async () => {
    const { recorder, store } = createScene();
    await recorder.record(session, eventEntry('e-1', large));
    const [path = ''] = segmentsOf(store);
    store.content.delete(path);
    await recorder.record(session, eventEntry('e-2', large));
    const [next = ''] = segmentsOf(store);
    expect(next).toMatch(/-2\.jsonl$/);
    expect([...store.content.keys()].filter((name) => name.startsWith(next.replace('.jsonl', '/')))).toHaveLength(1);
  });

  it('rejects the record when its side blob can’t be put', async () => {
    const { recorder, store, clock } = createScene();
    store.mishap = (operation) => (operation === 'putSideBlob' ? 'fails' : undefined);
    await expect(clock.until(recorder.record(session, eventEntry('e', large)))).rejects.toThrow(NotRecorded);
    expect(recordedIds(store)).toEqual([]);
  });
});

describe('what is refused before anything is written', () => {
  it.each([
    { ...session, server: '../other' },
    { ...session, id: 'UPPER' },
    { ...session, id: '' },
    { ...session, retention: 'a--b' },
    { ...session, retention: 'x'.repeat(60) },
  ])('a session that can’t name a blob: %o', async (wrong) => {
    const { recorder, store } = createScene();
    await expect(recorder.record(wrong, eventEntry('e'))).rejects.toThrow(NotRecorded);
    expect(store.content.size).toBe(0);
  });

  it('an entry with a key that its type does not have', async () => {
    const { recorder, store } = createScene();
    const entry = { ...eventEntry('e'), secret: 'never' };
    await expect(recorder.record(session, entry)).rejects.toThrow(NotRecorded);
    expect(store.content.size).toBe(0);
  });

  it('a record that is longer than a line may be', async () => {
    const { recorder } = createScene();
    const entry = intentEntry('c');
    if (entry.kind !== 'intent') throw new Error('not an intent');
    const long = { ...entry, call: { ...entry.call, target: 'x'.repeat(2 * 1024 * 1024) } };
    await expect(recorder.record(session, long)).rejects.toThrow(NotRecorded);
  });
});
