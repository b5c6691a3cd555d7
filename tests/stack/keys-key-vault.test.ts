/**
 * The keyring and the credential broker over the adapters the app uses: the real Azure SDK clients against the Key
 * Vault stand-in and Azurite's tables.
 */
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { type KeyVault, startKeyVault } from '../../infra/local/key-vault/start.ts';
import { createKeyClient, createSecretClient, createTable } from '../../shared/azure/clients.ts';
import { createKeyVaultEndorser } from '../../shared/azure/key-vault-endorser.ts';
import { createKeyVaultSecretSource } from '../../shared/azure/key-vault-secrets.ts';
import { createKeyVaultWrapper } from '../../shared/azure/key-vault-wrapper.ts';
import { createKeyringTable } from '../../shared/azure/keyring-table.ts';
import { CredentialUnavailable, createCredentialBroker } from '../../shared/credentials/broker.ts';
import { addKeyVersion, loadKeyring } from '../../shared/keys/load-keyring.ts';
import { packMaster } from '../../shared/keys/master.ts';
import { proves } from '../requirements.ts';
import { AUTHORITY, createSelfSigningCredential, TENANT } from './key-vault-clients.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let vault: KeyVault;
let tables = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
});

afterAll(async () => {
  await proxy?.stop();
  await azurite?.stop();
});

beforeEach(async () => {
  vault = await startKeyVault({ port: 0, issuer: AUTHORITY, tenantId: TENANT });
  await Promise.all([vault.ensureKey('keyring', 'RSA'), vault.ensureKey('transcript-seal', 'EC')]);
  tables += 1;
});

afterEach(async () => {
  await vault.stop();
});

/** What one process of the app makes for itself; all of one test share the vault and the table. */
function createProcess() {
  const credential = createSelfSigningCredential();
  const client = createKeyClient(vault.url, credential);
  const endorser = createKeyVaultEndorser(client, 'transcript-seal');
  const direct = new URL(azurite.tableUrl).host;
  const connectionString = azurite.connectionString.replace(direct, `127.0.0.1:${proxy.port}`);
  const table = createTable({ connectionString }, credential, `keyring${tables}`);
  return {
    client,
    table,
    randomBytes,
    store: createKeyringTable(table),
    wrapper: createKeyVaultWrapper({ client, wrappingKey: 'keyring', signingKey: 'transcript-seal', endorser }),
  };
}

async function standingRows(): Promise<readonly { rowKey?: string; wrapped?: unknown; keyId?: unknown }[]> {
  const rows = [];
  for await (const row of createProcess().table.listEntities<{ wrapped: string; keyId: string }>()) rows.push(row);
  return rows;
}

describe('the keyring', () => {
  it(proves('keys.keyring', 'is made at the first start, rests wrapped, and opens in the next process'), async () => {
    const randoms: Uint8Array[] = [];
    const first = createProcess();
    const keep = (size: number) => {
      const bytes = randomBytes(size);
      randoms.push(bytes);
      return bytes;
    };
    const keyring = await loadKeyring({ ...first, randomBytes: keep });
    const again = await loadKeyring(createProcess());
    expect(again.name('session-id', 'alice')).toBe(keyring.name('session-id', 'alice'));

    const [row] = await standingRows();
    expect(row).toMatchObject({ rowKey: '0001', keyId: expect.stringContaining(`${vault.url}/keys/keyring/`) });
    const master = Buffer.from(randoms[0] ?? []);
    expect(master).toHaveLength(32);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(JSON.stringify(row)).not.toContain(master.toString(encoding));
    }
  });

  it(proves('keys.race', 'is one keyring when six processes start at once on an empty table'), async () => {
    const keyrings = await Promise.all(Array.from({ length: 6 }, () => loadKeyring(createProcess())));
    expect(new Set(keyrings.map((keyring) => keyring.name('token', 'x'))).size).toBe(1);
    expect(await standingRows()).toHaveLength(1);
  });

  it(
    proves('keys.race', 'takes its own insert for its own when the response was lost and the SDK sent it again'),
    async () => {
      const { table, store } = createProcess();
      await table.createTable();
      const lostBefore = proxy.lost;
      proxy.loseNext(`POST /devstoreaccount1/keyring${tables}`);
      const row = { version: 1, keyId: 'k', wrapped: Buffer.from('wrapped') };
      expect(await store.insert(row)).toBe('inserted');
      expect(proxy.lost).toBe(lostBefore + 1);
      expect(await store.insert({ ...row, wrapped: Buffer.from('another') })).toBe('exists');
    },
  );

  it(proves('keys.rotation', 'opens what the old version sealed, after the wrapping key was rotated too'), async () => {
    const before = await loadKeyring(createProcess());
    const sealed = before.seal('cookie', 'row', Buffer.from('hello'));
    await createProcess().client.createRsaKey('keyring');
    expect(await addKeyVersion(createProcess())).toBe(2);
    const after = await loadKeyring(createProcess());
    expect(after.seal('cookie', 'row', Buffer.from('hello'))).toMatch(/^2\./);
    expect(Buffer.from(after.open('cookie', 'row', sealed) ?? [])).toEqual(Buffer.from('hello'));
    expect(new Set((await standingRows()).map((row) => row.keyId)).size).toBe(2);
  });

  it('refuses a master that was wrapped with the public key by someone without the vault', async () => {
    await loadKeyring(createProcess());
    const { client, table } = createProcess();
    const { id, key } = await client.getKey('keyring');
    const [n, e] = [key?.n, key?.e].map((part) => Buffer.from(part ?? []).toString('base64url'));
    const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: n ?? '', e: e ?? '' } });
    const planted = packMaster(2, new Uint8Array(32));
    const padding = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    const wrapped = publicEncrypt(padding, planted).toString('base64url');
    const [first] = await standingRows();
    const envelope = JSON.parse(Buffer.from(String(first?.wrapped), 'base64url').toString('utf8'));
    const forged = Buffer.from(JSON.stringify({ ...envelope, wrapped })).toString('base64url');
    await table.createEntity({ partitionKey: 'keyring', rowKey: '0002', keyId: id ?? '', wrapped: forged });
    await expect(loadKeyring(createProcess())).rejects.toMatchObject({
      message: 'keyring version 2 could not be unwrapped',
      cause: { message: 'the signature by transcript-seal is not over this wrapped key' },
    });
  });

  it('never follows a row to another vault or another key', async () => {
    const { wrapper } = createProcess();
    const { keyId, wrapped } = await wrapper.wrap(packMaster(1, randomBytes(32)));
    for (const other of [
      keyId.replace('127.0.0.1', '127.0.0.2'),
      keyId.replace('/keys/keyring/', '/keys/transcript-seal/'),
      `${keyId}/../../other/1`,
      `${keyId}?api-version=1`,
      '',
    ]) {
      await expect(wrapper.unwrap(other, wrapped)).rejects.toThrow("not a version of the vault's key keyring");
    }
  });

  it('names the version and keeps the cause when the vault fails', async () => {
    await loadKeyring(createProcess());
    vault.faults.add({ does: 'fail', status: 500, path: '/unwrapkey', times: 10 });
    const failure = await loadKeyring(createProcess()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: 'keyring version 1 could not be unwrapped', cause: expect.any(Error) });
  });
});

