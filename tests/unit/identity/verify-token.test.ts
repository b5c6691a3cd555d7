/** Which tokens open the gateway, and what each other one is told (DESIGN §2.1; RFC 6750, RFC 8725, RFC 9068). */
import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { answerTokenFailure } from '../../../shared/identity/challenge.ts';
import { describeResource } from '../../../shared/identity/resource-metadata.ts';
import { describeTokenFailure } from '../../../shared/identity/token-failure.ts';
import { err } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';
import {
  alice,
  appOnlyV1,
  appOnlyV2,
  assistant,
  type ClaimSet,
  createIssuer,
  crm,
  delegatedV1,
  delegatedV2,
  gateway,
  type Issuer,
  now,
  otherServer,
  reportingBot,
  reportingBotObject,
  support,
  tenant,
  v1Issuer,
  verifierOver,
} from './tokens.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await createIssuer();
});

const description = describeResource('crm', {
  publicUrl: 'https://gateway.example.com',
  resource: 'exact',
  scope: 'Mcp.Invoke',
});

const WAY_IN =
  'resource_metadata="https://gateway.example.com/.well-known/oauth-protected-resource/mcp/crm", ' +
  'scope="https://gateway.example.com/mcp/crm/Mcp.Invoke"';
const PLAIN = `Bearer ${WAY_IN}`;
const INVALID = `Bearer error="invalid_token", ${WAY_IN}`;
const INSUFFICIENT = `Bearer error="insufficient_scope", ${WAY_IN}`;

async function outcomeOf(authorization: string | null) {
  const verified = await verifierOver(issuer.keys).verify(authorization, crm);
  if (verified.ok) return { reason: 'accepted' };
  const { status, headers, body } = answerTokenFailure(verified.error, description);
  return {
    reason: verified.error.reason,
    status,
    challenge: headers['www-authenticate'],
    body,
    failure: verified.error,
  };
}

function without(claims: ClaimSet, ...names: string[]): ClaimSet {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}

const bearer = async (token: string | Promise<string>) => `Bearer ${await token}`;
const claims = (changes: ClaimSet, base: ClaimSet = delegatedV2) =>
  bearer(issuer.mint({ claims: { ...base, ...changes } }));
const lacking = (name: string, base: ClaimSet = delegatedV2) => bearer(issuer.mint({ claims: without(base, name) }));
const header = (changes: Record<string, unknown>) => bearer(issuer.mint({ header: changes }));
const encode = (value: unknown) => base64url.encode(JSON.stringify(value));

/** A token whose header says anything at all, with the signature of a good one. */
async function forged(headerText: string): Promise<string> {
  const [, payload, signature] = (await issuer.mint()).split('.');
  return `Bearer ${base64url.encode(headerText)}.${payload}.${signature}`;
}

async function unsigned(alg: string): Promise<string> {
  return `Bearer ${encode({ alg, typ: 'JWT', kid: 'key-1' })}.${encode(delegatedV2)}.`;
}

/** The classic confusion: the public key, which everybody has, as an HMAC secret. */
async function signedWithPublicKey(): Promise<string> {
  const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(issuer.publicKey)));
  const token = new SignJWT({ ...delegatedV2 }).setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: 'key-1' });
  return bearer(token.sign(secret));
}

async function signedByStranger(header_: Record<string, unknown> = {}): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return bearer(issuer.mint({ key: privateKey, header: header_ }));
}

async function bringingItsOwnKey(): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return bearer(issuer.mint({ key: privateKey, header: { jwk: await exportJWK(publicKey) } }));
}

async function withChangedPayload(): Promise<string> {
  const [head, , signature] = (await issuer.mint()).split('.');
  return `Bearer ${head}.${encode({ ...delegatedV2, oid: reportingBotObject })}.${signature}`;
}

async function twice(separator: string): Promise<string> {
  const one = await bearer(issuer.mint());
  return `${one}${separator}${one}`;
}

