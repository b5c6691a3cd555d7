/**
 * The requester takes a held call back (DESIGN §5): possible until its first byte is sent, and on record either way.
 */
import type { StoredApproval } from '../approvals/approval-store.ts';
import { type Changed, changeState } from '../approvals/change.ts';
import { tellEvent } from '../approvals/events.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';

/** `passed`: it is too late. Rejects where the store can't be reached. */
export async function withdraw(parts: CallParts, admitted: Admitted, stored: StoredApproval): Promise<Changed> {
  const { caller, address, facts } = admitted;
  const by = { principal: caller.principal, agent: caller.agent, tokenId: caller.tokenId, address };
  const changed = await changeState(parts, stored, 'cancel', { endedMs: parts.nowMs(), endReason: 'by-requester' });
  const { approval } = changed.stored;
  const isWithdrawn = changed.kind === 'changed';
  const detail = isWithdrawn ? 'by-requester' : `too late to withdraw: ${approval.state}`;
  await tellEvent(parts, approval, isWithdrawn ? 'cancelled' : 'asked', { detail, by, call: facts });
  return changed;
}
