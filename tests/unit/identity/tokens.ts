/** Tokens as Entra issues them, minted by keys that the test holds; and a key source that knows their public halves. */
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose';
import type { KeySource } from '../../../shared/identity/key-source.ts';
import { createTokenVerifier, type TokenVerifierOptions } from '../../../shared/identity/verify-token.ts';
import { err, ok } from '../../../shared/result.ts';

export const tenant = '5a11e000-0000-4000-8000-000000000001';
export const gateway = '5a11e000-0000-4000-8000-0000000000c0';
export const assistant = '5a11e000-0000-4000-8000-0000000000c1';
export const reportingBot = '5a11e000-0000-4000-8000-0000000000c2';
export const reportingBotObject = '5a11e000-0000-4000-8000-0000000000d2';
export const alice = '5a11e000-0000-4000-8000-0000000000b1';
export const support = '5a11e000-0000-4000-8000-0000000000a1';

export const crm = 'https://gateway.example.com/mcp/crm';
export const otherServer = 'https://gateway.example.com/mcp/payroll';

export const v1Issuer = `https://sts.windows.net/${tenant}/`;
export const v2Issuer = `https://login.microsoftonline.com/${tenant}/v2.0`;

/** The moment of every test, seconds. */
export const now = 1_800_000_000;

export type ClaimSet = Readonly<Record<string, unknown>>;

const times = { iat: now - 60, nbf: now - 60, exp: now + 3_600, uti: 'token-1' };

export const delegatedV2: ClaimSet = {
  ...times,
  ver: '2.0',
  iss: v2Issuer,
  tid: tenant,
  aud: gateway,
  oid: alice,
  sub: 'pairwise-subject',
  azp: assistant,
  scp: 'openid Mcp.Invoke',
  idtyp: 'user',
  groups: [support],
  preferred_username: 'alice@example.com',
};

export const delegatedV1: ClaimSet = {
  ...times,
  ver: '1.0',
  iss: v1Issuer,
  tid: tenant,
  aud: crm,
  oid: alice,
  sub: 'pairwise-subject',
  appid: assistant,
  scp: 'Mcp.Invoke',
  unique_name: 'alice@example.com',
};

export const appOnlyV2: ClaimSet = {
  ...times,
  ver: '2.0',
  iss: v2Issuer,
  tid: tenant,
  aud: gateway,
  oid: reportingBotObject,
  sub: reportingBotObject,
  azp: reportingBot,
  idtyp: 'app',
  roles: ['Mcp.Invoke.All'],
  app_displayname: 'reporting-bot',
};

/** Without `idtyp`, which is optional: an app is its own subject. */
export const appOnlyV1: ClaimSet = {
  ...times,
  ver: '1.0',
  iss: v1Issuer,
  tid: tenant,
  aud: `api://${gateway}`,
  oid: reportingBotObject,
  sub: reportingBotObject,
  appid: reportingBot,
  roles: ['Mcp.Invoke.All'],
};

export interface Mint {
  readonly claims?: ClaimSet;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey;
}

export interface Issuer {
  readonly mint: (mint?: Mint) => Promise<string>;
  readonly publicKey: CryptoKey;
  readonly keys: KeySource;
}

export async function createIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  return {
    publicKey,
    keys: { findKey: async (keyId) => (keyId === 'key-1' ? ok(publicKey) : err({ reason: 'unknown-key' })) },
    mint({ claims = delegatedV2, header = {}, key = privateKey } = {}) {
      const protectedHeader = { alg: 'RS256', typ: 'JWT', kid: 'key-1', ...header };
      return new SignJWT({ ...claims }).setProtectedHeader(protectedHeader).sign(key);
    },
  };
}

export function verifierOver(keys: KeySource, changes: Partial<TokenVerifierOptions> = {}) {
  return createTokenVerifier({
    tenantId: tenant,
    clientId: gateway,
    v1Issuer,
    v2Issuer,
    audiences: [],
    keys,
    scope: 'Mcp.Invoke',
    role: 'Mcp.Invoke.All',
    clockSkewSeconds: 60,
    nowMs: () => now * 1_000,
    ...changes,
  });
}
