/** Sign-in with a browser against the Entra stand-in: real MSAL, a real managed identity, real signatures, over the wire. */

import { randomBytes } from 'node:crypto';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleDirectory, sampleGroups, sampleId } from '../../infra/local/entra/directory.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { createMsalCodeFlow } from '../../shared/azure/web-sign-in.ts';
import { createRemoteKeySource } from '../../shared/identity/key-source.ts';
import {
  createSignInSecrets,
  createWebSignIn,
  type SignInSecrets,
  type WebSignIn,
} from '../../shared/identity/web-sign-in.ts';
import { proves } from '../requirements.ts';
import { askToken, GATEWAY_URL, startSampleEntra } from './entra-client.ts';

const REDIRECT_URI = `${GATEWAY_URL}/ui/sign-in/callback`;
let entra: Entra;

beforeAll(async () => {
  entra = await startSampleEntra();
});
afterAll(() => entra.stop());
beforeEach(() => {
  vi.stubEnv('IDENTITY_ENDPOINT', entra.identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', entra.identity.header);
});
afterEach(() => {
  vi.unstubAllEnvs();
  entra.faults.clear();
});

interface SignInParts {
  readonly credential?: TokenCredential;
  readonly redirectUri?: string;
  readonly nowMs?: () => number;
  readonly tenantId?: string;
  readonly deadlineMs?: number;
}

function createSignIn(parts: SignInParts = {}): WebSignIn {
  const { credential = new ManagedIdentityCredential(), redirectUri = REDIRECT_URI, nowMs = Date.now } = parts;
  const settings = {
    tenantId: entra.tenantId,
    clientId: entra.clientId,
    authorityHost: entra.url,
    v2Issuer: entra.issuer,
    keysUrl: entra.keysUrl,
  };
  const { deadlineMs } = parts;
  return createWebSignIn({
    flow: createMsalCodeFlow({ entra: settings, credential, ...(deadlineMs !== undefined && { deadlineMs }) }),
    ...settings,
    tenantId: parts.tenantId ?? entra.tenantId,
    keys: createRemoteKeySource({ url: entra.keysUrl, fetch, nowMs: Date.now, deadline: AbortSignal.timeout }),
    redirectUri,
    clockSkewSeconds: 60,
    nowMs,
  });
}

/** Goes where a browser would, and picks `who`. */
async function pick(signIn: WebSignIn, who: string, secrets: SignInSecrets): Promise<URLSearchParams> {
  const location = await signIn.begin({ state: 'the-state', secrets });
  const response = await fetch(`${location}&user=${who}`, { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '', GATEWAY_URL).searchParams;
}

async function signInAs(who: string, parts: SignInParts = {}) {
  const signIn = createSignIn(parts);
  const secrets = createSignInSecrets(randomBytes);
  const answer = await pick(signIn, who, secrets);
  return signIn.finish({ code: answer.get('code') ?? '', secrets });
}

describe('begin', () => {
  it(proves('sign-in.flow', 'asks for a code with PKCE, state and nonce, and shows no verifier'), async () => {
    const secrets = createSignInSecrets(randomBytes);
    const location = new URL(await createSignIn().begin({ state: 'the-state', secrets }));
    expect(location.origin + location.pathname).toBe(`${entra.authority}/oauth2/v2.0/authorize`);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      client_id: entra.clientId,
      response_type: 'code',
      response_mode: 'query',
      redirect_uri: REDIRECT_URI,
      state: 'the-state',
      nonce: secrets.nonce,
      code_challenge_method: 'S256',
    });
    expect(location.href).not.toContain(secrets.codeVerifier);
  });
});

describe('finish', () => {
  it(proves('sign-in.flow', 'says who signed in, with their groups'), async () => {
    expect(await signInAs('bob')).toMatchObject({
      ok: true,
      value: {
        tenant: sampleDirectory.tenantId,
        principal: { kind: 'user', id: sampleId('b2'), name: 'bob@sallyport.example', guest: false },
        agent: { id: entra.clientId },
        groups: [sampleGroups.finance],
      },
    });
  });

  it('tells groups that were too many for the token from none', async () => {
    expect(await signInAs('grace')).toMatchObject({ ok: true, value: { groups: 'overage' } });
    expect(await signInAs('mallory')).toMatchObject({ ok: true, value: { groups: [] } });
  });
});

