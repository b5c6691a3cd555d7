/**
 * Token check, challenge and blocks, put together for the life of a call (DESIGN §2.1, §7): the caller of a server, or
 * the generic answer with the true reason beside it.
 */
import type { Authenticator } from '../calls/parts.ts';
import type { Config } from '../config/config.ts';
import type { Blocks } from '../identity/blocks/blocks.ts';
import { answerTokenFailure } from '../identity/challenge.ts';
import type { KeySource } from '../identity/key-source.ts';
import { describeResource, type ResourceOptions } from '../identity/resource-metadata.ts';
import { describeTokenFailure } from '../identity/token-failure.ts';
import { createTokenVerifier } from '../identity/verify-token.ts';
import { blockedAnswer } from '../mcp/answers.ts';
import { err } from '../result.ts';
import type { GatewayPorts } from './ports.ts';

export interface AuthenticatorOptions {
  readonly blocks: Pick<Blocks, 'check'>;
  readonly resource: ResourceOptions;
  readonly signingKeys: KeySource;
}

export function createAuthenticator(
  config: Config,
  { entra, nowMs }: Pick<GatewayPorts, 'entra' | 'nowMs'>,
  { blocks, resource, signingKeys }: AuthenticatorOptions,
): Authenticator {
  const verifier = createTokenVerifier({
    ...entra,
    ...config.identity,
    keys: signingKeys,
    nowMs,
  });
  return {
    async authenticate(authorization, server) {
      const description = describeResource(server, resource);
      const caller = await verifier.verify(authorization, description.resource);
      if (!caller.ok) {
        const answer = answerTokenFailure(caller.error, description);
        return err({ code: caller.error.reason, detail: describeTokenFailure(caller.error), answer });
      }
      const free = await blocks.check({ ...caller.value, server });
      if (free.ok) return caller;
      return err({ ...free.error, caller: caller.value, answer: blockedAnswer(free.error) });
    },
  };
}
