/** The Entra stand-in's OAuth endpoints, over the wire, and the MCP SDK's own client dance against them. */
import { auth, type OAuthClientProvider, type OAuthDiscoveryState } from '@modelcontextprotocol/client';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { sampleDirectory } from '../../infra/local/entra/directory.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { proves } from '../requirements.ts';
import {
  ASSISTANT,
  askToken,
  authorize,
  CRM,
  fetchKeys,
  fetchMetadata,
  GATEWAY_URL,
  REDIRECT_URI,
  signIn,
  startSampleEntra,
} from './entra-client.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options?: Parameters<typeof startSampleEntra>[0]): Promise<Entra> {
  const entra = await startSampleEntra(options);
  cleanups.push(() => entra.stop());
  return entra;
}

const TENANT = '5a11e000-0000-4000-8000-000000000001';
const GATEWAY = '5a11e000-0000-4000-8000-0000000000c0';
const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
const SCOPE = `openid profile offline_access ${CRM}/Mcp.Invoke`;

const API = `${GATEWAY_URL}/api`;

describe('discovery', () => {
  it(proves('entra.discovery', 'has Entra’s issuer, paths and keys, wherever clients look for it'), async () => {
    const entra = await start();
    const { url, issuer } = entra;
    expect(issuer).toBe(`${url}/${TENANT}/v2.0`);
    expect(await fetchMetadata(issuer)).toEqual({
      issuer,
      authorization_endpoint: `${url}/${TENANT}/oauth2/v2.0/authorize`,
      token_endpoint: `${url}/${TENANT}/oauth2/v2.0/token`,
      jwks_uri: `${url}/${TENANT}/discovery/v2.0/keys`,
    });
    const own = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
    for (const path of ['oauth-authorization-server', 'openid-configuration']) {
      expect(await (await fetch(`${url}/.well-known/${path}/${TENANT}/v2.0`)).json()).toEqual(own);
    }
    expect((await fetch(`${url}/common/v2.0/.well-known/openid-configuration`)).status).toBe(404);
  });

  it(proves('entra.discovery', 'publishes the public part of its keys only'), async () => {
    const entra = await start();
    const keys = await fetchKeys(entra);
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['e', 'issuer', 'kid', 'kty', 'n', 'use']]);
  });
});

