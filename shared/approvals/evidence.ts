/**
 * What ties a decision to what was decided, and to us (DESIGN §5): `evidence` names what an approver was asked, the MAC
 * says that a process with the keyring wrote the decision. Whoever can only write to the table can decide nothing.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../keys/keyring.ts';
import type { Approval, DecisionRow } from './approval.ts';

type Asked = Omit<Approval, 'evidence' | 'state' | 'attempt'>;

export function evidenceOf(keyring: Keyring, approval: Asked): string {
  return keyring.name('evidence', evidenceText(approval));
}

/** Whether the row still says what it said when it was made; also under an older keyring version. */
export function hasItsEvidence(keyring: Keyring, approval: Approval): boolean {
  return keyring.names('evidence', evidenceText(approval)).some((name) => isSame(name, approval.evidence));
}

export function decisionMac(keyring: Keyring, decision: Omit<DecisionRow, 'mac'>): string {
  return keyring.name('decision', decisionText(decision));
}

export function hasItsMac(keyring: Keyring, decision: DecisionRow): boolean {
  return keyring.names('decision', decisionText(decision)).some((name) => isSame(name, decision.mac));
}

/** Whether one of ours wrote this decision, and on this very request as it stands. */
export function isGenuine(
  keyring: Keyring,
  { id, evidence }: Pick<Approval, 'id' | 'evidence'>,
  decision: DecisionRow,
): boolean {
  return decision.approval === id && decision.evidence === evidence && hasItsMac(keyring, decision);
}

/** All that an approver judges by and all that a release goes by; nothing that changes in a request's life. */
function evidenceText(approval: Asked): string {
  const { id, fingerprint, generation, createdMs, expiresMs, server, tool, toolDigest, callId, release } = approval;
  const { tenant, principal, agent, tokenId, address, era } = approval.requester;
  const { quorums, policies, reasons, justification = null, preview, session } = approval;
  return JSON.stringify([
    ...[id, fingerprint, generation, createdMs, expiresMs, server, tool, toolDigest, callId, release],
    ...[tenant, principal.kind, principal.id, principal.guest, principal.name ?? null],
    ...[agent.id, agent.name ?? null, tokenId, address, era],
    ...[quorums, policies, reasons, justification, preview, session.id, session.server, session.retention],
  ]);
}

function decisionText(decision: Omit<DecisionRow, 'mac'>): string {
  const { id, approval, person, verdict, reason, channel, evidence, decidedMs } = decision;
  return JSON.stringify([
    id,
    approval,
    person.kind,
    person.id,
    person.guest,
    person.name ?? null,
    verdict,
    reason,
    channel,
    evidence,
    decidedMs,
  ]);
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
