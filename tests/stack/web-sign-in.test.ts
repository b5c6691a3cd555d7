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
import { GATEWAY_URL, startSampleEntra } from './entra-client.ts';

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
