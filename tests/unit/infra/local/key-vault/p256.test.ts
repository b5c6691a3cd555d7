/** The stand-in's ECDSA over a digest against node:crypto's over the data: each must accept the other's signatures. */
import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signDigest, verifyDigest } from '../../../../../infra/local/key-vault/p256.ts';

function createKeys() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
  const part = (text: string) => Buffer.from(text, 'base64url');
  return { privateKey, publicKey, secret: part(d), point: { x: part(x), y: part(y) } };
}

const digestOf = (data: Uint8Array) => createHash('sha256').update(data).digest();
const rounds = Array.from({ length: 25 }, () => randomBytes(50));

describe('ECDSA on P-256', () => {
  it('makes signatures that node:crypto accepts', () => {
    for (const data of rounds) {
      const { publicKey, secret } = createKeys();
      const signature = signDigest(secret, digestOf(data));
      expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    }
  });

  it('accepts signatures that node:crypto makes, and none with a bit changed', () => {
    const { privateKey, point } = createKeys();
    for (const [index, data] of rounds.entries()) {
      const signature = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verifyDigest(point, digestOf(data), signature)).toBe(true);
      signature.writeUInt8(signature.readUInt8(index) ^ 1, index);
      expect(verifyDigest(point, digestOf(data), signature)).toBe(false);
    }
  });

  it('refuses zeros, numbers past the order and other lengths', () => {
    const { point } = createKeys();
    const digest = digestOf(Buffer.from('x'));
    for (const signature of [Buffer.alloc(64), Buffer.alloc(64, 0xff), Buffer.alloc(0), Buffer.alloc(65, 1)]) {
      expect(verifyDigest(point, digest, signature)).toBe(false);
    }
  });

  it('signs the same digest differently each time', () => {
    const { secret } = createKeys();
    const digest = digestOf(Buffer.from('x'));
    expect(signDigest(secret, digest)).not.toEqual(signDigest(secret, digest));
  });
});
