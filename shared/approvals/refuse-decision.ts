/**
 * Whether a decision may be taken at all, and what is said when not (DESIGN §5). Only what can be known at once: the
 * approver function judges anew when it applies it.
 */
import { CHANNELS } from '../config/channels.ts';
import type { Approval } from './approval.ts';
import { mayDecide } from './assess.ts';
import { type DecisionInput, type DecisionRefusal, type Person, REASON_CHARACTERS } from './inbox.ts';
import type { ApprovalParts } from './parts.ts';

export const REFUSAL_TEXTS: Readonly<Record<DecisionRefusal, string>> = {
  'not-found': 'There is no such request, or it is not for you to decide.',
  'own-request': 'This is your own request: somebody else has to decide it.',
  channel: 'This request can’t be answered here. Open its page.',
  ended: 'It is too late: this request is not waiting any more.',
  changed: 'This is not the request that you were shown. Open it again, and decide what it says now.',
  reason: `A denial needs a reason, and a reason has at most ${REASON_CHARACTERS} characters.`,
  unavailable: 'It is not certain that your decision was kept. Look at the request again in a minute.',
};

export function checkDecision(
  parts: ApprovalParts,
  person: Person,
  approval: Approval,
  input: DecisionInput,
): DecisionRefusal | undefined {
  const { principal, groups, channel, agent } = person;
  if (principal.id === approval.requester.principal.id) return 'own-request';
  // No agent answers what it asked for (DESIGN §4), whoever's token it holds; pages and Teams come through no agent.
  if (agent.id === approval.requester.agent.id) return 'channel';
  if (!mayDecide(parts, approval, { principal, groups, channel })) {
    const may = CHANNELS.some((other) => mayDecide(parts, approval, { principal, groups, channel: other }));
    return may ? 'channel' : 'not-found';
  }
  if (approval.state !== 'pending' || parts.nowMs() >= approval.expiresMs) return 'ended';
  if (input.evidence !== undefined && input.evidence !== approval.evidence) return 'changed';
  const reason = input.reason.trim();
  if (reason.length > REASON_CHARACTERS || (input.verdict === 'deny' && reason === '')) return 'reason';
  return undefined;
}