async function signedWithPs256(): Promise<string> {
  const { privateKey } = await generateKeyPair('PS256');
  return bearer(issuer.mint({ key: privateKey, header: { alg: 'PS256' } }));
}

type Row = readonly [name: string, authorization: () => Promise<string | null>, reason: string];

const challenged: readonly Row[] = [
  ['no header', async () => null, 'missing'],
  ['an empty header', async () => '  ', 'missing'],
  ['another scheme', async () => 'Basic YTpi', 'missing'],
];

const refused: readonly Row[] = [
  // The header field
  ['a scheme without a token', async () => 'Bearer', 'malformed'],
  ['two tokens in one value', () => twice(' '), 'malformed'],
  ['two headers joined by a comma', () => twice(', '), 'malformed'],
  ['more than one line', () => twice('\r\n'), 'malformed'],
  ['a token longer than 16 KiB', () => claims({ padding: 'x'.repeat(16_384) }), 'malformed'],
  ['something that is no token', async () => 'Bearer opaque', 'malformed'],
  [
    'a token of five parts',
    async () => `Bearer ${encode({ alg: 'RS256', typ: 'JWT', kid: 'key-1' })}.a.b.c.d`,
    'malformed',
  ],
  // Its header
  ['alg none', () => unsigned('none'), 'wrong-algorithm'],
  ['alg None', () => unsigned('None'), 'wrong-algorithm'],
  ['alg HS256 with the public key', () => signedWithPublicKey(), 'wrong-algorithm'],
  ['alg PS256', () => signedWithPs256(), 'wrong-algorithm'],
  ['an empty header object', () => forged('{}'), 'malformed'],
  ['a header that is no object', () => forged('[]'), 'malformed'],
  ['no key id', () => forged('{"alg":"RS256","typ":"JWT"}'), 'malformed'],
  ['a key id nobody published', () => header({ kid: 'key-2' }), 'unknown-key'],
  ['another type', () => header({ typ: 'dpop+jwt' }), 'wrong-type'],
  ['a key of its own (jwk)', () => bringingItsOwnKey(), 'unsafe-header'],
  ['a key by URL (jku)', () => header({ jku: 'https://evil.example.com/keys' }), 'unsafe-header'],
  ['a certificate by URL (x5u)', () => header({ x5u: 'https://evil.example.com/cert' }), 'unsafe-header'],
  ['a certificate of its own (x5c)', () => header({ x5c: ['MIIB'] }), 'unsafe-header'],
  [
    'an extension marked critical',
    () => forged('{"alg":"RS256","typ":"JWT","kid":"key-1","crit":["exp"],"exp":1}'),
    'unsafe-header',
  ],
  // Its signature
  ['a signature by another key', () => signedByStranger(), 'bad-signature'],
  ['a payload changed after signing', () => withChangedPayload(), 'bad-signature'],
  ['no signature', async () => `${(await bearer(issuer.mint())).split('.').slice(0, 2).join('.')}.`, 'bad-signature'],
  // Its claims
  ['another tenant’s issuer', () => claims({ iss: v1Issuer.replace(tenant, alice) }, delegatedV1), 'wrong-issuer'],
  ['a v2 token with the v1 issuer', () => claims({ iss: v1Issuer }), 'wrong-issuer'],
  ['a v1 token with the v2 issuer', () => claims({ iss: delegatedV2.iss }, delegatedV1), 'wrong-issuer'],
  ['an issuer with a slash too many', () => claims({ iss: `${delegatedV2.iss}/` }), 'wrong-issuer'],
  ['another tenant', () => claims({ tid: alice }), 'wrong-tenant'],
  ['another app’s audience', () => claims({ aud: assistant }), 'wrong-audience'],
  ['another server’s audience', () => claims({ aud: otherServer }), 'wrong-audience'],
  ['this server’s URL with a slash', () => claims({ aud: `${crm}/` }), 'wrong-audience'],
  ['the parent of this server’s URL', () => claims({ aud: 'https://gateway.example.com/mcp' }), 'wrong-audience'],
  ['Microsoft Graph’s audience', () => claims({ aud: 'https://graph.microsoft.com' }), 'wrong-audience'],
  ['a list of audiences', () => claims({ aud: [gateway, otherServer] }), 'bad-claim'],
  ['a time that is over', () => claims({ exp: now - 60 }), 'expired'],
  ['a time that is not yet (nbf)', () => claims({ nbf: now + 61 }), 'not-yet-valid'],
  ['a time that is not yet (iat)', () => claims({ iat: now + 61 }), 'not-yet-valid'],
  ['an exp that is text', () => claims({ exp: '9999999999' }), 'bad-claim'],
  ['an unknown version', () => claims({ ver: '3.0' }), 'bad-claim'],
  ['a scope and the mark of an app', () => claims({ idtyp: 'app' }), 'bad-claim'],
  ['an object id that is no GUID', () => claims({ oid: '../alice' }), 'bad-claim'],
  ...['ver', 'iss', 'tid', 'aud', 'exp', 'iat', 'oid', 'azp'].map(
    (name): Row => [`no ${name}`, () => lacking(name), 'bad-claim'],
  ),
  ['no appid in a v1 token', () => lacking('appid', delegatedV1), 'bad-claim'],
  ['azp instead of appid in a v1 token', () => claims({ appid: undefined, azp: assistant }, delegatedV1), 'bad-claim'],
];

