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

const REASONS: Readonly<Record<string, string>> = {
  'by-requester': 'Whoever asked for it took it back.',
  block: 'Somebody involved was blocked meanwhile.',
  'tool-changed': 'The tool is not the one that was asked about any more.',
  policy: 'Policy does not allow it any more.',
  attempts: 'The server could not be reached.',
};

/** A sentence; for what we have no words for, the word itself. */
export function describeEndReason(reason: string): string {
  return REASONS[reason] ?? `Reason: ${reason}`;
}
