/** The sentence on top of a review: every case, word by word. */
import { describe, expect, it } from 'vitest';
import { answerExposure, type ExposureFacts } from '../../../shared/reviews/sentence.ts';
import { proves } from '../../requirements.ts';
import { masked, NO_TOTALS, QUIET, revealed, SEALED } from './facts.ts';

const SEAL = 'verified to seal 41 of 22 November 2026, 21:30 UTC';
const unsealed = { ...SEALED, seals: 'none' as const };

const cases: readonly (readonly [string, Partial<ExposureFacts>, string, string])[] = [
  ['no calls', {}, 'no', `No exposure was found: there were no calls, ${SEAL}.`],
  [
    'only masked',
    { totals: { ...NO_TOTALS, calls: 24, ran: 24 }, callers: [masked(30), masked(1, 'bob')] },
    'no',
    `No exposure was found: in 24 calls that ran 31 values were masked and none of a class that is looked for left in clear, ${SEAL}.`,
  ],
  [
    'nothing found, some refused and withheld',
    { totals: { ...NO_TOTALS, calls: 4, ran: 2, refused: 2, withheld: 1 } },
    'no',
    `No exposure was found: nothing sensitive was found in 2 calls that ran, 2 calls were refused and 1 answer was withheld, ${SEAL}.`,
  ],
  [
    'revealed by policy',
    { totals: { ...NO_TOTALS, calls: 2, ran: 2 }, callers: [masked(5), revealed(2), revealed(1, 'bob', 'email')] },
    'yes',
    'Yes: 2 card values went in clear to alice and 1 email value went in clear to bob.',
  ],
  ['seen by an approver', { viewers: [revealed(3, 'bob')] }, 'yes', 'Yes: 3 card values stood in clear before bob.'],
  [
    'uninspected',
    { callers: [{ who: 'alice', exposure: [{ class: 'image', outcome: 'uninspected', count: 2 }] }] },
    'cannot-tell',
    'It can’t be told whether data was exposed: 2 parts that nobody could inspect were delivered.',
  ],
  [
    'unknown calls',
    { totals: { ...NO_TOTALS, calls: 1, unknown: 1 } },
    'cannot-tell',
    'It can’t be told whether data was exposed: what became of 1 call is not known.',
  ],
  [
    'unfinished calls',
    { totals: { ...NO_TOTALS, calls: 2, unfinished: 2 } },
    'cannot-tell',
    'It can’t be told whether data was exposed: 2 calls had not ended.',
  ],
  [
    'outcomes without a call',
    { totals: { ...NO_TOTALS, strays: 1 } },
    'cannot-tell',
    'It can’t be told whether data was exposed: 1 outcome belongs to calls that were not found.',
  ],
  [
    'tampered',
    { proof: { ...SEALED, tampered: 1 } },
    'cannot-tell',
    'It can’t be told whether data was exposed: 1 segment of the transcript was tampered with.',
  ],
  [
    'unreadable and expired',
    { proof: { ...SEALED, unreadable: 2, expired: 1 } },
    'cannot-tell',
    'It can’t be told whether data was exposed: 2 segments could not be read and 1 segment was removed when retention ended.',
  ],
  [
    'broken chain of seals',
    { proof: { ...SEALED, seals: 'tampered' } },
    'cannot-tell',
    'It can’t be told whether data was exposed: the chain of seals does not verify.',
  ],
  [
    'no seal yet',
    { proof: unsealed },
    'cannot-tell',
    'It can’t be told whether data was exposed: no seal stands over these records yet.',
  ],
  [
    'newer than the last seal',
    { proof: { ...SEALED, newer: 3 } },
    'cannot-tell',
    'It can’t be told whether data was exposed: 3 records are newer than seal 41 and not proven yet.',
  ],
  [
    'revealed, and more that nobody knows',
    { totals: { ...NO_TOTALS, calls: 2, unknown: 1 }, callers: [revealed(1)], proof: { ...SEALED, newer: 1 } },
    'yes',
    'Yes: 1 card value went in clear to alice. Beyond that it can’t be told: what became of 1 call is not known and 1 record is newer than seal 41 and not proven yet.',
  ],
  [
    'revealed to more people than a sentence names',
    { callers: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((who) => revealed(1, who)) },
    'yes',
    'Yes: 1 card value went in clear to a, 1 card value went in clear to b, 1 card value went in clear to c, 1 card value went in clear to d, 1 card value went in clear to e and as much to 2 more, named below.',
  ],
];

describe('the sentence', () => {
  it.each(cases)(proves('review.sentence', 'says of %s what the records show'), (_, facts, kind, sentence) => {
    expect(answerExposure({ ...QUIET, ...facts })).toEqual({ kind, sentence });
  });
});
