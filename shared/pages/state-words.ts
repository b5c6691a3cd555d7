/** An approval's state, and why it ended, in words for the people who decide. */
import type { ApprovalState } from '../approvals/states.ts';

export interface StateWords {
  readonly label: string;
  /** A sentence of what it means for the call. */
  readonly meaning: string;
  /** How it is coloured; the words say it too. */
  readonly tone: 'waiting' | 'good' | 'bad' | 'ended';
}

const WORDS: Readonly<Record<ApprovalState, StateWords>> = {
  pending: { label: 'Waiting', meaning: 'It waits for a decision. Nothing has been run.', tone: 'waiting' },
  approved: { label: 'Approved', meaning: 'It is approved, and about to be run once.', tone: 'good' },
  claimed: { label: 'Approved', meaning: 'It is approved, and about to be run once.', tone: 'good' },
  sent: { label: 'Running', meaning: 'It was sent to the server, and its answer is awaited.', tone: 'good' },
  done: { label: 'Done', meaning: 'It was approved and run once. The server answered.', tone: 'good' },
  failed: { label: 'Not run', meaning: 'It was approved, but could not be run. Nothing took effect.', tone: 'bad' },
  unknown: {
    label: 'Outcome unknown',
    meaning: 'It was sent to the server, and nobody knows what became of it. It will not be run again by itself.',
    tone: 'bad',
  },
  denied: { label: 'Denied', meaning: 'It was denied, and will not be run.', tone: 'bad' },
  expired: { label: 'Expired', meaning: 'Nobody decided in time. It will not be run.', tone: 'ended' },
  cancelled: { label: 'Cancelled', meaning: 'It was cancelled before it was run, and will not be run.', tone: 'ended' },
};

export function describeState(state: ApprovalState): StateWords {
  return WORDS[state];
}

/** Undefined where the state says it already. */
const REASONS: Readonly<Record<string, string | undefined>> = {
  denied: undefined,
  expired: undefined,
  'by-requester': 'Whoever asked for it took it back.',
  'by-operator': 'An operator found out what became of it.',
  block: 'Somebody involved was blocked meanwhile.',
  'tool-changed': 'The tool is not the one that was asked about any more.',
  policy: 'Policy does not allow it any more.',
  quorum: 'Not everybody who approved could still approve when it was to run.',
  attempts: 'It could not be begun, in several attempts.',
  upstream: 'The server could not be reached.',
  lease: 'The server’s answer never came.',
};

/** A sentence; for what we have no words for, the word itself. Undefined where there is nothing to add. */
export function describeEndReason(reason: string): string | undefined {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason] : `Reason: ${reason}`;
}

const ATTENTION: Readonly<Record<string, string>> = {
  notice: 'nobody was told of it: its card could not be posted',
  attempts: 'it could not be run',
  'unknown outcome': 'nobody knows whether it was run',
};

/** What a person has to look at; most say it in words already. */
export function describeAttention(attention: string): string {
  return (Object.hasOwn(ATTENTION, attention) ? ATTENTION[attention] : undefined) ?? attention;
}
