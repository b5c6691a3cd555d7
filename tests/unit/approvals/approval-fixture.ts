/** Approvals, decisions and index rows as tests need them: complete, valid, and each with an id of its own. */
import type { Approval, DecisionRow } from '../../../shared/approvals/approval.ts';
import { formatApprovalId, type OpenRow } from '../../../shared/approvals/approval-store.ts';

/** Noon, 22 November 2026. */
export const NOON_MS = Date.UTC(2026, 10, 22, 12);

const user = (digits: string): string => `5a11e000-0000-4000-8000-0000000000${digits}`;
export const alice = { kind: 'user', id: user('b1'), name: 'Alice', guest: false } as const;
export const bob = { kind: 'user', id: user('b2'), name: 'Bob', guest: false } as const;

/** Hex digits of a number, so that ids differ by it. */
export function fingerprintOf(number: number): string {
  return `k1-${number.toString(16).padStart(32, '0')}`;
}

export function makeApproval({
  number = 1,
  generation = 1,
  nonce = 'a0a0a0a0a0a0',
  ...more
}: Partial<Approval> & { readonly number?: number; readonly nonce?: string } = {}): Approval {
  const fingerprint = fingerprintOf(number);
  return {
    id: formatApprovalId({ fingerprint, generation, nonce }),
    fingerprint,
    generation,
    state: 'pending',
    attempt: 'attempt-0',
    createdMs: NOON_MS,
    expiresMs: NOON_MS + 3_600_000,
    requester: {
      tenant: '5a11e000-0000-4000-8000-000000000001',
      principal: alice,
      agent: { id: user('c1'), name: 'assistant' },
      tokenId: 'uti-1',
      address: '127.0.0.1',
      era: 'modern',
    },
    server: 'crm',
    tool: 'refund_payment',
    toolDigest: 'd'.repeat(64),
    session: { id: `k1-${'5'.repeat(32)}`, server: 'crm', retention: 'standard' },
    callId: 'call-1',
    release: 'worker',
    quorums: ['finance'],
    policies: ['big-refunds'],
    reasons: ['Refunds over 500 need finance.'],
    preview: '{"amount":900}',
    evidence: `k1-${'e'.repeat(32)}`,
    request: { blob: `${fingerprint}/request`, key: 'wrapped' },
    ...more,
  };
}

export function makeDecision(approval: Approval, more: Partial<DecisionRow> = {}): DecisionRow {
  return {
    id: '00112233445566aa',
    approval: approval.id,
    person: bob,
    verdict: 'approve',
    reason: 'The customer called.',
    channel: 'page',
    evidence: approval.evidence,
    decidedMs: NOON_MS + 60_000,
    mac: `k1-${'f'.repeat(32)}`,
    ...more,
  };
}

export function makeOpenRow(approval: Approval, more: Partial<OpenRow> = {}): OpenRow {
  const { id, server, tool, state, createdMs, expiresMs } = approval;
  const { kind, id: requester } = approval.requester.principal;
  return {
    approval: id,
    code: 'K7Q2',
    server,
    tool,
    requester: { kind, id: requester },
    state,
    needsAttention: false,
    createdMs,
    expiresMs,
    ...more,
  };
}
