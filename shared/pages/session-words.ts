/** What stands in records, in words for the people who read them. */
import type { RecordProof, SessionProof } from '../sessions/read-session.ts';
import type { CallStatus } from '../sessions/story.ts';
import type { ApprovalHappening } from '../transcripts/entry.ts';

export interface Words {
  readonly label: string;
  /** How it is coloured; the words say it too. */
  readonly tone: '' | 'good' | 'bad' | 'warn' | 'ended';
}

export const STATUS_WORDS: Readonly<Record<CallStatus, Words>> = {
  answered: { label: 'Answered', tone: 'good' },
  error: { label: 'Answered with an error', tone: 'warn' },
  failed: { label: 'Not reached', tone: 'ended' },
  withheld: { label: 'Answer withheld', tone: 'warn' },
  unknown: { label: 'Outcome unknown', tone: 'bad' },
  abandoned: { label: 'Caller left', tone: 'ended' },
  refused: { label: 'Refused', tone: 'bad' },
  held: { label: 'Held', tone: '' },
  unfinished: { label: 'No outcome yet', tone: 'ended' },
};

export const HAPPENING_WORDS: Readonly<Record<ApprovalHappening, string>> = {
  held: 'Held for approval',
  joined: 'Asked again, and joined the request that waits',
  asked: 'Asked how the request stands',
  decided: 'Decided',
  'decision-refused': 'A decision was not taken',
  approved: 'The request is approved',
  denied: 'The request is denied',
  expired: 'The request expired',
  cancelled: 'The request was cancelled',
  failed: 'It could not be run',
  unknown: 'Nobody knows whether it was run',
  resolved: 'An operator found out what became of it',
  attention: 'A person has to look',
};

export const PROOF_WORDS: Readonly<Record<RecordProof, Words>> = {
  sealed: { label: 'Sealed', tone: 'good' },
  signed: { label: 'Not sealed', tone: 'ended' },
  broken: { label: 'Not proven', tone: 'bad' },
};

/** Never claims more than was looked at. */
export function describeProof(proof: SessionProof): {
  readonly title: string;
  readonly text: string;
  readonly tone: string;
} {
  const { state, lastSeal, lines, sealedLines, isChainSound } = proof;
  const chain = isChainSound ? '' : ' One of the last seals is none that the vault signed.';
  const whole = ' To check the whole chain of seals, run sallyport verify.';
  const count = lines.toLocaleString('en-GB');
  switch (state) {
    case 'sealed':
      return {
        title: `Verified, sealed through seal ${lastSeal}`,
        text: `All ${count} records were read just now: each follows the one before, is signed by its writer, and is what a seal of the vault names.${chain}${whole}`,
        tone: isChainSound ? 'good' : 'warn',
      };
    case 'signed': {
      const newer = (lines - sealedLines).toLocaleString('en-GB');
      const seal = lastSeal === 0 ? 'no seal stands yet' : `the last seal is ${lastSeal}`;
      return {
        title: 'Verified; some is not sealed yet',
        text: `All ${count} records verify. ${newer} of them are newer than the seals over this session and have their writer’s signature alone: ${seal}.${chain}${whole}`,
        tone: 'warn',
      };
    }
    case 'broken':
      return {
        title: 'Something does not verify',
        text: 'Part of this session is not as it was written, or is gone. What does not verify is not shown; what is shown may not be all. The segments below say what is wrong.',
        tone: 'bad',
      };
    case 'unreadable':
      return {
        title: 'Part of it could not be read',
        text: 'A segment could not be read just now, so what is shown may not be all. Try again in a minute.',
        tone: 'bad',
      };
    case 'empty':
      return { title: 'Nothing is left to verify', text: 'No segment of this session was found.', tone: 'warn' };
  }
}
