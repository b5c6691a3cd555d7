/** The Key Vault stand-in's keys, driven by the real `KeyClient` and `CryptographyClient`. */
import { createHash, createPublicKey, publicEncrypt, randomBytes, verify } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyVaultKey } from '@azure/keyvault-keys';
import { afterEach, describe, expect, it } from 'vitest';
import { type KeyVault, startKeyVault } from '../../infra/local/key-vault/start.ts';
import { proves } from '../requirements.ts';
import { AUTHORITY, createCryptographyClient, createKeyClient, TENANT } from './key-vault-clients.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(folder?: string): Promise<KeyVault> {
  const vault = await startKeyVault({
    port: 0,
    issuer: AUTHORITY,
    tenantId: TENANT,
    ...(folder === undefined ? {} : { folder }),
  });
  cleanups.push(() => vault.stop());
  return vault;
}

const digestOf = (data: Uint8Array) => createHash('sha256').update(data).digest();

function publicKeyOf({ key }: KeyVaultKey) {
  const text = (part: Uint8Array | undefined) => Buffer.from(part ?? []).toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: text(key?.x), y: text(key?.y) }, format: 'jwk' });
}

describe('EC keys', () => {
  it(proves('vault.keys', 'sign digests with ES256 so that anyone with the public key can verify'), async () => {
    const vault = await start();
    await vault.ensureKey('seal', 'EC');
    const key = await createKeyClient(vault.url).getKey('seal');
    const client = createCryptographyClient(key);

    for (let n = 0; n < 20; n += 1) {
      const data = randomBytes(100);
      const { result } = await client.sign('ES256', digestOf(data));
      expect(result).toHaveLength(64);
      expect(verify('sha256', data, { key: publicKeyOf(key), dsaEncoding: 'ieee-p1363' }, result)).toBe(true);
    }
    expect(key.key).toMatchObject({ kty: 'EC', crv: 'P-256', keyOps: ['sign', 'verify'] });
    expect(key.key?.d).toBeUndefined();
  });

  it(proves('vault.keys', 'verify a good signature remotely, and no other'), async () => {
    const vault = await start();
    const key = await createKeyClient(vault.url).createEcKey('seal', { curve: 'P-256' });
    const client = createCryptographyClient(key.id ?? '');
    const digest = digestOf(Buffer.from('the seal'));
    const { result } = await client.sign('ES256', digest);
    const changed = Buffer.from(result);
    changed[40] = (changed[40] ?? 0) ^ 1;

    expect((await client.verify('ES256', digest, result)).result).toBe(true);
    expect((await client.verify('ES256', digest, changed)).result).toBe(false);
    expect((await client.verify('ES256', digestOf(Buffer.from('another')), result)).result).toBe(false);
    expect((await client.verify('ES256', digest, Buffer.alloc(64))).result).toBe(false);
  });

  it('signs and verifies whole data through the client’s own hashing', async () => {
    const vault = await start();
    const key = await createKeyClient(vault.url).createKey('seal', 'EC');
    const client = createCryptographyClient(key);
    const data = Buffer.from('the whole data');
    const { result } = await client.signData('ES256', data);
    expect((await client.verifyData('ES256', data, result)).result).toBe(true);
  });

  it('gives each version its own key, and uses the one that is named', async () => {
    const vault = await start();
    const keys = createKeyClient(vault.url);
    const first = await keys.createEcKey('seal');
    const second = await keys.createEcKey('seal');
    const data = Buffer.from('x');

    const { result, keyID } = await createCryptographyClient(first.id ?? '').sign('ES256', digestOf(data));

    expect(keyID).toBe(first.id);
    expect(verify('sha256', data, { key: publicKeyOf(first), dsaEncoding: 'ieee-p1363' }, result)).toBe(true);
    expect(verify('sha256', data, { key: publicKeyOf(second), dsaEncoding: 'ieee-p1363' }, result)).toBe(false);
    expect((await keys.getKey('seal')).id).toBe(second.id);
  });
});

describe('RSA keys', () => {
  it(
    proves('vault.keys', 'unwrap what they wrapped with RSA-OAEP-256, and what anyone wrapped with the public key'),
    async () => {
      const vault = await start();
      await vault.ensureKey('keyring', 'RSA');
      const key = await createKeyClient(vault.url).getKey('keyring');
      const remote = createCryptographyClient(key.id ?? '');
      const master = randomBytes(32);

      const wrapped = await remote.wrapKey('RSA-OAEP-256', master);
      expect(Buffer.from((await remote.unwrapKey('RSA-OAEP-256', wrapped.result)).result)).toEqual(master);

      const text = (part: Uint8Array | undefined) => Buffer.from(part ?? []).toString('base64url');
      const publicKey = createPublicKey({
        key: { kty: 'RSA', n: text(key.key?.n), e: text(key.key?.e) },
        format: 'jwk',
      });
      const locallyWrapped = publicEncrypt({ key: publicKey, oaepHash: 'sha256' }, master);
      expect(Buffer.from((await remote.unwrapKey('RSA-OAEP-256', locallyWrapped)).result)).toEqual(master);
    },
  );

  it(proves('vault.keys', 'refuse a wrapped key that was changed, a wrong algorithm and a disabled key'), async () => {
    const vault = await start();
    const keys = createKeyClient(vault.url);
    const key = await keys.createRsaKey('keyring', { keySize: 3072 });
    const client = createCryptographyClient(key.id ?? '');
    const { result } = await client.wrapKey('RSA-OAEP-256', randomBytes(32));
    const changed = Buffer.from(result);
    changed[7] = (changed[7] ?? 0) ^ 1;

    expect(result).toHaveLength(384);
    await expect(client.unwrapKey('RSA-OAEP-256', changed)).rejects.toMatchObject({ code: 'BadParameter' });
    await expect(client.unwrapKey('RSA1_5', result)).rejects.toMatchObject({ code: 'BadParameter' });
    await expect(client.sign('ES256', randomBytes(32))).rejects.toMatchObject({ code: 'BadParameter' });
    await keys.updateKeyProperties('keyring', key.properties.version ?? '', { enabled: false });
    await expect(client.unwrapKey('RSA-OAEP-256', result)).rejects.toMatchObject({ statusCode: 403 });
  });
});

it(
  proves('vault.persist', 'a key outlives a restart: what it wrapped and signed before still opens and verifies'),
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'key-vault-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const before = await start(folder);
    const [versionId] = await Promise.all([before.ensureKey('keyring', 'RSA'), before.ensureKey('seal', 'EC')]);
    const master = randomBytes(32);
    const keyId = `${before.url}/keys/keyring/${versionId}`;
    const { result } = await createCryptographyClient(keyId).wrapKey('RSA-OAEP-256', master);
    await before.stop();

    const after = await start(folder);
    expect(await after.ensureKey('keyring', 'RSA')).toBe(versionId);
    const { id } = await createKeyClient(after.url).getKey('keyring');
    const unwrapped = await createCryptographyClient(id ?? '').unwrapKey('RSA-OAEP-256', result);
    expect(Buffer.from(unwrapped.result)).toEqual(master);
    expect(await readFile(join(folder, 'key-vault.json'), 'utf8')).toContain('"crv": "P-256"');
  },
);
