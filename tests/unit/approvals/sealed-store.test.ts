/** What is sealed opens where it belongs and nowhere else, and is gone once its key is. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SealedRef } from '../../../shared/approvals/approval.ts';
import {
  createSealedStore,
  MAX_SEALED_BYTES,
  type SealedBinding,
  type SealedStore,
} from '../../../shared/approvals/sealed-store.ts';
import type { Keyring } from '../../../shared/keys/keyring.ts';
import { addKeyVersion, loadKeyring } from '../../../shared/keys/load-keyring.ts';
import { proves } from '../../requirements.ts';
import { createMemoryTable, createMemoryWrapper } from '../keys/memory-vault.ts';
import { alice, bob, makeApproval } from './approval-fixture.ts';
import type { Fault } from './fault-point.ts';
import { createMemorySealedBlobs, type MemorySealedBlobs } from './memory-sealed-blobs.ts';

const mine: SealedBinding = { approval: makeApproval().id, kind: 'request', principal: alice.id };
const others: SealedBinding = { ...mine, approval: makeApproval({ number: 2 }).id };
const secret = Buffer.from('{"payment_id":"p-1","amount":900}');

const unreadable = { ok: false, error: 'unreadable' };
const erased = { ok: false, error: 'erased' };

let vault: Parameters<typeof loadKeyring>[0];
let keyring: Keyring;
let blobs: MemorySealedBlobs;
let store: SealedStore;

beforeEach(async () => {
  vault = { store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes };
  keyring = await loadKeyring(vault);
  blobs = createMemorySealedBlobs();
  store = createSealedStore({ keyring, blobs, randomBytes });
});

function blobOf({ blob }: SealedRef): Uint8Array {
  const bytes = blobs.content.get(blob);
  if (bytes === undefined) throw new Error('no such blob');
  return bytes;
}

describe('the sealed store', () => {
  it.each([0, 1, 12, 5_000_000])('gives back %i bytes as they were', async (length) => {
    const bytes = randomBytes(length);
    const opened = await store.open(mine, await store.seal(mine, bytes));
    expect(opened.ok && bytes.equals(opened.value)).toBe(true);
  });

  it('shows nothing of the content in blob, name or key, and seals the same twice differently', async () => {
    const [one, two] = await Promise.all([store.seal(mine, secret), store.seal(mine, secret)]);
    expect(one.blob).toMatch(new RegExp(`^${mine.approval}/request-[0-9a-f]{32}$`));
    expect(two.blob).not.toBe(one.blob);
    expect(two.key).not.toBe(one.key);
    expect(Buffer.from(blobOf(one)).includes('p-1')).toBe(false);
    expect(Buffer.from(blobOf(one)).equals(blobOf(two))).toBe(false);
  });

  it.each<{ what: string; binding: Partial<SealedBinding> }>([
    { what: 'another approval', binding: { approval: others.approval } },
    { what: 'the next request for the same call', binding: { approval: makeApproval({ generation: 2 }).id } },
    { what: 'the answer instead of the request', binding: { kind: 'answer' } },
    { what: 'another principal', binding: { principal: bob.id } },
    { what: 'nobody', binding: { principal: '' } },
  ])(proves('sealed.bound', 'does not open for $what'), async ({ binding }) => {
    const ref = await store.seal(mine, secret);
    expect(await store.open({ ...mine, ...binding }, ref)).toEqual(unreadable);
    expect(await store.open(mine, ref)).toEqual({ ok: true, value: secret });
  });

  it(proves('sealed.bound', 'does not open a blob that lost or changed any byte'), async () => {
    const ref = await store.seal(mine, secret);
    const whole = blobOf(ref);
    for (let at = 0; at < whole.length; at += 1) {
      blobs.content.set(ref.blob, whole.with(at, (whole[at] ?? 0) ^ 1));
      expect(await store.open(mine, ref)).toEqual(unreadable);
      blobs.content.set(ref.blob, whole.slice(0, at));
      expect(await store.open(mine, ref)).toEqual(unreadable);
    }
    blobs.content.set(ref.blob, Buffer.concat([whole, Buffer.of(0)]));
    expect(await store.open(mine, ref)).toEqual(unreadable);
  });

  it(proves('sealed.bound', 'does not open blobs, names or keys that were swapped between two approvals'), async () => {
    const [ref, foreign] = await Promise.all([store.seal(mine, secret), store.seal(others, Buffer.from('other'))]);
    expect(await store.open(mine, foreign)).toEqual(unreadable);
    expect(await store.open(mine, { ...ref, key: foreign.key })).toEqual(unreadable);
    expect(await store.open(mine, { ...ref, blob: foreign.blob })).toEqual(unreadable);
    const [bytes, foreignBytes] = [blobOf(ref), blobOf(foreign)];
    blobs.content.set(ref.blob, foreignBytes).set(foreign.blob, bytes);
    expect(await store.open(mine, ref)).toEqual(unreadable);
    expect(await store.open(others, foreign)).toEqual(unreadable);
  });

  it(
    proves('sealed.bound', 'does not open an earlier blob of the same approval in the place of a later one'),
    async () => {
      const answer: SealedBinding = { ...mine, kind: 'answer' };
      const [earlier, later] = [await store.seal(answer, Buffer.from('earlier')), await store.seal(answer, secret)];
      blobs.content.set(later.blob, blobOf(earlier));
      expect(await store.open(answer, later)).toEqual(unreadable);
    },
  );

  it('asks for no blob whose key was not made here', async () => {
    const ref = await store.seal(mine, secret);
    const before = blobs.faults.operations.length;
    const key = keyring.seal('cookie', mine.approval, randomBytes(32));
    for (const forged of [
      { ...ref, key },
      { ...ref, key: '' },
      { blob: '../keyring', key: ref.key },
    ]) {
      expect(await store.open(mine, forged)).toEqual(unreadable);
    }
    expect(blobs.faults.operations).toHaveLength(before);
  });

  it(proves('sealed.erased', 'opens for no key but its own, which only the row held'), async () => {
    const [ref, another] = await Promise.all([store.seal(mine, secret), store.seal(mine, secret)]);
    // The row's key is gone, the blob lingers, and whoever reads it holds every key of every other row.
    for (const key of [another.key, keyring.seal('sealed-store', mine.approval, randomBytes(32))]) {
      expect(await store.open(mine, { blob: ref.blob, key })).toEqual(unreadable);
    }
    expect(Buffer.from(blobOf(ref)).includes('p-1')).toBe(false);
  });

  it(proves('sealed.erased', 'says that a blob is erased, and erases one that is gone already'), async () => {
    const [ref, kept] = await Promise.all([store.seal(mine, secret), store.seal(mine, secret)]);
    await store.erase(ref);
    await store.erase(ref);
    expect([...blobs.content.keys()]).toEqual([kept.blob]);
    expect(await store.open(mine, ref)).toEqual(erased);
    expect(await store.open(mine, kept)).toEqual({ ok: true, value: secret });
  });

  it(
    proves('sealed.rotation', 'opens what an older version of the keyring sealed, and seals with the newest'),
    async () => {
      const before = await store.seal(mine, secret);
      await addKeyVersion(vault);
      const rotated = createSealedStore({ keyring: await loadKeyring(vault), blobs, randomBytes });
      const after = await rotated.seal(mine, secret);
      expect([before.key, after.key].map((key) => key.split('.')[0])).toEqual(['1', '2']);
      expect(await rotated.open(mine, before)).toEqual({ ok: true, value: secret });
      expect(await rotated.open(mine, after)).toEqual({ ok: true, value: secret });
      // An instance that has not started again yet knows the first version only.
      expect(await store.open(mine, after)).toEqual(unreadable);
    },
  );

  it.each<Fault>(['fail-before', 'lose-response', 'hang'])(
    'rejects when it meets "%s", and names no ref',
    async (fault) => {
      blobs.faults.fault = () => fault;
      await expect(store.seal(mine, secret)).rejects.toThrow('putBlob');
      blobs.faults.fault = () => 'none';
      const ref = await store.seal(mine, secret);
      blobs.faults.fault = () => fault;
      await expect(store.open(mine, ref)).rejects.toThrow('getBlob');
      await expect(store.erase(ref)).rejects.toThrow('deleteBlob');
    },
  );

  it('takes its own blob for its own when the response was lost and the SDK tried again', async () => {
    blobs.faults.fault = ({ index }) => (index === 0 ? 'lose-and-retry' : 'none');
    const ref = await store.seal(mine, secret);
    expect(await store.open(mine, ref)).toEqual({ ok: true, value: secret });
  });

  it('refuses what is no approval’s, and what is longer than any answer', async () => {
    await expect(store.seal({ ...mine, approval: '../transcripts' }, secret)).rejects.toThrow(TypeError);
    await expect(store.seal(mine, new Uint8Array(MAX_SEALED_BYTES + 1))).rejects.toThrow(RangeError);
    expect(blobs.content.size).toBe(0);
  });
});
