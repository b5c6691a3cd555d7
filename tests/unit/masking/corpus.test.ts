/**
 * The quality bars of `npm run bench:masking` on fewer documents: what the detectors find, what they leave, and what they
 * mask without need. No times here: the benchmark has those.
 */
import { describe, expect, it } from 'vitest';
import { makeTuned } from '../../bench/masking-corpus.ts';
import { makeHeldOut } from '../../bench/masking-held-out.ts';
import { judgeQuality, measureSet } from '../../bench/masking-measure.ts';
import { proves } from '../../requirements.ts';

const SIZE = 2_000;
const SETS = [
  ['documents the detectors were written against', measureSet('tuned', makeTuned(11, SIZE))],
  ['documents they have not seen', measureSet('held-out', makeHeldOut(12, SIZE))],
] as const;

describe.each(SETS)('%s', (_set, figures) => {
  it.each(judgeQuality(figures))(proves('masking.corpus', 'meet the bar: $bar ($measured)'), ({ isMet }) => {
    expect(isMet).toBe(true);
  });

  it('have each class often enough to say so, and hard negatives', () => {
    expect(figures.perClass).toHaveLength(8);
    for (const { values } of figures.perClass) expect(values).toBeGreaterThan(100);
    expect(figures.negatives).toBe(SIZE / 4);
  });

  it('lose little of a class that has no bar of its own, and are named rightly', () => {
    for (const { recall, precision } of figures.perClass) {
      expect(recall).toBeGreaterThanOrEqual(0.95);
      expect(precision).toBeGreaterThanOrEqual(0.98);
    }
  });
});
