/**
 * Whether it is the Teams workflow that speaks (DESIGN §5): an app-only token of its managed identity, for this app, with
 * the role for answers, and of exactly the identity that the configuration names. The role alone is not enough: whoever
 * may assign app roles would speak for every approver.
 */
import type { Workflow, WorkflowRefusal } from '../approvals/flow/answers.ts';
import type { CallParts } from '../calls/parts.ts';
import type { TeamsFlowConfig } from '../config/config.ts';
import { describeTokenFailure } from '../identity/token-failure.ts';
import { createTokenVerifier } from '../identity/verify-token.ts';
import { err, ok, type Result } from '../result.ts';
import type { GatewayPorts } from './ports.ts';

type Ports = Pick<GatewayPorts, 'entra' | 'nowMs'>;

/** Never rejects. */
export function createFlowAuthenticator(
  { config, blocks, signingKeys }: Pick<CallParts, 'config' | 'blocks' | 'signingKeys'>,
  { entra, nowMs }: Ports,
  flow: TeamsFlowConfig,
) {
  const { flowRole: role, clockSkewSeconds } = config.identity;
  // Not `identity.audiences`: under another app's audience the name of a role may mean anything.
  const verifier = createTokenVerifier({
    ...entra,
    keys: signingKeys,
    audiences: [],
    // A person's token is none of these, whatever scope it has.
    scope: role,
    role,
    clockSkewSeconds,
    nowMs,
  });

  return async (authorization: string | null): Promise<Result<Workflow, WorkflowRefusal>> => {
    const caller = await verifier.verify(authorization, `api://${entra.clientId}`);
    if (!caller.ok) {
      const { error } = caller;
      const { reason: code } = error;
      const status = code === 'keys-unavailable' ? 503 : code === 'insufficient-scope' ? 403 : 401;
      const cause = 'cause' in error ? { cause: error.cause } : {};
      return err({ status, code, detail: describeTokenFailure(error), ...cause });
    }
    const { principal, agent } = caller.value;
    if (principal.kind !== 'app' || principal.id !== flow.identity) {
      return err({ status: 403, code: 'identity', detail: `${principal.kind} ${principal.id} is not the workflow` });
    }
    const free = await blocks.check(caller.value);
    if (free.ok) return ok(agent);
    const { code, detail } = free.error;
    return err({ status: code === 'blocked' ? 403 : 503, code, detail });
  };
}
