/**
 * A token failure → what the caller is told: generic outside, whatever the reason inside (RFC 6750 §3, RFC 9728 §5.1).
 * A prober learns that a token was not accepted, never why; the reason goes to the transcript.
 */
import type { IdentityAnswer, ResourceDescription } from './resource-metadata.ts';
import type { TokenFailure } from './token-failure.ts';

/** When an outage of the key source is worth another try, seconds: just over its own rest after a failure. */
const RETRY_AFTER_SECONDS = 6;

export function answerTokenFailure(failure: TokenFailure, description: ResourceDescription): IdentityAnswer {
  switch (failure.reason) {
    case 'keys-unavailable':
      return answer(503, 'temporarily_unavailable', { 'retry-after': String(RETRY_AFTER_SECONDS) });
    case 'missing':
      return answer(401, 'unauthorized', challenge(description));
    case 'insufficient-scope':
    case 'excess-scope':
      return answer(403, 'insufficient_scope', challenge(description, 'insufficient_scope'));
    case 'malformed':
    case 'wrong-type':
    case 'wrong-algorithm':
    case 'unsafe-header':
    case 'unknown-key':
    case 'bad-signature':
    case 'bad-claim':
    case 'wrong-issuer':
    case 'wrong-tenant':
    case 'wrong-audience':
    case 'expired':
    case 'not-yet-valid':
      return answer(401, 'invalid_token', challenge(description, 'invalid_token'));
  }
}

/** RFC 6750 §3.1: without a token there is no error code, only the way to get one. */
function challenge({ metadataUrl, scope }: ResourceDescription, error?: string): Record<string, string> {
  const parameters = [
    ['error', error],
    ['resource_metadata', metadataUrl],
    ['scope', scope],
  ] as const;
  const given = parameters.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quote(value)}`]));
  return { 'www-authenticate': `Bearer ${given.join(', ')}` };
}

/** RFC 9110 §5.6.4 quoted-string; what can't stand in a header is left out. */
function quote(value: string): string {
  return `"${value.replaceAll(/[^\x20-\x7e]/g, '').replaceAll(/["\\]/g, '\\$&')}"`;
}

function answer(status: number, error: string, headers: Readonly<Record<string, string>>): IdentityAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ error }),
  };
}
