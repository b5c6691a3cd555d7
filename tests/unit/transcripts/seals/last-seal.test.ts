/** The home page's question: when was the last seal, and does it hold? */
import { describe, expect, it } from 'vitest';
import { readLastSeal } from '../../../../shared/transcripts/seals/last-seal.ts';
import { merkleRoot } from '../../../../shared/transcripts/seals/merkle.ts';
import { hashBytes } from '../../../../shared/transcripts/seals/sign-document.ts';
import { proves } from '../../../requirements.ts';
import { eventEntry, session, testEndorsingKey } from '../scene.ts';
import { createSealScene } from './seal-scene.ts';

describe('the last seal', () => {
  it(proves('seal.status', 'is there with its time, and says whether it is linked to the one before'), async () => {
    const { store, recorder, clock, seal } = createSealScene();
    const last = () => readLastSeal({ reader: store, endorsingKey: testEndorsingKey });
    expect(await last()).toBeUndefined();
    await seal();
    expect(await last()).toMatchObject({ number: 1, isLinked: true, left: 0, time: '2026-11-22T12:00:00.000Z' });
    await clock.advance(60_000);
    await recorder.record(session, eventEntry('e-1'));
    await seal();
    const newest = 'seals/chain/0000000/0000000002.json';
    const sha256 = hashBytes(store.content.get(newest) ?? Buffer.of());
    expect(await last()).toMatchObject({ number: 2, sha256, isLinked: true });
    const before = 'seals/chain/0000000/0000000001.json';
    store.content.set(before, Buffer.from(`${store.content.get(before)}`.replace('"left":0', '"left":1')));
    expect(await last()).toMatchObject({ number: 2, isLinked: false });
    // One that the vault did not sign is none.
    store.content.set(newest, Buffer.from(`${store.content.get(newest)}`.replace('"left":0', '"left":1')));
    expect(await last()).toBeUndefined();
  });
});

describe('the Merkle root', () => {
  it('is that of RFC 6962, whose test vectors these are', () => {
    const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const roots = [
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ];
    const bytes = leaves.map((leaf) => Buffer.from(leaf, 'hex').toString('latin1'));
    for (const [count, root] of roots.entries()) expect(merkleRoot(bytes.slice(0, count))).toBe(root);
  });
});
