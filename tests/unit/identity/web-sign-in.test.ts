/** Which ID token signs a person in: judged here, whatever the library that fetched it thought of it. */
import { createHash, randomBytes } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CodeFlow, createSignInSecrets, createWebSignIn } from '../../../shared/identity/web-sign-in.ts';
import { err, ok } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';
import {
  alice,
  assistant,
  type ClaimSet,
  createIssuer,
  gateway,
  type Issuer,
  now,
  support,
  tenant,
  v1Issuer,
  v2Issuer,
} from './tokens.ts';

const REDIRECT_URI = 'https://gateway.example.com/ui/sign-in/callback';
const secrets = createSignInSecrets(randomBytes);

const idToken: ClaimSet = {
  iat: now - 5,
  nbf: now - 5,
  exp: now + 3_600,
  uti: 'token-1',
  ver: '2.0',
  iss: v2Issuer,
  tid: tenant,
  aud: gateway,
  oid: alice,
  sub: 'pairwise-subject',
  nonce: secrets.nonce,
  groups: [support],
  name: 'Alice Archer',
  preferred_username: 'alice@example.com',
  acct: 0,
};

let issuer: Issuer;
beforeAll(async () => {
  issuer = await createIssuer();
});

function signInOver(flow: Partial<CodeFlow>, keys = issuer.keys) {
  return createWebSignIn({
    flow: { signInUrl: async () => 'https://login.example', redeem: async () => ok(''), ...flow },
    tenantId: tenant,
    clientId: gateway,
    v2Issuer,
    keys,
    redirectUri: REDIRECT_URI,
    clockSkewSeconds: 60,
    nowMs: () => now * 1_000,
  });
}

/** As if the authority had given this token for the code. */
async function finishWith(...mint: Parameters<Issuer['mint']>) {
  const token = await issuer.mint(...mint);
  return signInOver({ redeem: async () => ok(token) }).finish({ code: 'c', secrets });
}

const refused = (detail: string) => ({
  ok: false,
  error: { reason: 'sign-in-refused', detail: expect.stringContaining(detail) },
});

describe('a web sign-in', () => {
  it(proves('sign-in.flow', 'tells the authority the challenge and keeps the verifier for the code'), async () => {
    const asked: unknown[] = [];
    const signIn = signInOver({
      signInUrl: async (request) => {
        asked.push(request);
        return 'https://login.example';
      },
      redeem: async (answer) => {
        asked.push(answer);
        return err({ reason: 'sign-in-refused', detail: 'no' });
      },
    });
    await signIn.begin({ state: 's', secrets });
    await signIn.finish({ code: 'c', secrets });
    const { nonce, codeVerifier } = secrets;
    const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
    expect(asked).toEqual([
      { redirectUri: REDIRECT_URI, state: 's', nonce, codeChallenge },
      { redirectUri: REDIRECT_URI, code: 'c', nonce, codeVerifier },
    ]);
    expect(codeVerifier).toMatch(/^[\w-]{43}$/);
    expect(nonce).not.toBe(codeVerifier);
  });

  it(proves('sign-in.flow', 'says who the person is, as access tokens do'), async () => {
    expect(await finishWith({ claims: idToken })).toEqual(
      ok({
        tenant,
        principal: { kind: 'user', id: alice, name: 'alice@example.com', guest: false },
        agent: { id: gateway },
        groups: [support],
        tokenId: 'token-1',
        expiresAt: now + 3_600,
      }),
    );
    const { groups: _, ...withoutGroups } = idToken;
    const overage = { ...withoutGroups, acct: 1, _claim_names: { groups: 'src1' } };
    expect(await finishWith({ claims: overage })).toMatchObject({
      value: { groups: 'overage', principal: { guest: true } },
    });
  });

  it.each<readonly [string, ClaimSet]>([
    ['wrong-issuer', { iss: v1Issuer }],
    ['wrong-issuer', { iss: v2Issuer.replace(tenant, 'common') }],
    ['wrong-tenant', { tid: '5a11e000-0000-4000-8000-000000000002' }],
    ['wrong-audience', { aud: assistant }],
    ['wrong-audience', { aud: `api://${gateway}` }],
    ['expired', { exp: now - 60 }],
    ['not-yet-valid', { nbf: now + 61 }],
    ['claim nonce', { nonce: 'another' }],
    ['claim nonce', { nonce: undefined }],
    ['claim idtyp', { idtyp: 'app' }],
    ['claim oid', { oid: 'alice' }],
    ['claim aud', { aud: [gateway, assistant] }],
  ])(proves('sign-in.refused', 'signs nobody in: %s (%j)'), async (detail, claims) => {
    expect(await finishWith({ claims: { ...idToken, ...claims } })).toEqual(refused(detail));
  });

  it(
    proves('sign-in.refused', 'signs nobody in by an access token, another’s signature or an unknown key'),
    async () => {
      const { privateKey: key } = await generateKeyPair('RS256');
      expect(await finishWith({ claims: idToken, header: { typ: 'at+jwt' } })).toEqual(refused('wrong-type'));
      expect(await finishWith({ claims: idToken, key })).toEqual(refused('bad-signature'));
      expect(await finishWith({ claims: idToken, header: { kid: 'key-2' } })).toEqual(refused('unknown-key'));
      expect(await signInOver({}).finish({ code: 'c', secrets })).toEqual(refused('malformed'));
    },
  );

  it('takes signing keys that can’t be had for an outage, not for a bad token', async () => {
    const token = await issuer.mint({ claims: idToken });
    const keys = { findKey: async () => err({ reason: 'keys-unavailable', cause: new Error('down') } as const) };
    const signIn = signInOver({ redeem: async () => ok(token) }, keys);
    expect(await signIn.finish({ code: 'c', secrets })).toMatchObject({ error: { reason: 'authority-unavailable' } });
  });
});