describe('authorization code', () => {
  it(proves('entra.code', 'gives a public client a token for the resource it named, with PKCE'), async () => {
    const { issuer, keysUrl } = await start();
    const answer = await signIn(issuer, { login_hint: 'alice', scope: SCOPE, resource: CRM });

    const keys = createRemoteJWKSet(new URL(keysUrl));
    const { payload, protectedHeader } = await jwtVerify(answer.access_token ?? '', keys, {
      issuer,
      audience: GATEWAY,
    });
    expect(protectedHeader).toMatchObject({ typ: 'JWT', alg: 'RS256' });
    expect(payload).toMatchObject({ oid: ALICE, azp: ASSISTANT, scp: 'Mcp.Invoke', tid: TENANT, ver: '2.0' });
    expect(payload).not.toHaveProperty('scope');
    expect(decodeJwt(answer.id_token ?? '')).toMatchObject({ aud: ASSISTANT, oid: ALICE, iss: issuer });
    expect(payload.sub).not.toBe(ALICE);
    expect(answer.expires_in).toBe(3600);
  });

  it(
    proves('entra.code', 'finds the resource from the scopes alone, `.default` and the client id included'),
    async () => {
      const { issuer } = await start();
      for (const scope of [`${CRM}/.default`, `api://${GATEWAY}/Mcp.Invoke`, `${GATEWAY}/.default`]) {
        const { access_token } = await signIn(issuer, { login_hint: 'bob', scope });
        expect(decodeJwt(access_token ?? '')).toMatchObject({ aud: GATEWAY, scp: 'Mcp.Invoke' });
      }
    },
  );

  it(proves('entra.code', 'refreshes when offline_access was asked for, and only then'), async () => {
    const { issuer } = await start();
    const first = await signIn(issuer, { login_hint: 'alice', scope: SCOPE });
    const second = await askToken(issuer, {
      grant_type: 'refresh_token',
      client_id: ASSISTANT,
      refresh_token: first.refresh_token ?? '',
      scope: SCOPE,
    });
    expect(decodeJwt(second.access_token ?? '')).toMatchObject({ oid: ALICE, scp: 'Mcp.Invoke' });
    expect(decodeJwt(second.access_token ?? '').uti).not.toBe(decodeJwt(first.access_token ?? '').uti);
    const without = await signIn(issuer, { login_hint: 'alice', scope: `${CRM}/Mcp.Invoke` });
    expect(without.refresh_token).toBeUndefined();
  });

  it('redirects to a loopback address with any port, to no other path and no other host', async () => {
    const { issuer } = await start();
    const from = (redirect_uri: string) => authorize(issuer, { login_hint: 'alice', scope: SCOPE, redirect_uri });
    for (const uri of [
      'http://127.0.0.1:1/callback',
      'http://localhost:65535/oauth/callback',
      'http://127.0.0.1:8080/',
    ]) {
      expect((await from(uri)).redirect.get('code')).toBeTruthy();
    }
    for (const uri of ['http://localhost:1/elsewhere', 'https://evil.example/callback', 'http://127.0.0.2/callback']) {
      expect(await from(uri)).toMatchObject({ status: 400, location: null });
    }
  });

  it('refuses a wrong verifier, a code used twice, and a request without PKCE', async () => {
    const { issuer } = await start();
    const wrong = await authorize(issuer, { login_hint: 'alice', scope: SCOPE });
    const form = { grant_type: 'authorization_code', client_id: ASSISTANT, redirect_uri: REDIRECT_URI };
    const exchange = (code: string | null, code_verifier: string) =>
      askToken(issuer, { ...form, code: code ?? '', code_verifier });
    expect(await exchange(wrong.redirect.get('code'), 'x'.repeat(43))).toMatchObject({ error: 'invalid_grant' });

    const good = await authorize(issuer, { login_hint: 'alice', scope: SCOPE });
    expect(await exchange(good.redirect.get('code'), good.verifier)).toMatchObject({ status: 200 });
    expect(await exchange(good.redirect.get('code'), good.verifier)).toMatchObject({ error: 'invalid_grant' });

    const bare = await authorize(issuer, { login_hint: 'alice', code_challenge: '', code_challenge_method: '' });
    expect(bare.redirect.get('error')).toBe('invalid_request');
  });

  it('compares the resource character for character, and wants one resource at a time', async () => {
    const { issuer } = await start();
    const errorOf = async (more: Record<string, string>) =>
      (await authorize(issuer, { login_hint: 'alice', ...more })).redirect.get('error');
    expect(await errorOf({ scope: 'openid', resource: `${CRM}/` })).toBe('invalid_target');
    expect(await errorOf({ scope: 'openid', resource: 'https://graph.microsoft.com' })).toBe('invalid_target');
    expect(await errorOf({ scope: `${CRM}/Mcp.Admin` })).toBe('invalid_scope');
    expect(await errorOf({ scope: `${CRM}/Sallyport.Manage` })).toBe('invalid_scope');
    expect(await errorOf({ scope: `${API}/Mcp.Invoke` })).toBe('invalid_scope');
    expect(await errorOf({ scope: `${CRM}/Mcp.Invoke`, resource: `api://${GATEWAY}` })).toBe('invalid_scope');
    expect(await errorOf({ scope: `${CRM}/Mcp.Invoke api://${GATEWAY}/Mcp.Invoke` })).toBe('invalid_scope');
  });

  it('shows the people to pick from when nobody is named, and picks by a link', async () => {
    const { issuer } = await start();
    const page = await authorize(issuer, { scope: SCOPE, state: '"><script>alert(1)</script>' });
    expect(page.status).toBe(200);
    expect(page.body).not.toContain('<script>');
    const [, link = ''] = /href="([^"]*user=dave[^"]*)"/.exec(page.body) ?? [];
    const { authorization_endpoint } = await fetchMetadata(issuer);
    const picked = await fetch(authorization_endpoint + link.replaceAll('&amp;', '&'), { redirect: 'manual' });
    expect(picked.headers.get('location')).toMatch(/^http:\/\/localhost:43210\/callback\?code=/);

    expect((await authorize(issuer, { login_hint: 'nobody', scope: SCOPE })).status).toBe(200);
    const silent = await authorize(issuer, { prompt: 'none', scope: SCOPE });
    expect(silent.redirect.get('error')).toBe('login_required');
    const quick = await authorize(issuer, { prompt: 'none', login_hint: 'alice', scope: SCOPE });
    expect(quick.redirect.get('code')).toBeTruthy();
  });

  it('follows the gateway’s URL when it is set later', async () => {
    const entra = await start({ publicUrl: 'http://127.0.0.1:1' });
    const errorOf = async () =>
      (await authorize(entra.issuer, { login_hint: 'alice', scope: `${CRM}/Mcp.Invoke` })).redirect.get('error');
    expect(await errorOf()).toBe('invalid_scope');
    entra.setPublicUrl('http://127.0.0.1:7071');
    expect(await errorOf()).toBeNull();
  });

  it('gives version 1 tokens when the gateway’s registration asks for them', async () => {
    const { issuer } = await start({ directory: { ...sampleDirectory, accessTokenVersion: 1 } });
    const { access_token } = await signIn(issuer, { login_hint: 'alice', scope: SCOPE, resource: CRM });
    expect(decodeJwt(access_token ?? '')).toMatchObject({
      aud: CRM,
      iss: `https://sts.windows.net/${TENANT}/`,
      appid: ASSISTANT,
      upn: 'alice@sallyport.example',
      ver: '1.0',
    });
  });

  it(
    proves('entra.code', 'works for the MCP SDK’s own client, which knows nothing but the gateway’s URL'),
    async () => {
      const { issuer } = await start();
      const saved: {
        tokens?: { access_token: string };
        verifier?: string;
        code?: string | null;
        discovery?: OAuthDiscoveryState;
      } = {};
      const provider: OAuthClientProvider = {
        redirectUrl: REDIRECT_URI,
        clientMetadata: { redirect_uris: [REDIRECT_URI], client_name: 'test' },
        clientInformation: () => ({ client_id: ASSISTANT }),
        tokens: () => undefined,
        saveTokens: (tokens) => {
          saved.tokens = tokens;
        },
        redirectToAuthorization: async (url) => {
          url.searchParams.set('login_hint', 'alice');
          const response = await fetch(url, { redirect: 'manual' });
          saved.code = new URL(response.headers.get('location') ?? '').searchParams.get('code');
        },
        saveCodeVerifier: (verifier) => {
          saved.verifier = verifier;
        },
        codeVerifier: () => saved.verifier ?? '',
        saveDiscoveryState: (state) => {
          saved.discovery = state;
        },
        discoveryState: () => saved.discovery,
      };
      const gatewayMetadata = {
        resource: CRM,
        authorization_servers: [issuer],
        scopes_supported: [`${CRM}/Mcp.Invoke`],
      };
      const fetchFn = (url: string | URL, init?: RequestInit) =>
        String(url).startsWith('http://127.0.0.1:7071/')
          ? Promise.resolve(Response.json(gatewayMetadata))
          : fetch(url, init);

      expect(await auth(provider, { serverUrl: CRM, fetchFn })).toBe('REDIRECT');
      expect(await auth(provider, { serverUrl: CRM, fetchFn, authorizationCode: saved.code ?? '' })).toBe('AUTHORIZED');
      expect(decodeJwt(saved.tokens?.access_token ?? '')).toMatchObject({
        aud: GATEWAY,
        oid: ALICE,
        scp: 'Mcp.Invoke',
      });
    },
  );
});

