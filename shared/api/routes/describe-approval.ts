/** Held calls in the API's shape (`approval-schemas.ts`): times as RFC 3339, and no member that was not meant to be there. */
import type { z } from '@hono/zod-openapi';
import type { ApprovalSummary, ApprovalView } from '../../approvals/inbox.ts';
import type { approvalSchema, approvalSummarySchema } from './approval-schemas.ts';

export function summarise(approval: ApprovalSummary): z.input<typeof approvalSummarySchema> {
  const { id, code, state, server, tool, requester, agent, justification, attention } = approval;
  return {
    id,
    code,
    state,
    server,
    tool,
    requester,
    agent,
    createdAt: toTime(approval.createdMs),
    expiresAt: toTime(approval.expiresMs),
    ...(justification !== undefined && { justification }),
    ...(attention !== undefined && { attention }),
  };
}

export function describe(view: ApprovalView): z.input<typeof approvalSchema> {
  const { reasons, policies, needs, evidence, endedMs, endReason, mayDecide, whyNot } = view;
  return {
    ...summarise(view),
    arguments: view.arguments,
    reasons: [...reasons],
    policies: [...policies],
    needs: needs.map(({ quorum, from }) => ({ quorum, from: [...from] })),
    decisions: view.decisions.map(({ decidedMs, ...decision }) => ({ ...decision, decidedAt: toTime(decidedMs) })),
    evidence,
    ...(endedMs !== undefined && { endedAt: toTime(endedMs) }),
    ...(endReason !== undefined && { endReason }),
    mayDecide,
    ...(whyNot !== undefined && { whyNot }),
  };
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
