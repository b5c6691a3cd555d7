import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashLine } from '../../../shared/transcripts/chain.ts';
import { proves } from '../../requirements.ts';
import type { MemoryStore } from './memory-store.ts';
import {
  createScene,
  createTestEndorser,
  eventEntry,
  intentEntry,
  linesOf,
  segmentsOf,
  session,
  verify,
} from './scene.ts';

const large = { text: 'x'.repeat(70_000) };

/** A closed segment: genesis, two appends of records, close. Lines 0–7: G i s | e e s | C s. */
async function writeClosed(id = session.id, store?: MemoryStore): Promise<{ store: MemoryStore; path: string }> {
  const scene = createScene(store ? { store } : {});
  const at = { ...session, id };
  await scene.recorder.record(at, intentEntry('c-1'));
  await Promise.all([
    scene.recorder.record(at, eventEntry('e-1', large)),
    scene.recorder.record(at, eventEntry('e-2')),
  ]);
  await scene.recorder.close();
  const path = segmentsOf(scene.store).find((name) => name.includes(`/${id}/`)) ?? '';
  expect(linesOf(scene.store, path).map((line) => line.kind)).toEqual([
    ...['genesis', 'intent', 'signature', 'event', 'event', 'signature', 'close', 'signature'],
  ]);
  return { store: scene.store, path };
}

function readLines(store: MemoryStore, path: string): string[] {
  return (store.content.get(path)?.toString('utf8') ?? '').split('\n').slice(0, -1);
}

