/** The life of an approval, as DESIGN §5 tells it: every state with every event, and nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  APPROVAL_STATES,
  type ApprovalEvent,
  type ApprovalState,
  isOpen,
  nextState,
} from '../../../shared/approvals/states.ts';
import { proves } from '../../requirements.ts';

const EVENTS: readonly ApprovalEvent[] = [
  'approve',
  'deny',
  'expire',
  'cancel',
  'claim',
  'send',
  'finish',
  'fail',
  'lose',
];

/** DESIGN §5, arrow by arrow; `claimed` and `sent` are the halves of releasing. */
const ARROWS = [
  'pending approve approved',
  'pending deny denied',
  'pending expire expired',
  'pending cancel cancelled',
  'approved claim claimed',
  'approved cancel cancelled',
  'approved expire expired',
  'claimed claim claimed',
  'claimed send sent',
  'claimed fail failed',
  'claimed cancel cancelled',
  'claimed expire expired',
  'sent finish done',
  'sent fail failed',
  'sent lose unknown',
  'unknown finish done',
  'unknown fail failed',
];

const FINAL: readonly ApprovalState[] = ['done', 'failed', 'denied', 'expired', 'cancelled'];

describe('the states of an approval', () => {
  it(proves('approval.states', 'are led from one to the next by these events, and by no others'), () => {
    const arrows = APPROVAL_STATES.flatMap((state) =>
      EVENTS.flatMap((event) => {
        const next = nextState(state, event);
        return next === undefined ? [] : [`${state} ${event} ${next}`];
      }),
    );
    expect(arrows.toSorted()).toEqual(ARROWS.toSorted());
  });

  it(proves('approval.states', 'have five ends, and nothing leaves them'), () => {
    const ends = APPROVAL_STATES.filter((state) => EVENTS.every((event) => nextState(state, event) === undefined));
    expect(ends.toSorted()).toEqual(FINAL.toSorted());
    expect(FINAL.filter(isOpen)).toEqual([]);
  });

  it(proves('approval.states', 'never lead back to where a call could be sent, once it was'), () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 30 }), (events) => {
        let state: ApprovalState = 'pending';
        let sent = 0;
        for (const event of events) {
          const next: ApprovalState | undefined = nextState(state, event);
          if (next === undefined) continue;
          if (event === 'send') sent += 1;
          state = next;
          if (sent > 0) expect(['sent', 'unknown', 'done', 'failed']).toContain(state);
        }
        expect(sent).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('hold the same call back while they are open, and while nobody knows what became of it it is not open', () => {
    expect(APPROVAL_STATES.filter(isOpen)).toEqual(['pending', 'approved', 'claimed', 'sent']);
  });
});
