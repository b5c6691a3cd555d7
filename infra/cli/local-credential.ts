/**
 * Lets a command open the embedded stack's vault: asks the Entra ID stand-in for a token as the gateway's managed
 * identity, which only a stand-in would give. Nothing in Azure takes such a token.
 */
import type { AccessToken, TokenCredential } from '@azure/identity';
import { z } from 'zod';

const TTL_SECONDS = 300;

const answerSchema = z.object({ access_token: z.string() });

/** `entraUrl` as stack.json has it. */
export function createLocalCredential(entraUrl: string): TokenCredential {
  return {
    async getToken(scopes): Promise<AccessToken> {
      const [scope] = [scopes].flat();
      const audience = scope?.replace(/\/\.default$/, '');
      const response = await fetch(`${entraUrl}/_token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ app: 'gateway-identity', version: 1, audience, ttlSeconds: TTL_SECONDS }),
      });
      if (!response.ok) throw new Error(`the Entra ID stand-in answered ${response.status}`);
      const { access_token: token } = answerSchema.parse(await response.json());
      return { token, expiresOnTimestamp: Date.now() + TTL_SECONDS * 1000 };
    },
  };
}