const lacksScope: readonly Row[] = [
  ['another scope', () => claims({ scp: 'User.Read' }), 'insufficient-scope'],
  [
    'a scope that only begins like it',
    () => claims({ scp: 'Mcp.Invoke.All Mcp.InvokeX mcp.invoke' }),
    'insufficient-scope',
  ],
  ['an empty scope', () => claims({ scp: '' }), 'insufficient-scope'],
  [
    'the app role in a person’s token',
    () => claims({ scp: 'User.Read', roles: ['Mcp.Invoke.All'] }),
    'insufficient-scope',
  ],
  [
    'no scope: an ID token with a person’s app roles',
    () => claims({ scp: undefined, idtyp: undefined, roles: ['Mcp.Invoke.All'] }),
    'insufficient-scope',
  ],
  ['an app without roles', () => lacking('roles', appOnlyV2), 'insufficient-scope'],
  ['an app with another role', () => claims({ roles: ['Mcp.Invoke'] }, appOnlyV2), 'insufficient-scope'],
];

describe('a token that is not accepted', () => {
  it.each(challenged)(
    proves('identity.table', '%s: 401 and the way to a token'),
    async (_name, authorization, reason) => {
      const outcome = await outcomeOf(await authorization());
      expect(outcome).toMatchObject({ reason, status: 401, challenge: PLAIN, body: '{"error":"unauthorized"}' });
    },
  );

  it.each(refused)(proves('identity.table', '%s: 401 invalid_token'), async (_name, authorization, reason) => {
    const outcome = await outcomeOf(await authorization());
    expect(outcome).toMatchObject({ reason, status: 401, challenge: INVALID, body: '{"error":"invalid_token"}' });
  });

  it.each(lacksScope)(proves('identity.scope', '%s: 403 insufficient_scope'), async (_name, authorization, reason) => {
    const outcome = await outcomeOf(await authorization());
    expect(outcome).toMatchObject({
      reason,
      status: 403,
      challenge: INSUFFICIENT,
      body: '{"error":"insufficient_scope"}',
    });
  });

  it('is described for the transcript by its facts and its holder, never by itself', async () => {
    const token = await issuer.mint({ claims: { ...delegatedV2, aud: otherServer } });
    const verified = await verifierOver(issuer.keys).verify(`Bearer ${token}`, crm);
    if (verified.ok) throw new Error('accepted');
    const text = describeTokenFailure(verified.error);
    expect(text).toBe(`aud "${otherServer}"; principal ${alice}, agent ${assistant}, token "token-1"`);
    expect(JSON.stringify(verified.error)).not.toContain(token.slice(0, 20));
  });

  it(proves('identity.table', 'is refused for a scope too many, where one is named'), async () => {
    const verifier = verifierOver(issuer.keys, { refusedScope: 'Sallyport.Manage' });
    const both = await verifier.verify(await claims({ scp: 'Mcp.Invoke Sallyport.Manage' }), crm);
    if (both.ok) throw new Error('accepted');
    expect(describeTokenFailure(both.error)).toMatch(/^has Sallyport\.Manage too; principal /);
    expect(answerTokenFailure(both.error, description)).toMatchObject({ status: 403 });
    expect(await verifier.verify(await claims({ scp: 'Mcp.Invoke' }), crm)).toMatchObject({ ok: true });
  });

  it('can put no long or unprintable text of its own into the record', async () => {
    const verified = await verifierOver(issuer.keys).verify(await header({ kid: `\n${'k'.repeat(200)}"` }), crm);
    const text = verified.ok ? '' : describeTokenFailure(verified.error);
    expect(text).toMatch(/^kid "\?k{119}…"$/);
  });

  it('is a 503 while nobody can say which keys are the tenant’s', async () => {
    const keys = { findKey: async () => err({ reason: 'keys-unavailable' as const, cause: new Error('down') }) };
    const verified = await verifierOver(keys).verify(await bearer(issuer.mint()), crm);
    if (verified.ok) throw new Error('accepted');
    const answer = answerTokenFailure(verified.error, description);
    expect(answer).toEqual({
      status: 503,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'retry-after': '6' },
      body: '{"error":"temporarily_unavailable"}',
    });
  });
});

