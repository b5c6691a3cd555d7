/** An approval's row in the index (DESIGN §5), from the approval; rewritten when its state changes, as a hint. */
import type { Approval } from './approval.ts';
import type { OpenRow } from './approval-store.ts';
import { shortCodeOf } from './short-code.ts';

export function openRowOf(approval: Approval): OpenRow {
  const { id, server, tool, requester, state, createdMs, expiresMs, keptUntilMs } = approval;
  const { kind, id: person } = requester.principal;
  const code = shortCodeOf(id);
  const needsAttention = approval.attention !== undefined;
  return {
    approval: id,
    code,
    server,
    tool,
    requester: { kind, id: person },
    state,
    needsAttention,
    createdMs,
    expiresMs: keptUntilMs ?? expiresMs,
  };
}
