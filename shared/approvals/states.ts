/**
 * The life of an approval as data (DESIGN §5): which event leads from which state to which, and nothing else does.
 * `claimed` and `sent` are the two halves of releasing: before and after the first upstream byte. After `sent` a call
 * is never run again, whatever the tool.
 */
export type ApprovalState =
  | 'pending'
  | 'approved'
  | 'claimed'
  | 'sent'
  | 'done'
  | 'failed'
  | 'unknown'
  | 'denied'
  | 'expired'
  | 'cancelled';

export type ApprovalEvent =
  | 'approve'
  | 'deny'
  | 'expire'
  /** By the requester, or because a re-check failed for good. */
  | 'cancel'
  /** Also the next attempt, once the lease of the one before it ran out. */
  | 'claim'
  /** Written before the first upstream byte. */
  | 'send'
  /** The upstream answered, with a result or an error of its own. */
  | 'finish'
  /** It is certain that nothing took effect. */
  | 'fail'
  /** Sent, and nobody knows what became of it: said after the lease, by the sweep alone. */
  | 'lose';

const TRANSITIONS: Readonly<Record<ApprovalState, Partial<Readonly<Record<ApprovalEvent, ApprovalState>>>>> = {
  pending: { approve: 'approved', deny: 'denied', expire: 'expired', cancel: 'cancelled' },
  approved: { claim: 'claimed', expire: 'expired', cancel: 'cancelled' },
  claimed: { claim: 'claimed', send: 'sent', fail: 'failed', expire: 'expired', cancel: 'cancelled' },
  sent: { finish: 'done', fail: 'failed', lose: 'unknown' },
  unknown: { finish: 'done', fail: 'failed' },
  done: {},
  failed: {},
  denied: {},
  expired: {},
  cancelled: {},
};

/** Undefined where the event has no place in this state. */
export function nextState(state: ApprovalState, event: ApprovalEvent): ApprovalState | undefined {
  return TRANSITIONS[state][event];
}

/** A request in such a state is open: the same call joins it. */
export function isOpen(state: ApprovalState): boolean {
  return state === 'pending' || state === 'approved' || state === 'claimed' || state === 'sent';
}

export const APPROVAL_STATES = Object.keys(TRANSITIONS) as readonly ApprovalState[];