describe('client credentials', () => {
  const bot = { grant_type: 'client_credentials', client_id: '5a11e000-0000-4000-8000-0000000000c2' };

  it(proves('entra.client-credentials', 'give an app-only token with the role, and no scope'), async () => {
    const entra = await start();
    const client_secret = entra.clientSecret('reporting-bot');
    for (const scope of [`${CRM}/.default`, `api://${GATEWAY}/.default`]) {
      const { access_token, refresh_token } = await askToken(entra.issuer, { ...bot, client_secret, scope });
      const claims = decodeJwt(access_token ?? '');
      expect(claims).toMatchObject({
        aud: GATEWAY,
        azp: bot.client_id,
        azpacr: '1',
        idtyp: 'app',
        oid: '5a11e000-0000-4000-8000-0000000000d2',
        roles: ['Mcp.Invoke.All'],
      });
      expect(claims).not.toHaveProperty('scp');
      expect(claims).not.toHaveProperty('groups');
      expect(refresh_token).toBeUndefined();
    }
  });

  it(
    proves('entra.client-credentials', 'are refused for a wrong secret, a delegated scope and a public client'),
    async () => {
      const entra = await start();
      const client_secret = entra.clientSecret('reporting-bot');
      const scope = `${CRM}/.default`;
      expect(await askToken(entra.issuer, { ...bot, client_secret: 'wrong', scope })).toMatchObject({ status: 401 });
      expect(await askToken(entra.issuer, { ...bot, client_secret, scope: `${CRM}/Mcp.Invoke` })).toMatchObject({
        error: 'invalid_scope',
      });
      expect(await askToken(entra.issuer, { ...bot, client_id: ASSISTANT, scope })).toMatchObject({ status: 400 });
      for (const incomplete of [{}, { resource: CRM }]) {
        expect(await askToken(entra.issuer, { ...bot, client_secret, ...incomplete })).toMatchObject({
          error: 'invalid_request',
        });
      }
    },
  );
});

describe('the switch', () => {
  it(
    proves('entra.switch', 'makes the keys slow or failing, and drops a token answer after the code is spent'),
    async () => {
      const entra = await start();
      entra.faults.add({ does: 'fail', status: 503, path: '/discovery/v2.0/keys', retryAfterSeconds: 7 });
      const failed = await fetch(entra.keysUrl);
      expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '7']);

      entra.faults.add({ does: 'wait', ms: 120, path: '/discovery/v2.0/keys' });
      const startedAt = performance.now();
      expect((await fetch(entra.keysUrl)).status).toBe(200);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(119);

      const { redirect, verifier } = await authorize(entra.issuer, { login_hint: 'alice', scope: SCOPE });
      const form = {
        grant_type: 'authorization_code',
        client_id: ASSISTANT,
        code: redirect.get('code') ?? '',
        redirect_uri: REDIRECT_URI,
        code_verifier: verifier,
      };
      entra.faults.add({ does: 'drop', path: '/oauth2/v2.0/token' });
      await expect(askToken(entra.issuer, form)).rejects.toThrow();
      expect(await askToken(entra.issuer, form)).toMatchObject({ error: 'invalid_grant' });
    },
  );
});