function writeLines(store: MemoryStore, path: string, lines: readonly string[]): void {
  store.content.set(path, Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

function offsetOf(lines: readonly string[], index: number): number {
  return Buffer.byteLength(
    lines
      .slice(0, index)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** Changes a closed segment's lines and says what the verifier says of it. */
async function tamper(change: (lines: string[]) => string[]) {
  const { store, path } = await writeClosed();
  const before = readLines(store, path);
  writeLines(store, path, change([...before]));
  const { state, reports } = await verify(store);
  return { before, state, fault: reports[0]?.fault, segment: reports[0]?.state };
}

describe('an intact transcript', () => {
  it(proves('verify.intact', 'verifies from its bytes, with counts of what was read'), async () => {
    const { store, path } = await writeClosed();
    const { state, totals, reports } = await verify(store);
    expect(state).toBe('intact');
    expect(totals).toEqual({
      ...{ expired: 0, unsealedSegments: 0, unsealedLines: 0 },
      ...{ 'intact-closed': 1, 'open-or-cut-off': 0, tampered: 0, unreadable: 0 },
      ...{ segments: 1, lines: 8, bytes: store.content.get(path)?.length, sideBlobs: 1 },
    });
    expect(reports[0]).not.toHaveProperty('fault');
  });

  it('verifies one session alone, and sees nothing of the others', async () => {
    const { store } = await writeClosed('a');
    const { path } = await writeClosed('b', store);
    store.content.set(path, Buffer.from('nonsense'));
    store.content.set('transcripts-standard/crm/notes.txt', Buffer.from('hello'));
    expect((await verify(store, { session: 'a' })).state).toBe('intact');
    expect((await verify(store, { session: 'b' })).state).toBe('tampered');
    expect((await verify(store, { session: 'c' })).state).toBe('empty');
  });

  it('goes on with other segments after a bad one', async () => {
    const { store, path } = await writeClosed('a');
    await writeClosed('b', store);
    store.content.set(path, Buffer.from('nonsense'));
    expect((await verify(store)).totals).toMatchObject({ tampered: 1, 'intact-closed': 1 });
  });
});

describe('a segment without its close', () => {
  it(proves('verify.open', 'is open or cut off, never intact and closed, while its writer lives'), async () => {
    const { recorder, store } = createScene();
    await recorder.record(session, eventEntry('e'));
    const { state, reports } = await verify(store);
    expect(state).toBe('intact');
    expect(reports[0]?.state).toBe('open-or-cut-off');
  });

  it(proves('verify.open', 'is open or cut off when whole appends were removed from its end'), async () => {
    const { segment } = await tamper((lines) => lines.slice(0, 6));
    expect(segment).toBe('open-or-cut-off');
  });

  it('is open or cut off when nothing was written yet', async () => {
    const { store, path } = await writeClosed();
    store.content.set(path, Buffer.alloc(0));
    expect((await verify(store)).reports[0]).toMatchObject({ state: 'open-or-cut-off', lines: 0 });
  });
});

describe('tampering', () => {
  it(proves('verify.tamper', 'finds an edited record and names it'), async () => {
    const { before, fault, state } = await tamper((lines) => lines.with(1, (lines[1] ?? '').replace('alice', 'carol')));
    expect(state).toBe('tampered');
    expect(fault).toMatchObject({ code: 'chain-broken', seq: 1, offset: offsetOf(before, 1) });
  });

  it('names the record whose own chain was edited, not the one before it', async () => {
    const { before, fault } = await tamper((lines) =>
      lines.with(3, (lines[3] ?? '').replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${'0'.repeat(64)}"`)),
    );
    expect(fault).toMatchObject({ code: 'chain-broken', seq: 3, offset: offsetOf(before, 3) });
  });

  it(proves('verify.tamper', 'finds an inserted record'), async () => {
    const { before, fault } = await tamper((lines) => lines.toSpliced(4, 0, lines[3] ?? ''));
    expect(fault).toMatchObject({ code: 'sequence-broken', seq: 4, offset: offsetOf(before, 4) });
  });

  it(proves('verify.tamper', 'finds a deleted record'), async () => {
    const { before, fault } = await tamper((lines) => lines.toSpliced(3, 1));
    expect(fault).toMatchObject({ code: 'sequence-broken', seq: 3, offset: offsetOf(before, 3) });
  });

  it(proves('verify.tamper', 'finds reordered records'), async () => {
    const { fault } = await tamper((lines) => lines.with(3, lines[4] ?? '').with(4, lines[3] ?? ''));
    expect(fault).toMatchObject({ code: 'sequence-broken', seq: 3 });
  });

  it(proves('verify.tamper', 'finds records swapped between segments'), async () => {
    const { store, path } = await writeClosed('a');
    const { path: other } = await writeClosed('b', store);
    const [mine, theirs] = [readLines(store, path), readLines(store, other)];
    writeLines(store, path, mine.with(4, theirs[4] ?? ''));
    writeLines(store, other, theirs.with(4, mine[4] ?? ''));
    const { reports } = await verify(store);
    for (const report of reports) expect(report.fault).toMatchObject({ code: 'segment-mismatch', seq: 4 });
  });

  it(proves('verify.tamper', 'finds whole segments that changed places'), async () => {
    const { store, path } = await writeClosed('a');
    const { path: other } = await writeClosed('b', store);
    const [mine, theirs] = [readLines(store, path), readLines(store, other)];
    writeLines(store, path, theirs);
    writeLines(store, other, mine);
    for (const report of (await verify(store)).reports)
      expect(report.fault).toMatchObject({ code: 'genesis-elsewhere', seq: 0 });
  });

  it(proves('verify.tamper', 'finds an append that was cut between its lines'), async () => {
    const { before, fault } = await tamper((lines) => lines.slice(0, 5));
    expect(fault).toMatchObject({ code: 'end-unsigned', seq: 3, offset: offsetOf(before, 3) });
  });

  it(proves('verify.tamper', 'finds an append that was cut inside a line'), async () => {
    const { store, path } = await writeClosed();
    const lines = readLines(store, path);
    store.content.set(path, (store.content.get(path) ?? Buffer.alloc(0)).subarray(0, offsetOf(lines, 4) + 20));
    expect((await verify(store)).reports[0]?.fault).toMatchObject({
      code: 'unended-line',
      seq: 4,
      offset: offsetOf(lines, 4),
    });
  });

  it('finds a tail that was rewritten with hashes that fit', async () => {
    const { fault } = await tamper((lines) => rechain(lines.with(3, (lines[3] ?? '').replace('e-1', 'e-9')), 3));
    expect(fault).toMatchObject({ code: 'signature-invalid', seq: 5 });
  });

  it('finds a close record without its signature, and records after the close', async () => {
    expect((await tamper((lines) => lines.slice(0, 7))).fault).toMatchObject({ code: 'close-unsigned', seq: 6 });
    expect((await tamper((lines) => [...lines, lines[7] ?? ''])).fault).toMatchObject({ code: 'after-close', seq: 8 });
  });

  it('finds another time on the last line, which no other line is chained to', async () => {
    const { fault } = await tamper((lines) => lines.with(7, (lines[7] ?? '').replace('T12:00', 'T11:00')));
    expect(fault).toMatchObject({ code: 'signature-invalid', seq: 7 });
  });

  it('finds a missing and a second genesis', async () => {
    expect((await tamper((lines) => lines.slice(1))).fault).toMatchObject({ code: 'genesis-missing', seq: 0 });
    expect((await tamper((lines) => lines.toSpliced(3, 0, lines[0] ?? ''))).fault).toMatchObject({
      code: 'genesis-misplaced',
      seq: 3,
    });
  });

  it.each([
    ['a duplicate key', (line: string) => line.replace('"kind":', '"kind":"event","kind":')],
    ['an unknown key', (line: string) => line.replace('"chain":', '"note":1,"chain":')],
    ['another order of keys', (line: string) => line.replace(/("time":"[^"]+"),("kind":"[^"]+")/, '$2,$1')],
    ['a stray blank', (line: string) => line.replace('"kind":', '"kind": ')],
    ['an escape that nobody writes', (line: string) => line.replace('alice', '\\u0061lice')],
    ['a duplicate key deep inside', (line: string) => line.replace('"limit":10', '"limit":10,"limit":10')],
    ['a carriage return', (line: string) => `${line}\r`],
    ['nothing', () => ''],
  ])('refuses a line with %s', async (_what, edit) => {
    const { fault } = await tamper((lines) => lines.with(1, edit(lines[1] ?? '')));
    expect(fault).toMatchObject({ code: 'malformed-line', seq: 1 });
  });

  it('refuses a record with both its content and a reference to it, and an event with neither', async () => {
    const reference = `"messageRef":{"sha256":"${'0'.repeat(64)}","bytes":1}`;
    const both = await tamper((lines) =>
      lines.with(4, (lines[4] ?? '').replace('"message":{}', `"message":{},${reference}`)),
    );
    expect(both.fault).toMatchObject({ code: 'malformed-line', seq: 4 });
    const neither = await tamper((lines) => lines.with(4, (lines[4] ?? '').replace('"message":{},', '')));
    expect(neither.fault).toMatchObject({ code: 'malformed-line', seq: 4 });
  });

  it('finds a changed and a missing side blob', async () => {
    const { store, path } = await writeClosed();
    const side = [...store.content.keys()].find((name) => name.startsWith(path.replace('.jsonl', '/'))) ?? '';
    const bytes = store.content.get(side) ?? Buffer.alloc(0);
    store.content.set(side, Buffer.from(bytes).fill('y', 100, 101));
    expect((await verify(store)).reports[0]?.fault).toMatchObject({ code: 'side-blob-changed', seq: 3 });
    store.content.delete(side);
    expect((await verify(store)).reports[0]?.fault).toMatchObject({ code: 'side-blob-missing', seq: 3 });
  });

  it('finds blobs that no writer wrote, and side blobs whose segment is gone', async () => {
    const { store, path } = await writeClosed();
    store.content.set('transcripts-standard/crm/notes.txt', Buffer.from('hello'));
    expect((await verify(store)).reports.find((report) => report.fault)?.fault).toMatchObject({ code: 'foreign-blob' });
    store.content.delete('transcripts-standard/crm/notes.txt');
    store.content.delete(path);
    expect((await verify(store)).reports[0]?.fault).toMatchObject({ code: 'foreign-blob' });
  });

  it('finds a segment that was moved to another container', async () => {
    const { store, path } = await writeClosed();
    for (const [name, bytes] of [...store.content]) {
      store.content.delete(name);
      store.content.set(name.replace('transcripts-standard', 'transcripts-short'), bytes);
    }
    expect(path).toContain('transcripts-standard');
    expect((await verify(store)).reports[0]?.fault).toMatchObject({ code: 'genesis-elsewhere' });
  });

  it('finds a segment forged by somebody who has no vault, under our key id or another', async () => {
    const forger = createTestEndorser(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    const { recorder, store } = createScene({ endorser: forger });
    await recorder.record(session, eventEntry('forged'));
    expect((await verify(store)).reports[0]?.fault).toMatchObject({ code: 'endorsement-invalid', seq: 0 });
    const sign = forger.sign;
    forger.sign = async (digest) => ({ ...(await sign(digest)), keyId: 'https://evil.example/keys/k/1' });
    const elsewhere = createScene({ endorser: forger });
    await elsewhere.recorder.record(session, eventEntry('forged'));
    expect((await verify(elsewhere.store)).reports[0]?.fault).toMatchObject({ code: 'key-unknown', seq: 0 });
  });
});

describe('what could not be read', () => {
  it('is neither intact nor tampered', async () => {
    const { store } = await writeClosed();
    store.read = () => Promise.reject(new Error('403'));
    expect(await verify(store)).toMatchObject({ state: 'unreadable', totals: { unreadable: 1, tampered: 0 } });
  });
});

describe('the assurance', () => {
  it(proves('verify.assurance', 'is self-consistency, and says what it does not cover without seals'), async () => {
    const { store } = await writeClosed();
    const { assurance } = await verify(store);
    expect(assurance.level).toBe('self-consistent');
    expect(assurance.doesNotCover.join('\n')).toMatch(/whole segment[\s\S]*whole appends from the end/);
  });

  it('is none where something is tampered, unreadable, or nothing was found', async () => {
    const { store, path } = await writeClosed();
    store.content.set(path, Buffer.from('nonsense'));
    expect((await verify(store)).assurance).toMatchObject({ level: 'none', covers: [] });
    store.content.clear();
    expect(await verify(store)).toMatchObject({ state: 'empty', assurance: { level: 'none' } });
  });
});

/** What an attacker without the writer's key can do: make every hash fit again. */
function rechain(lines: readonly string[], from: number): string[] {
  const fitted = [...lines];
  for (let i = from; i < fitted.length; i += 1) {
    const prev = hashLine(fitted[i - 1] ?? '');
    fitted[i] = (fitted[i] ?? '').replace(/"prev":"[0-9a-f]{64}"\}\}$/, `"prev":"${prev}"}}`);
  }
  return fitted;
}
