/** What stands in a review, in words for the people who read it. */
import type { Answer, Standing } from '../reviews/report.ts';
import type { Verdict } from '../reviews/review.ts';

interface Words {
  readonly label: string;
  /** How it is coloured; the words say it too. */
  readonly tone: '' | 'good' | 'bad' | 'warn' | 'ended';
}

export const ANSWER_WORDS: Readonly<Record<Answer['kind'], Words>> = {
  no: { label: 'No data exposed', tone: 'good' },
  yes: { label: 'Data exposed', tone: 'bad' },
  'cannot-tell': { label: 'Can’t be told', tone: 'warn' },
};

export const STANDING_WORDS: Readonly<Record<Standing, Words>> = {
  did: { label: 'Uses it', tone: '' },
  never: { label: 'Never used it', tone: 'warn' },
  former: { label: 'May no longer', tone: 'warn' },
  tried: { label: 'Was refused', tone: 'bad' },
  duty: { label: 'Oversees', tone: 'ended' },
  'not-known': { label: 'Rights not known', tone: 'warn' },
};

export const VERDICT_WORDS: Readonly<Record<Verdict, Words>> = {
  keep: { label: 'Kept', tone: 'good' },
  revoke: { label: 'Revoked', tone: 'bad' },
};

export const DUTY_WORDS = {
  approve: 'approves calls',
  audit: 'audits',
  review: 'reviews',
  administer: 'administers',
} as const;

export const VIEWED_WORDS: Readonly<Record<string, string>> = {
  approval: 'held calls',
  session: 'a session’s records',
  sessions: 'lists of sessions',
  review: 'access reviews',
  export: 'exports of a review',
  ask: 'questions about exposure',
  home: 'the home page',
};
