/** Whatever a period came to, the sentence claims no more than its records show. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { answerExposure, type ExposureFacts } from '../../shared/reviews/sentence.ts';
import { proves } from '../requirements.ts';
import { SEALED } from '../unit/reviews/facts.ts';

const few = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 }));
const exposure = fc.array(
  fc.record({
    class: fc.constantFrom('card', 'email', 'us-ssn', 'image'),
    outcome: fc.constantFrom('masked', 'masked', 'withheld', 'revealed', 'uninspected'),
    count: few,
  }),
  { maxLength: 3 },
);
const exposed = fc.array(fc.record({ who: fc.constantFrom('alice', 'bob', 'no data was exposed'), exposure }), {
  maxLength: 3,
});
const facts: fc.Arbitrary<ExposureFacts> = fc.record({
  totals: fc.record({
    calls: few,
    ran: few,
    refused: few,
    held: few,
    unknown: few,
    unfinished: few,
    withheld: few,
    strays: few,
  }),
  callers: exposed,
  viewers: exposed,
  strays: exposure,
  proof: fc
    .record({
      seals: fc.constantFrom('intact', 'intact', 'tampered', 'none'),
      newer: few,
      tampered: few,
      unreadable: few,
      expired: few,
      hasSeal: fc.boolean(),
    })
    .map(({ hasSeal, ...proof }) => {
      const { seal, ...rest } = SEALED;
      return { ...rest, ...proof, ...(hasSeal && seal && { seal }) };
    }),
});

const found = ({ callers, viewers, strays }: ExposureFacts, outcome: string) =>
  [...[...callers, ...viewers].flatMap((one) => one.exposure), ...strays].some(
    (one) => one.outcome === outcome && one.count > 0,
  );

function isDoubtful(one: ExposureFacts): boolean {
  const { totals, proof } = one;
  return (
    found(one, 'uninspected') ||
    totals.unknown + totals.unfinished + totals.strays > 0 ||
    proof.newer + proof.tampered + proof.unreadable + proof.expired > 0 ||
    proof.seals !== 'intact' ||
    proof.seal === undefined
  );
}

describe('the sentence on top of a review', () => {
  it(
    proves('review.sentence', 'never says no where anything was revealed, or anything is not known or not proven'),
    () => {
      fc.assert(
        fc.property(facts, (one) => {
          const { kind, sentence } = answerExposure(one);
          const isRevealed = found(one, 'revealed');
          const expected = isRevealed ? 'yes' : isDoubtful(one) ? 'cannot-tell' : 'no';
          if (kind !== expected) throw new Error(`${kind} for ${expected}`);
          if (sentence.startsWith('No ') !== (kind === 'no')) throw new Error(sentence);
          if (kind === 'yes' && isDoubtful(one) && !sentence.includes('can’t be told')) throw new Error(sentence);
          if (kind === 'no' && !sentence.includes('verified to seal 41')) throw new Error(sentence);
        }),
        { numRuns: 2_000 },
      );
    },
  );
});