describe('the endorser', () => {
  it('signs digests with the vault’s P-256 key, and survives an outage at the first signature', async () => {
    const endorser = createKeyVaultEndorser(createProcess().client, 'transcript-seal');
    vault.faults.add({ does: 'fail', status: 403, path: '/keys/transcript-seal', times: 1 });
    await expect(endorser.sign(randomBytes(32))).rejects.toThrow();
    const { keyId, signature } = await endorser.sign(randomBytes(32));
    expect(keyId).toMatch(/\/keys\/transcript-seal\/[0-9a-f]{32}$/);
    expect(signature).toHaveLength(64);
    await expect(endorser.sign(randomBytes(31))).rejects.toBeInstanceOf(RangeError);
  });
});

describe('the credential', () => {
  it(
    proves('credentials.cached', 'is read from the vault once, with its version, and anew after a rotation'),
    async () => {
      const client = createSecretClient(vault.url, createSelfSigningCredential());
      const first = await client.setSecret('crm-api-key', 'first-value');
      let nowMs = 0;
      const broker = createCredentialBroker({ source: createKeyVaultSecretSource(client), nowMs: () => nowMs });
      const config = { secret: 'crm-api-key', header: 'x-api-key' };
      const credential = await broker.credentialFor(config);
      expect(credential.value.reveal()).toBe('first-value');
      expect(credential.version).toBe(first.properties.version);

      await client.setSecret('crm-api-key', 'second-value');
      expect((await broker.credentialFor(config)).value.reveal()).toBe('first-value');
      nowMs += 5_000;
      broker.invalidate('crm-api-key', credential.version);
      expect((await broker.credentialFor(config)).value.reveal()).toBe('second-value');
    },
  );

  it('is unavailable, by name, when the vault has none', async () => {
    const client = createSecretClient(vault.url, createSelfSigningCredential());
    const broker = createCredentialBroker({ source: createKeyVaultSecretSource(client), nowMs: () => 0 });
    const failure = await broker.credentialFor({ secret: 'absent', header: 'x-api-key' }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(CredentialUnavailable);
    expect(failure).toMatchObject({ secret: 'absent', cause: { code: 'SecretNotFound' } });
  });
});

describe('the clients', () => {
  it('refuse plain http to anything but this machine', () => {
    const credential = createSelfSigningCredential();
    for (const url of ['http://vault.example', 'ftp://127.0.0.1', 'not a url']) {
      expect(() => createSecretClient(url, credential)).toThrow(TypeError);
      expect(() => createKeyClient(url, credential)).toThrow(TypeError);
      expect(() => createTable({ url }, credential, 'keyring')).toThrow(TypeError);
    }
    const connectionString = azurite.connectionString.replaceAll('127.0.0.1', 'storage.example');
    expect(() => createTable({ connectionString }, credential, 'keyring')).toThrow(TypeError);
  });
});
