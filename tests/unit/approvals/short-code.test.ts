import { describe, expect, it } from 'vitest';
import { readShortCode, shortCodeOf } from '../../../shared/approvals/short-code.ts';
import { proves } from '../../requirements.ts';
import { makeApproval } from './approval-fixture.ts';

describe('a short code', () => {
  it('is the same on every instance and in every version', () => {
    expect(shortCodeOf('k1-00000000000000000000000000000001-1-a0a0a0a0a0a0')).toBe('7YXXF5');
  });

  it('has six characters without look-alikes, and reads as itself', () => {
    for (let number = 1; number <= 500; number += 1) {
      const code = shortCodeOf(makeApproval({ number }).id);
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}$/);
      expect(readShortCode(code)).toBe(code);
    }
  });

  it('spreads: of 20,000 requests few share one', () => {
    const codes = new Set(Array.from({ length: 20_000 }, (_, number) => shortCodeOf(makeApproval({ number }).id)));
    expect(codes.size).toBeGreaterThan(19_990);
  });

  it.each(['K7Q10X', 'k7q10x', 'K7Q-10X', 'k7q 10x', 'K7QLOX', 'K7Qiox', 'Ｋ７Ｑ１０Ｘ', 'K7Q\u200b10X', ' K7Q–10X '])(
    proves('teams.code', 'is read however it is typed: %j'),
    (typed) => {
      expect(readShortCode(typed)).toBe('K7Q10X');
    },
  );

  it.each(['', 'K7Q10', 'K7Q10XX', 'K7Q1UX', 'K7Q1*X', 'because', 'K7Q1éX'])('is not %j', (typed) => {
    expect(readShortCode(typed)).toBeUndefined();
  });
});