describe('what signs nobody in', () => {
  const refused = (detail: unknown) => ({ ok: false, error: { reason: 'sign-in-refused', detail } });

  it(proves('sign-in.refused', 'a code without the verifier that it was begun with'), async () => {
    const signIn = createSignIn();
    const [secrets, others] = [createSignInSecrets(randomBytes), createSignInSecrets(randomBytes)];
    const code = (await pick(signIn, 'bob', secrets)).get('code') ?? '';
    const stolen = { ...secrets, codeVerifier: others.codeVerifier };
    expect(await signIn.finish({ code, secrets: stolen })).toEqual(refused('the authority answered invalid_grant'));
  });

  it(proves('sign-in.refused', 'an ID token of another sign-in'), async () => {
    const signIn = createSignIn();
    const [secrets, others] = [createSignInSecrets(randomBytes), createSignInSecrets(randomBytes)];
    const code = (await pick(signIn, 'bob', secrets)).get('code') ?? '';
    const mixed = { ...secrets, nonce: others.nonce };
    expect(await signIn.finish({ code, secrets: mixed })).toEqual(refused('the ID token does not fit: nonce_mismatch'));
  });

  it(proves('sign-in.refused', 'a code twice, a made-up one, and one for another address'), async () => {
    const signIn = createSignIn();
    const secrets = createSignInSecrets(randomBytes);
    const code = (await pick(signIn, 'bob', secrets)).get('code') ?? '';
    expect(await signIn.finish({ code, secrets })).toMatchObject({ ok: true });
    for (const bad of [code, 'made-up']) {
      expect(await signIn.finish({ code: bad, secrets }), bad).toMatchObject(refused(expect.any(String)));
    }
    const another = (await pick(signIn, 'bob', secrets)).get('code') ?? '';
    const elsewhere = createSignIn({ redirectUri: 'http://127.0.0.1:7071/ui/elsewhere' });
    expect(await elsewhere.finish({ code: another, secrets })).toMatchObject(refused(expect.any(String)));
  });

  it(proves('sign-in.refused', 'an ID token of another tenant, or of a time that is over'), async () => {
    const tenantId = '5a11e000-0000-4000-8000-000000000002';
    expect(await signInAs('bob', { tenantId })).toMatchObject(refused(expect.stringContaining('wrong-tenant')));
    const later = () => Date.now() + 2 * 3_600_000;
    expect(await signInAs('bob', { nowMs: later })).toMatchObject(refused(expect.stringContaining('expired')));
    const before = () => Date.now() - 3_600_000;
    expect(await signInAs('bob', { nowMs: before })).toMatchObject(refused(expect.stringContaining('not-yet-valid')));
  });

  /** A credential with a token as the stand-in mints it. */
  const assertion = (request: Parameters<Entra['issueToken']>[0]): TokenCredential => ({
    getToken: async () => ({ token: await entra.issueToken(request), expiresOnTimestamp: Date.now() + 60_000 }),
  });
  const exchange = { audience: 'api://AzureADTokenExchange', version: 2 } as const;

  it.each([
    ['of another app', { app: 'reporting-bot', ...exchange }],
    ['of a person', { user: 'bob', ...exchange }],
    ['for another audience', { app: 'gateway-identity', ...exchange, audience: 'https://graph.microsoft.com' }],
    ['of another issuer', { app: 'gateway-identity', ...exchange, version: 1 }],
    ['that is over', { app: 'gateway-identity', ...exchange, ttlSeconds: -60 }],
    ['that another key signed', { app: 'gateway-identity', ...exchange, key: 'foreign' }],
    ['that nobody signed', { app: 'gateway-identity', ...exchange, alg: 'none' }],
  ] as const)(proves('sign-in.refused', 'an assertion %s'), async (_what, request) => {
    expect(await signInAs('bob', { credential: assertion({ ...exchange, app: 'gateway-identity' }) })).toMatchObject({
      ok: true,
    });
    expect(await signInAs('bob', { credential: assertion(request) })).toEqual(
      refused('the authority answered invalid_client'),
    );
  });

  it(proves('sign-in.refused', 'the client id alone, at the authority'), async () => {
    const form = { grant_type: 'authorization_code', client_id: entra.clientId, code: 'x', redirect_uri: REDIRECT_URI };
    for (const more of [{}, { client_secret: 'x' }, { client_assertion: 'x' }]) {
      expect(await askToken(entra.issuer, { ...form, ...more })).toMatchObject({
        status: 401,
        error: 'invalid_client',
      });
    }
  });
});

describe('while something is down', () => {
  const unavailable = (cause: unknown = expect.anything()) => ({
    ok: false,
    error: { reason: 'authority-unavailable', cause },
  });

  it('an authority that fails, hangs or hangs up is an outage, within the deadline', async () => {
    const signIn = createSignIn({ deadlineMs: 300 });
    const secrets = createSignInSecrets(randomBytes);
    const code = (await pick(signIn, 'bob', secrets)).get('code') ?? '';
    const strikes = [{ does: 'fail', status: 503 }, { does: 'hang' }, { does: 'drop', when: 'before' }] as const;
    for (const strike of strikes) {
      entra.faults.add({ ...strike, method: 'POST', path: '/token' });
      expect(await signIn.finish({ code, secrets }), strike.does).toEqual(unavailable());
    }
    expect(await signIn.finish({ code, secrets })).toMatchObject({ ok: true });
  });

  it('an identity that gives no token is an outage', async () => {
    const credential: TokenCredential = { getToken: async () => null };
    expect(await signInAs('bob', { credential })).toEqual(unavailable());
    const failing: TokenCredential = { getToken: () => Promise.reject(new Error('no identity here')) };
    expect(await signInAs('bob', { credential: failing })).toEqual(
      unavailable(expect.objectContaining({ message: 'no identity here' })),
    );
  });
});
