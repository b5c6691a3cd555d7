/** What stands in the Entra stand-in's tokens, the bad ones it mints for tests, and its managed-identity endpoint. */
import { createHmac, createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Entra } from '../../infra/local/entra/start.ts';
import { startKeyVault } from '../../infra/local/key-vault/start.ts';
import { proves } from '../requirements.ts';
import { fetchKeys, signIn, startSampleEntra } from './entra-client.ts';
import { createSecretClient, createSelfSigningCredential } from './key-vault-clients.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options?: Parameters<typeof startSampleEntra>[0]): Promise<Entra> {
  const entra = await startSampleEntra(options);
  cleanups.push(() => entra.stop());
  return entra;
}

const TENANT = '5a11e000-0000-4000-8000-000000000001';
const GATEWAY = '5a11e000-0000-4000-8000-0000000000c0';
const SUPPORT = '5a11e000-0000-4000-8000-0000000000a1';
const IDENTITY = '5a11e000-0000-4000-8000-0000000000c3';

function verify(entra: Entra, token: string) {
  return jwtVerify(token, createRemoteJWKSet(new URL(entra.keysUrl)), { algorithms: ['RS256'] });
}

describe('access tokens', () => {
  it(
    proves('entra.tokens', 'of version 2 for a user name the client in azp and the gateway by its client id'),
    async () => {
      const entra = await start();
      const { payload, protectedHeader } = await verify(entra, await entra.issueToken({ user: 'alice' }));
      expect(protectedHeader).toMatchObject({ typ: 'JWT', alg: 'RS256' });
      expect(payload).toMatchObject({
        aud: GATEWAY,
        iss: entra.issuer,
        azp: '5a11e000-0000-4000-8000-0000000000c1',
        oid: '5a11e000-0000-4000-8000-0000000000b1',
        tid: TENANT,
        scp: 'Mcp.Invoke',
        groups: [SUPPORT],
        preferred_username: 'alice@sallyport.example',
        name: 'Alice Archer',
        acct: 0,
        ver: '2.0',
      });
      expect(payload).not.toHaveProperty('roles');
      expect(payload).not.toHaveProperty('idtyp');
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
      expect(payload.uti).not.toBe(decodeJwt(await entra.issueToken({ user: 'alice' })).uti);
    },
  );

  it(proves('entra.tokens', 'of version 1 name the client in appid and the gateway by its URI'), async () => {
    const entra = await start();
    const { payload } = await verify(entra, await entra.issueToken({ user: 'alice', version: 1 }));
    expect(payload).toMatchObject({
      aud: `api://${GATEWAY}`,
      iss: entra.v1Issuer,
      appid: '5a11e000-0000-4000-8000-0000000000c1',
      upn: 'alice@sallyport.example',
      scp: 'Mcp.Invoke',
      ver: '1.0',
    });
    expect(entra.v1Issuer).toBe(`https://sts.windows.net/${TENANT}/`);
    expect(payload).not.toHaveProperty('azp');
    expect(payload).not.toHaveProperty('preferred_username');
  });

  it(proves('entra.tokens', 'of an app by itself have roles and idtyp, and neither scope nor groups'), async () => {
    const entra = await start();
    for (const version of [1, 2] as const) {
      const { payload } = await verify(entra, await entra.issueToken({ app: 'reporting-bot', version }));
      expect(payload).toMatchObject({
        idtyp: 'app',
        oid: '5a11e000-0000-4000-8000-0000000000d2',
        sub: '5a11e000-0000-4000-8000-0000000000d2',
        roles: ['Mcp.Invoke.All'],
        [version === 1 ? 'appid' : 'azp']: '5a11e000-0000-4000-8000-0000000000c2',
      });
      for (const claim of ['scp', 'groups', 'name', 'upn']) expect(payload).not.toHaveProperty(claim);
    }
  });

  it(proves('entra.overage', 'of a user in more groups than fit say where to ask instead'), async () => {
    const { issuer } = await start();
    const grace = { oid: '5a11e000-0000-4000-8000-0000000000b6' };
    const answer = await signIn(issuer, { login_hint: 'grace', scope: `api://${GATEWAY}/.default` });
    const claims = decodeJwt(answer.access_token ?? '');
    expect(claims).toMatchObject({
      ...grace,
      _claim_names: { groups: 'src1' },
      _claim_sources: {
        src1: { endpoint: `https://graph.windows.net/${TENANT}/users/${grace.oid}/getMemberObjects` },
      },
    });
    expect(claims).not.toHaveProperty('groups');
  });

  it(proves('entra.overage', 'hold 200 groups and no more'), async () => {
    const entra = await start();
    const groups = Array.from({ length: 201 }, (_, n) => `group-${n}`);
    const claimsFor = async (count: number) =>
      decodeJwt(await entra.issueToken({ user: 'alice', groups: groups.slice(0, count) }));
    expect((await claimsFor(200)).groups).toHaveLength(200);
    expect(await claimsFor(201)).toMatchObject({ _claim_names: { groups: 'src1' } });
    expect(await claimsFor(0)).not.toHaveProperty('groups');
  });

  it('can be as bad as a test wants', async () => {
    const entra = await start();
    const bad = (request: Parameters<Entra['issueToken']>[0]) => entra.issueToken({ user: 'alice', ...request });
    const codeOf = async (token: string) => (await verify(entra, token).catch((error: unknown) => error)) as unknown;

    expect(await codeOf(await bad({ ttlSeconds: -1 }))).toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    expect(await codeOf(await bad({ validFromSeconds: 60 }))).toMatchObject({ claim: 'nbf' });
    expect(await codeOf(await bad({ key: 'foreign' }))).toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
    expect(await codeOf(await bad({ key: 'unknown' }))).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });

    const unsigned = await bad({ alg: 'none' });
    expect([decodeProtectedHeader(unsigned).alg, unsigned.split('.')[2]]).toEqual(['none', '']);

    const confused = await bad({ alg: 'HS256' });
    const [key = {}] = await fetchKeys(entra);
    const pem = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const signed = confused.slice(0, confused.lastIndexOf('.'));
    expect(confused).toBe(`${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`);

    const odd = decodeJwt(
      await bad({
        tenant: 'another',
        audience: 'x',
        scope: '',
        issuer: 'https://evil.example',
        claims: { oid: null, a: 1 },
      }),
    );
    expect(odd).toMatchObject({ tid: 'another', aud: 'x', iss: 'https://evil.example', a: 1 });
    for (const claim of ['scp', 'oid']) expect(odd).not.toHaveProperty(claim);
    expect(decodeJwt(await bad({ tenant: 'another' })).iss).toBe(`${entra.url}/another/v2.0`);
    await expect(bad({ user: 'nobody' })).rejects.toThrow('no user is named nobody');
  });

  it('survive a restart, issuer and all, when there is a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'entra-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const before = await start({ folder });
    const [token, secret] = [await before.issueToken({ user: 'alice' }), before.clientSecret('reporting-bot')];
    await before.stop();

    const after = await start({ folder });
    const { payload } = await verify(after, token);
    expect(payload.iss).toBe(after.issuer);
    expect(after.clientSecret('reporting-bot')).toBe(secret);
    expect(after.identity).toEqual(before.identity);
  });

  it('starts on another port when the old one was taken meanwhile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'entra-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const first = await start({ folder });
    const second = await start({ folder });
    expect(second.url).not.toBe(first.url);
    await expect(startSampleEntra({ port: Number(new URL(first.url).port) })).rejects.toThrow(
      /^entra: port \d+ is in use$/,
    );
  });
});

