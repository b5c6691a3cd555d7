/** The real Key Vault clients, pointed at a stand-in over http, with a credential that signs its own tokens. */
import type { TokenCredential } from '@azure/identity';
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { generateKeyPair, SignJWT } from 'jose';

export const TENANT = '5a11e000-0000-4000-8000-000000000001';
export const AUTHORITY = `http://127.0.0.1:1/${TENANT}`;

const overHttp = {
  allowInsecureConnection: true,
  disableChallengeResourceVerification: true,
  retryOptions: { maxRetries: 2, retryDelayInMs: 5, maxRetryDelayInMs: 10 },
};

export interface AskedFor {
  readonly scopes: string | string[];
  readonly tenantId: string | undefined;
}

/** Notes what it was asked for; `claims` go over those of a good token. */
export function createSelfSigningCredential(
  claims: Record<string, unknown> = {},
): TokenCredential & { asked: AskedFor[] } {
  const keys = generateKeyPair('RS256');
  const asked: AskedFor[] = [];
  return {
    asked,
    async getToken(scopes, options) {
      asked.push({ scopes, tenantId: options?.tenantId });
      const expiresAt = Math.floor(Date.now() / 1000) + 600;
      const payload = { aud: 'https://vault.azure.net', tid: TENANT, exp: expiresAt, ...claims };
      const token = await new SignJWT(payload).setProtectedHeader({ alg: 'RS256' }).sign((await keys).privateKey);
      return { token, expiresOnTimestamp: expiresAt * 1000 };
    },
  };
}

export function createSecretClient(
  url: string,
  credential: TokenCredential = createSelfSigningCredential(),
): SecretClient {
  return new SecretClient(url, credential, overHttp);
}

export function createKeyClient(url: string, credential: TokenCredential = createSelfSigningCredential()): KeyClient {
  return new KeyClient(url, credential, overHttp);
}

export function createCryptographyClient(key: string | KeyVaultKey): CryptographyClient {
  return new CryptographyClient(key, createSelfSigningCredential(), overHttp);
}
