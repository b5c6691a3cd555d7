/** The deadline of masking: the clock is asked now and then, and what is late is not masked at all. */
import { describe, expect, it } from 'vitest';
import { createMasker } from '../../../shared/masking/mask.ts';
import { MaskingDeadline } from '../../../shared/masking/pace.ts';
import { proves } from '../../requirements.ts';

const hidden = { server: 'crm', revealed: new Set<string>() };
const messageOf = (count: number) => ({
  id: 1,
  result: { structuredContent: Array.from({ length: count }, (_, index) => `row ${index} of a@b.co`) },
});

/** A clock that goes on by so much each time it is asked. */
function createClock(stepMs: number) {
  const clock = {
    asked: 0,
    now: () => {
      clock.asked += 1;
      return clock.asked * stepMs;
    },
  };
  return clock;
}

describe('the deadline of masking', () => {
  it(proves('mask.deadline', 'throws once it has passed, in the middle of a message'), () => {
    const { now: monotonicMs } = createClock(60);
    const masker = createMasker({ classes: ['email'], monotonicMs, deadlineMs: 100 });
    expect(() => masker.maskMessage(messageOf(20_000), hidden)).toThrow(MaskingDeadline);
    expect(() => masker.maskArguments(messageOf(20_000), hidden)).toThrow(MaskingDeadline);
    expect(() => masker.maskRequest(messageOf(20_000))).toThrow(MaskingDeadline);
  });

  it(proves('mask.deadline', 'is each message’s own, and costs a small one a single look at the clock'), () => {
    const clock = createClock(60);
    const masker = createMasker({ classes: ['email'], monotonicMs: clock.now, deadlineMs: 100 });
    for (let index = 1; index <= 50; index += 1) {
      masker.maskMessage(messageOf(10), hidden);
      expect(clock.asked).toBe(index);
    }
  });
});