describe('a token that is accepted', () => {
  const user = { kind: 'user', id: alice, name: 'alice@example.com', guest: false };
  const app = { kind: 'app', id: reportingBotObject, guest: false };

  it.each([
    ['v2 delegated', delegatedV2, { principal: user, agent: { id: assistant }, groups: [support] }],
    ['v1 delegated', delegatedV1, { principal: user, agent: { id: assistant }, groups: [] }],
    [
      'v2 app-only',
      appOnlyV2,
      { principal: { ...app, name: 'reporting-bot' }, agent: { id: reportingBot, name: 'reporting-bot' }, groups: [] },
    ],
    ['v1 app-only', appOnlyV1, { principal: app, agent: { id: reportingBot }, groups: [] }],
  ])(proves('identity.accepted', '%s gives principal and agent'), async (_name, claimSet, expected) => {
    const verified = await verifierOver(issuer.keys).verify(await claims({}, claimSet), crm);
    expect(verified).toEqual({
      ok: true,
      value: { tenant, tokenId: 'token-1', expiresAt: now + 3_600, ...expected },
    });
  });

  it.each([gateway, `api://${gateway}`, crm])('for the audience %s', async (aud) => {
    expect(await outcomeOf(await claims({ aud }))).toEqual({ reason: 'accepted' });
  });

  it('for an audience that the configuration adds', async () => {
    const verifier = verifierOver(issuer.keys, { audiences: ['https://gateway.example.com/mcp'] });
    const verified = await verifier.verify(await claims({ aud: 'https://gateway.example.com/mcp' }), crm);
    expect(verified.ok).toBe(true);
  });

  it.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('of the type %s', async (typ) => {
    expect(await outcomeOf(await header({ typ }))).toEqual({ reason: 'accepted' });
  });

  it.each([
    ['bearer in small letters', (token: string) => `bearer ${token}`],
    ['BEARER and spaces', (token: string) => ` BEARER   ${token} `],
  ])('with %s', async (_name, write) => {
    expect(await outcomeOf(write(await issuer.mint()))).toEqual({ reason: 'accepted' });
  });

  it.each([
    ['just expired', { exp: now - 59 }],
    ['just not yet valid', { nbf: now + 60, iat: now + 60 }],
    ['without nbf', { nbf: undefined }],
  ])('%s, within the clock skew', async (_name, changes) => {
    expect(await outcomeOf(await claims(changes))).toEqual({ reason: 'accepted' });
  });

  it('says whether the person is a guest', async () => {
    const verified = await verifierOver(issuer.keys).verify(await claims({ acct: 1 }), crm);
    expect(verified).toMatchObject({ ok: true, value: { principal: { guest: true } } });
  });

  it('is named by its digest where it has no name of its own', async () => {
    const verified = await verifierOver(issuer.keys).verify(await lacking('uti'), crm);
    expect(verified.ok && verified.value.tokenId).toMatch(/^sha256-[0-9a-f]{32}$/);
  });

  it.each([
    ['_claim_names', { groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: {} } }],
    ['hasgroups', { groups: undefined, hasgroups: true }],
    ['hasgroups as text', { groups: undefined, hasgroups: 'true' }],
    ['both kinds of claim', { hasgroups: true }],
  ])(proves('identity.overage', 'tells by %s that its groups were left out'), async (_name, changes) => {
    const verified = await verifierOver(issuer.keys).verify(await claims(changes), crm);
    expect(verified).toMatchObject({ ok: true, value: { groups: 'overage' } });
  });

  it('is judged anew each time: its signature is remembered, its time and its server are not', async () => {
    let clock = now;
    let asked = 0;
    const findKey = (keyId: string) => {
      asked += 1;
      return issuer.keys.findKey(keyId);
    };
    const verifier = verifierOver({ findKey }, { nowMs: () => clock * 1_000 });
    const token = await claims({ aud: crm, exp: now + 30 });
    const reasons = async (server: string) => {
      const verified = await verifier.verify(token, server);
      return verified.ok ? 'accepted' : verified.error.reason;
    };
    expect(await reasons(crm)).toBe('accepted');
    expect(await reasons(crm)).toBe('accepted');
    expect(await reasons(otherServer)).toBe('wrong-audience');
    expect(asked).toBe(1);
    clock = now + 59;
    expect(await reasons(crm)).toBe('accepted');
    expect(asked).toBe(1);
    clock = now + 61;
    expect(await reasons(crm)).toBe('accepted');
    expect(asked).toBe(2);
    clock = now + 90;
    expect(await reasons(crm)).toBe('expired');
    clock = now - 3_600;
    expect(await reasons(crm)).toBe('not-yet-valid');
    expect(asked).toBe(3);
  });

  it('is remembered among a thousand, so that memory stays bounded', async () => {
    let asked = 0;
    const findKey = (keyId: string) => {
      asked += 1;
      return issuer.keys.findKey(keyId);
    };
    const verifier = verifierOver({ findKey });
    const tokens = await Promise.all(Array.from({ length: 1_001 }, (_, index) => claims({ uti: `token-${index}` })));
    for (const token of tokens) await verifier.verify(token, crm);
    expect(asked).toBe(1_001);
    await verifier.verify(tokens[1_000] ?? '', crm);
    expect(asked).toBe(1_001);
    await verifier.verify(tokens[0] ?? '', crm);
    expect(asked).toBe(1_002);
  });

  it('stops being accepted a minute after its key was taken back', async () => {
    let clock = now;
    let isPublished = true;
    const findKey = async (keyId: string) =>
      isPublished ? issuer.keys.findKey(keyId) : err({ reason: 'unknown-key' as const });
    const verifier = verifierOver({ findKey }, { nowMs: () => clock * 1_000 });
    const token = await bearer(issuer.mint());
    expect((await verifier.verify(token, crm)).ok).toBe(true);
    isPublished = false;
    clock += 60;
    expect(await verifier.verify(token, crm)).toMatchObject({ ok: false, error: { reason: 'unknown-key' } });
  });
});
