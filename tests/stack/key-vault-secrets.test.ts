/** The Key Vault stand-in's secrets, its challenge, its file and its switch, driven by the real `SecretClient`. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type KeyVault, startKeyVault } from '../../infra/local/key-vault/start.ts';
import { proves } from '../requirements.ts';
import { AUTHORITY, createSecretClient, createSelfSigningCredential, TENANT } from './key-vault-clients.ts';

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

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'key-vault-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function collect<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

describe('secrets', () => {
  it(proves('vault.secrets', 'gives the newest version, or the one that is named'), async () => {
    const client = createSecretClient((await start()).url);
    const first = await client.setSecret('crm-key', 'one', { contentType: 'text/plain', tags: { owner: 'crm' } });
    const second = await client.setSecret('crm-key', 'two');

    expect((await client.getSecret('crm-key')).value).toBe('two');
    const { version } = first.properties;
    const old = await client.getSecret('crm-key', version === undefined ? {} : { version });
    expect(old.value).toBe('one');
    expect(old.properties).toMatchObject({ contentType: 'text/plain', tags: { owner: 'crm' }, enabled: true, version });
    expect(second.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(second.properties.createdOn?.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it(proves('vault.secrets', 'lists names and versions page by page, without values'), async () => {
    const vault = await start();
    const client = createSecretClient(vault.url);
    for (let n = 0; n < 60; n += 1) await vault.ensureSecret('much-used', `value-${n}`);
    await vault.ensureSecret('another', 'x');

    const versions = await collect(client.listPropertiesOfSecretVersions('much-used'));
    expect(new Set(versions.map(({ version }) => version)).size).toBe(60);
    expect(JSON.stringify(versions)).not.toContain('value-');
    const pages = await collect(client.listPropertiesOfSecretVersions('much-used').byPage());
    expect(pages.map((each) => each.length)).toEqual([25, 25, 10]);
    const names = (await collect(client.listPropertiesOfSecrets())).map(({ name }) => name);
    expect(names).toEqual(['another', 'much-used']);
  });

  it(proves('vault.secrets', 'does not give a disabled version, and gives it again once it is enabled'), async () => {
    const client = createSecretClient((await start()).url);
    const { properties } = await client.setSecret('crm-key', 'one');
    const version = properties.version ?? '';

    await client.updateSecretProperties('crm-key', version, { enabled: false, tags: { why: 'leaked' } });
    await expect(client.getSecret('crm-key')).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });

    const enabled = await client.updateSecretProperties('crm-key', version, { enabled: true });
    expect(enabled.tags).toEqual({ why: 'leaked' });
    expect((await client.getSecret('crm-key')).value).toBe('one');
  });

  it(
    proves('vault.secrets', 'deletes softly: gone, listed as deleted, its name taken until it is purged'),
    async () => {
      const client = createSecretClient((await start()).url);
      await client.setSecret('crm-key', 'one');
      const deleted = await (await client.beginDeleteSecret('crm-key', { intervalInMs: 1 })).pollUntilDone();

      expect(deleted.recoveryId).toContain('/deletedsecrets/crm-key');
      await expect(client.getSecret('crm-key')).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
      await expect(client.setSecret('crm-key', 'two')).rejects.toMatchObject({ statusCode: 409, code: 'Conflict' });
      await (await client.beginRecoverDeletedSecret('crm-key', { intervalInMs: 1 })).pollUntilDone();
      expect((await client.getSecret('crm-key')).value).toBe('one');

      await (await client.beginDeleteSecret('crm-key', { intervalInMs: 1 })).pollUntilDone();
      await client.purgeDeletedSecret('crm-key');
      expect(await collect(client.listDeletedSecrets())).toEqual([]);
      await client.setSecret('crm-key', 'three');
      expect((await client.getSecret('crm-key')).value).toBe('three');
    },
  );

  it('makes no new version when the seeded value is the same', async () => {
    const vault = await start();
    const first = await vault.ensureSecret('crm-key', 'one');
    expect(await vault.ensureSecret('crm-key', 'one')).toBe(first);
    expect(await vault.ensureSecret('crm-key', 'two')).not.toBe(first);
  });

  it('answers in Key Vault’s shape what it does not know', async () => {
    const client = createSecretClient((await start()).url);
    await expect(client.getSecret('nothing')).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    await expect(client.getSecret('../keys')).rejects.toMatchObject({ statusCode: 400, code: 'BadParameter' });
  });
});

describe('the door', () => {
  it(
    proves('vault.challenge', 'challenges the first call, and the credential is asked for that resource and tenant'),
    async () => {
      const vault = await start();
      await vault.ensureSecret('crm-key', 'one');

      const bare = await fetch(`${vault.url}/secrets/crm-key?api-version=7.6`);
      expect(bare.status).toBe(401);
      expect(bare.headers.get('www-authenticate')).toBe(
        `Bearer authorization="${AUTHORITY}", resource="https://vault.azure.net"`,
      );
      expect(await bare.json()).toMatchObject({ error: { code: 'Unauthorized' } });

      const credential = createSelfSigningCredential();
      const client = createSecretClient(vault.url, credential);
      await client.getSecret('crm-key');
      await client.getSecret('crm-key');
      expect(credential.asked).toEqual([{ scopes: ['https://vault.azure.net/.default'], tenantId: TENANT }]);
    },
  );

  it.each([
    ['another audience', { aud: 'https://storage.azure.com' }],
    ['an expiry that has passed', { exp: Math.floor(Date.now() / 1000) - 1 }],
    ['another tenant', { tid: '00000000-0000-4000-8000-000000000009' }],
  ])(proves('vault.challenge', 'refuses a token with %s'), async (_what, claims) => {
    const client = createSecretClient((await start()).url, createSelfSigningCredential(claims));
    await expect(client.getSecret('crm-key')).rejects.toMatchObject({ statusCode: 401 });
  });

  it('refuses what is no token', async () => {
    const { url } = await start();
    const headers = { authorization: 'Bearer not-a-token' };
    expect((await fetch(`${url}/secrets?api-version=7.6`, { headers })).status).toBe(401);
  });

  it('refuses a host name that is not loopback: no web page reaches it by rebinding its own name', async () => {
    const { url } = await start();
    const status = await new Promise((resolve, reject) => {
      get(`${url}/secrets`, { headers: { host: 'evil.example' } }, (response) => {
        resolve(response.resume().statusCode);
      }).once('error', reject);
    });
    expect(status).toBe(421);
  });

  it('rejects with one clear line when its port is in use', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    await expect(startKeyVault({ port, issuer: AUTHORITY, tenantId: TENANT })).rejects.toThrow(
      new Error(`key-vault: port ${port} is in use`),
    );
  });
});

describe('the file', () => {
  it(proves('vault.persist', 'keeps secrets, versions and deletions across a restart'), async () => {
    const folder = await createFolder();
    const before = await start(folder);
    const client = createSecretClient(before.url);
    await client.setSecret('crm-key', 'one');
    await client.setSecret('crm-key', 'two');
    await client.setSecret('old-key', 'x');
    await (await client.beginDeleteSecret('old-key', { intervalInMs: 1 })).pollUntilDone();
    await before.stop();

    const after = createSecretClient((await start(folder)).url);
    expect((await after.getSecret('crm-key')).value).toBe('two');
    expect(await collect(after.listPropertiesOfSecretVersions('crm-key'))).toHaveLength(2);
    expect((await collect(after.listDeletedSecrets())).map(({ name }) => name)).toEqual(['old-key']);
  });

  it('is readable by its owner only, and whole after writes that overlap', async () => {
    const folder = await createFolder();
    const vault = await start(folder);
    const client = createSecretClient(vault.url);
    await Promise.all(Array.from({ length: 20 }, (_, n) => client.setSecret(`key-${n}`, 'x')));

    const file = join(folder, 'key-vault.json');
    expect(JSON.parse(await readFile(file, 'utf8')).secrets).toHaveLength(20);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('the switch', () => {
  it(proves('vault.switch', 'fails as often as told, and the client’s retries see it'), async () => {
    const vault = await start();
    await vault.ensureSecret('crm-key', 'one');
    const client = createSecretClient(vault.url);
    await client.getSecret('crm-key');

    vault.faults.add({ does: 'fail', status: 503, method: 'GET', path: '^/secrets/crm-key', times: 2 });
    expect((await client.getSecret('crm-key')).value).toBe('one');
    vault.faults.add({ does: 'fail', status: 503, times: 3 });
    await expect(client.getSecret('crm-key')).rejects.toMatchObject({ statusCode: 503 });
    expect(vault.faults.list()).toEqual([]);
  });

  it(proves('vault.switch', 'drops the connection after the effect: the write has happened'), async () => {
    const vault = await start();
    const client = createSecretClient(vault.url);
    await client.setSecret('crm-key', 'one');

    vault.faults.add({ does: 'drop', method: 'PUT' });
    await client.setSecret('crm-key', 'two');

    expect(await collect(client.listPropertiesOfSecretVersions('crm-key'))).toHaveLength(3);
  });

  it(proves('vault.switch', 'is slow or silent when another process asks for it over HTTP'), async () => {
    const vault = await start();
    await vault.ensureSecret('crm-key', 'one');
    const client = createSecretClient(vault.url);
    await client.getSecret('crm-key');
    const post = (fault: unknown) =>
      fetch(`${vault.url}/_faults`, { method: 'POST', body: JSON.stringify(fault) }).then(({ status }) => status);

    expect(await post({ does: 'wait', ms: 150 })).toBe(200);
    const startedAt = performance.now();
    await client.getSecret('crm-key');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(149);

    expect(await post({ does: 'hang' })).toBe(200);
    await expect(client.getSecret('crm-key', { abortSignal: AbortSignal.timeout(100) })).rejects.toThrow();

    expect(await post({ does: 'fail', status: 500, times: 9 })).toBe(200);
    await fetch(`${vault.url}/_faults`, { method: 'DELETE' });
    expect((await client.getSecret('crm-key')).value).toBe('one');
    const fromPage = { method: 'POST', headers: { origin: 'https://evil.example' }, body: '{"does":"hang"}' };
    expect((await fetch(`${vault.url}/_faults`, fromPage)).status).toBe(403);
    expect(await post({ does: 'explode' })).toBe(400);
    expect(await post({ does: 'hang', path: '(' })).toBe(400);
  });

  it('fails after the effect when told so', async () => {
    const vault = await start();
    const client = createSecretClient(vault.url);
    await client.setSecret('crm-key', 'one');
    vault.faults.add({ does: 'fail', status: 500, when: 'after', method: 'DELETE' });
    await client.beginDeleteSecret('crm-key', { intervalInMs: 1 }).catch(() => undefined);
    await expect(client.getSecret('crm-key')).rejects.toMatchObject({ code: 'SecretNotFound' });
  });
});
