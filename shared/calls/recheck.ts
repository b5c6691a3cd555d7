/**
 * Everything that must still be true when an approved call is released (DESIGN §5): the call is the one that was approved,
 * its tool is the one that was pinned, nobody is blocked, and policy allows it with the quorums that are met now. What
 * fails for good ends the request; what can't be asked is asked again.
 */
import type { StoredApproval } from '../approvals/approval-store.ts';
import { assess } from '../approvals/assess.ts';
import { fingerprintsOf } from '../approvals/fingerprint.ts';
import { end, flag, settleFailure } from '../approvals/settle.ts';
import type { ServerConfig } from '../config/config.ts';
import type { JsonObject } from '../json/value.ts';
import type { Asker } from '../policy/engine.ts';
import type { CallParts } from './parts.ts';

export type Rechecked =
  | {
      readonly kind: 'goes';
      readonly server: ServerConfig;
      readonly stored: StoredApproval;
      readonly params: JsonObject;
      readonly asker: Asker;
      readonly met: readonly string[];
    }
  | { readonly kind: 'ended' | 'later'; readonly stored: StoredApproval };

export async function recheck(parts: CallParts, stored: StoredApproval): Promise<Rechecked> {
  const { approval } = stored;
  const { requester, server, tool, toolDigest, session } = approval;
  const { tenant, principal, agent, tokenId } = requester;
  const [assessed, free] = await Promise.all([
    assess(parts, approval),
    parts.blocks.check({ tenant, principal, agent, tokenId, server, session: session.id }),
  ]);
  const cancel = async (reason: string): Promise<Rechecked> => {
    const settled = await end(parts, stored, 'cancel', reason);
    return { kind: 'ended', stored: settled.kind === 'absent' ? stored : settled.stored };
  };

  if (!free.ok) return free.error.code === 'blocked' ? cancel('block') : { kind: 'later', stored };
  if (!assessed.ok) {
    const settled = await settleFailure(parts, stored, assessed.error);
    const kind = settled.kind === 'later' ? 'later' : 'ended';
    return { kind, stored: settled.kind === 'absent' ? stored : settled.stored };
  }
  const { params, asker, standing } = assessed.value;
  const subject = { requester, server, tool, toolDigest, params };
  if (!fingerprintsOf(parts.keyring, subject).includes(approval.fingerprint)) {
    await flag(parts, stored, 'what would be sent is not what was held');
    return cancel('fingerprint');
  }
  const configured = parts.config.servers.get(server);
  const pinned = parts.config.lock.servers.get(server)?.get(tool);
  const isAsPinned = pinned?.digest === toolDigest && parts.drift.mayCall(server, tool);
  if (configured === undefined || !isAsPinned) return cancel('tool-changed');
  switch (standing.kind) {
    case 'approved':
      return { kind: 'goes', server: configured, stored, params, asker, met: standing.met };
    case 'denied':
      return cancel('denied');
    case 'waits':
      return cancel('quorum');
    case 'impossible':
      return cancel('policy');
  }
}
