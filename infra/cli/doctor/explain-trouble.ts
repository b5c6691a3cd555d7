/**
 * An error in a few words that are certain to hold no secret: codes of the system, HTTP statuses, and what this program
 * itself says. What an upstream, a vault or a proxy wrote into an error is left out: some quote the key that they refused.
 */
import { CommandFailure, CommandRefusal } from '../outcome.ts';
import { visibleLine } from '../pins/visible-text.ts';

/** `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `SecretNotFound`. */
const CODE = /^[A-Za-z][A-Za-z0-9_]{1,60}$/;

/** Of the Azure SDK's credentials. */
const NOT_SIGNED_IN = new Set([
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
]);

/** Of the chain of causes, the innermost that says anything: the others wrap it. */
export function explainTrouble(error: unknown): string {
  let facts: readonly string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof CommandFailure || cause instanceof CommandRefusal) {
      return visibleLine(cause.message.split('\n', 1)[0] ?? '');
    }
    const found = factsOf(cause);
    if (found.length > 0) facts = found;
  }
  if (facts.length > 0) return facts.join(', ');
  return isUnreached(error) ? 'the request never went out' : 'for a reason that can’t be told safely';
}

/** Whether the other side was never reached: no name, no connection, no certificate to trust, no time. */
export function isUnreached(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError' || cause.name === 'AbortError') return true;
    if (cause instanceof TypeError && cause.message === 'fetch failed') return true;
  }
  return false;
}

function factsOf(error: Error): readonly string[] {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return ['no answer in time'];
  if (NOT_SIGNED_IN.has(error.name)) return ['nobody is signed in with az or azd'];
  // The MCP client's error for a 401 has no status.
  if (error.name === 'UnauthorizedError') return ['HTTP 401'];
  const status = 'status' in error ? error.status : 'statusCode' in error ? error.statusCode : undefined;
  const code = 'code' in error ? error.code : undefined;
  return [
    ...(typeof status === 'number' ? [`HTTP ${status}`] : []),
    ...(typeof code === 'string' && CODE.test(code) ? [code] : []),
  ];
}