describe('the managed identity', () => {
  let entra: Entra;

  // One for all: MSAL remembers the endpoint that it found first for as long as the process lives.
  beforeAll(async () => {
    entra = await startSampleEntra();
  });

  afterAll(() => entra.stop());

  beforeEach(() => {
    vi.stubEnv('IDENTITY_ENDPOINT', entra.identity.endpoint);
    vi.stubEnv('IDENTITY_HEADER', entra.identity.header);
  });

  it(proves('entra.identity', 'serves ManagedIdentityCredential, by itself and by client id'), async () => {
    for (const credential of [new ManagedIdentityCredential(), new ManagedIdentityCredential({ clientId: IDENTITY })]) {
      const { token, expiresOnTimestamp } = await credential.getToken('https://storage.azure.com/.default');
      const { payload } = await verify(entra, token);
      expect(payload).toMatchObject({
        aud: 'https://storage.azure.com',
        iss: entra.v1Issuer,
        appid: IDENTITY,
        idtyp: 'app',
      });
      expect(expiresOnTimestamp).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    }
    const unknown = new ManagedIdentityCredential({ clientId: GATEWAY, retryOptions: { maxRetries: 0 } });
    await expect(unknown.getToken('https://storage.azure.com/.default')).rejects.toThrow();
  });

  it(proves('entra.identity', 'opens the vault through DefaultAzureCredential, its signature verified'), async () => {
    const vault = await startKeyVault({ port: 0, issuer: entra.issuer, tenantId: TENANT, keysUrl: entra.keysUrl });
    cleanups.push(() => vault.stop());
    await vault.ensureSecret('crm-api-key', 'the secret');

    const client = createSecretClient(vault.url, new DefaultAzureCredential());
    expect((await client.getSecret('crm-api-key')).value).toBe('the secret');

    const forged = createSecretClient(vault.url, createSelfSigningCredential());
    await expect(forged.getSecret('crm-api-key')).rejects.toMatchObject({ statusCode: 401 });
    const bare = await fetch(`${vault.url}/secrets/crm-api-key?api-version=7.6`);
    expect(bare.headers.get('www-authenticate')).toContain(`authorization="${entra.authority}"`);
  });

  it('gives nothing without the header of this process', async () => {
    const { url, identity } = entra;
    const ask = async (header: Record<string, string>) =>
      (await fetch(`${url}/msi/token?api-version=2019-08-01&resource=https://vault.azure.net`, { headers: header }))
        .status;
    expect(await ask({})).toBe(401);
    expect(await ask({ 'x-identity-header': 'guessed' })).toBe(401);
    expect(await ask({ 'x-identity-header': identity.header })).toBe(200);
  });
});
