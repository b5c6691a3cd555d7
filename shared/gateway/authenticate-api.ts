/**
 * Who calls the API (DESIGN §3): by a token for the API's own scope and, where it names one, the API's own audience.
 * The token that lets an agent call is refused, and so is one that carries both scopes: whoever holds it may be an
 * agent, and no agent ever approves (DESIGN §4).
 */
import { errorAnswer } from '../api/api-error.ts';
import type { TokenRefusal } from '../api/door.ts';
import type { Config } from '../config/config.ts';
import type { Caller } from '../identity/caller.ts';
import type { KeySource } from '../identity/key-source.ts';
import { describeTokenFailure, type TokenFailure } from '../identity/token-failure.ts';
import { createTokenVerifier } from '../identity/verify-token.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { err, type Result } from '../result.ts';
import type { GatewayPorts } from './ports.ts';

type Ports = Pick<GatewayPorts, 'entra' | 'publicUrl' | 'nowMs'>;

/** Its answer says no more than a caller needs. Never rejects. */
export function createApiAuthenticator(
  { identity }: Pick<Config, 'identity'>,
  { entra, publicUrl, nowMs }: Ports,
  signingKeys: KeySource,
) {
  const { apiScope: scope, apiRole: role, scope: refusedScope, clockSkewSeconds } = identity;
  const resource = `${publicUrl}/api`;
  // Not `identity.audiences`: under another app's audience the name of a scope may mean anything.
  const verifier = createTokenVerifier({
    ...entra,
    keys: signingKeys,
    audiences: [],
    scope,
    refusedScope,
    role,
    clockSkewSeconds,
    nowMs,
  });

  return async (authorization: string | null): Promise<Result<Caller, TokenRefusal>> => {
    const caller = await verifier.verify(authorization, resource);
    if (caller.ok) return caller;
    const { error } = caller;
    const answer = answerFailure(error, `${resource}/${scope}`, refusedScope);
    return err({
      code: error.reason,
      detail: describeTokenFailure(error),
      answer,
      ...('cause' in error && { cause: error.cause }),
    });
  };
}

/** When an outage of the key source is worth another try: just over its own rest after a failure. */
const RETRY_AFTER_SECONDS = '6';

/** RFC 6750 §3.1: without a token there is no error code, only the scope to ask for. */
function answerFailure({ reason }: TokenFailure, scope: string, refusedScope: string): HttpAnswer {
  const challenge = (error?: string) => ({
    'www-authenticate': `Bearer ${error === undefined ? '' : `error="${error}", `}scope="${scope}"`,
  });
  switch (reason) {
    case 'keys-unavailable':
      return errorAnswer(503, 'unavailable', 'Tokens can’t be checked at the moment. Try again.', {
        'retry-after': RETRY_AFTER_SECONDS,
      });
    case 'missing':
      return errorAnswer(401, 'no-token', `It takes a token for ${scope}.`, challenge());
    case 'insufficient-scope':
      return errorAnswer(403, 'scope', `The token is not for ${scope}.`, challenge('insufficient_scope'));
    case 'excess-scope': {
      const message = `The token is for ${refusedScope} as well, which agents hold: get one for ${scope} alone.`;
      return errorAnswer(403, 'excess-scope', message, challenge('insufficient_scope'));
    }
    default:
      return errorAnswer(401, 'token', 'The token is not accepted.', challenge('invalid_token'));
  }
}
