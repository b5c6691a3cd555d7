/**
 * One change of an approval's row (DESIGN §5): a compare-and-swap that carries a random attempt id and is read back on any
 * error, because a lost response makes the SDK report a conflict with our own write (FACTS §3). Nothing else writes a row
 * that stands.
 */
import type { Approval } from './approval.ts';
import type { StoredApproval, Written } from './approval-store.ts';
import { type ApprovalParts, randomHex } from './parts.ts';
import { type ApprovalEvent, nextState } from './states.ts';

export type Changed =
  | { readonly kind: 'changed'; readonly stored: StoredApproval }
  /** Somebody else was there first, or the event has no place in its state; how it stands now. */
  | { readonly kind: 'passed'; readonly stored: StoredApproval };

type Fixed = 'id' | 'fingerprint' | 'generation' | 'state' | 'attempt' | 'evidence';
/** `attention: undefined` takes the flag off, `request: undefined` the key of what was held. */
type Patch = Partial<Omit<Approval, Fixed | 'attention' | 'request'>> & {
  readonly attention?: string | undefined;
  readonly request?: Approval['request'] | undefined;
};
type ChangeParts = Pick<ApprovalParts, 'approvals' | 'randomBytes'>;

/** A mark by somebody else (a notice, a flag) makes a conflict without being a change of state. */
const MAX_TRIES = 5;

/** Rejects where it can't be known what stands: the change may have been made. */
export function changeState(
  parts: ChangeParts,
  stored: StoredApproval,
  event: ApprovalEvent,
  patch: Patch | ((approval: Approval) => Patch) = {},
): Promise<Changed> {
  const seen = stored.approval;
  return change(parts, stored, (approval) => {
    const state = nextState(approval.state, event);
    const isAsSeen = approval.state === seen.state && approval.claim?.number === seen.claim?.number;
    if (state === undefined || !isAsSeen) return undefined;
    return { ...patched(approval, typeof patch === 'function' ? patch(approval) : patch), state };
  });
}

/** A mark on the row that changes no state. `mark` gives undefined where there is nothing to mark any more. */
export function markApproval(
  parts: ChangeParts,
  stored: StoredApproval,
  mark: (approval: Approval) => Patch | undefined,
): Promise<Changed> {
  return change(parts, stored, (approval) => {
    const patch = mark(approval);
    return patch === undefined ? undefined : patched(approval, patch);
  });
}

function patched(approval: Approval, patch: Patch): Approval {
  const { attention, request, ...rest } = { ...approval, ...patch };
  return { ...rest, ...(attention !== undefined && { attention }), ...(request !== undefined && { request }) };
}

/** Takes members off a row: the keys of what was erased. */
export function stripApproval(
  parts: ChangeParts,
  stored: StoredApproval,
  members: readonly ('request' | 'answer')[],
): Promise<Changed> {
  return change(parts, stored, (approval) =>
    members.some((member) => approval[member] !== undefined) ? without(approval, members) : undefined,
  );
}

function without(approval: Approval, members: readonly ('request' | 'answer')[]): Approval {
  const { request, answer, ...rest } = approval;
  return {
    ...rest,
    ...(request !== undefined && !members.includes('request') && { request }),
    ...(answer !== undefined && !members.includes('answer') && { answer }),
  };
}

async function change(
  parts: ChangeParts,
  first: StoredApproval,
  make: (approval: Approval) => Approval | undefined,
): Promise<Changed> {
  let stored = first;
  // A write that hung may land after it was read back: every attempt of this change is ours.
  const attempts = new Set<string>();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const next = make(stored.approval);
    if (next === undefined) return { kind: 'passed', stored };
    const attempt = randomHex(parts, 16);
    attempts.add(attempt);
    const wanted = { ...next, attempt };
    const written = await tryReplace(parts, wanted, stored);
    if (written.kind === 'written') return { kind: 'changed', stored: { approval: wanted, etag: written.etag } };
    const now = await parts.approvals.read(wanted.id);
    if (now === undefined) throw new Error('an approval’s row is gone');
    if (attempts.has(now.approval.attempt)) return { kind: 'changed', stored: now };
    stored = now;
  }
  return { kind: 'passed', stored };
}

async function tryReplace(parts: ChangeParts, wanted: Approval, stored: StoredApproval): Promise<Written> {
  try {
    return await parts.approvals.replace(wanted, stored.etag);
  } catch {
    // It may have taken effect: reading back tells.
    return { kind: 'conflict' };
  }
}
