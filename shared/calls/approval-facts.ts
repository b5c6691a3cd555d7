/** An approval as an agent is told of it; what a decision still needs is said by quorum, with whom each wants. */
import type { Approval } from '../approvals/approval.ts';
import { shortCodeOf } from '../approvals/short-code.ts';
import type { ApprovalFacts } from '../mcp/approval-answers.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';

export function approvalFacts({ config }: Pick<CallParts, 'config'>, approval: Approval): ApprovalFacts {
  const { id, state, createdMs, expiresMs, reasons } = approval;
  const needs = approval.quorums.map((name) => {
    const from = config.quorums.get(name)?.from ?? [];
    const people = from.map(({ group, people: count }) => `${count} of ${group}`);
    return people.length === 0 ? name : `${name} (${people.join(' and ')})`;
  });
  return { id, code: shortCodeOf(id), state, createdMs, expiresMs, needs, reasons };
}

/** The same principal through the same agent: nobody else collects, waits for or withdraws a request (DESIGN §5). */
export function isOwn({ requester, server }: Approval, admitted: Admitted): boolean {
  const { caller } = admitted;
  return (
    requester.tenant === caller.tenant &&
    requester.principal.kind === caller.principal.kind &&
    requester.principal.id === caller.principal.id &&
    requester.agent.id === caller.agent.id &&
    server === admitted.server.name
  );
}
