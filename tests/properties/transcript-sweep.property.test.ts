/**
 * The fault sweep of writer and sealer: each of their calls to storage and vault × each way to fail. Nothing that was
 * acknowledged is lost or stands twice, everything is sealed in one chain, and what was left behind is on record.
 */
import { describe, expect, it } from 'vitest';
import { verifyTranscripts } from '../../shared/transcripts/verify.ts';
import type { SegmentReport } from '../../shared/transcripts/verify-report.ts';
import { proves } from '../requirements.ts';
import { linesOf, recordedIds, segmentsOf, testEndorsingKey } from '../unit/transcripts/scene.ts';
import { sealsOf } from '../unit/transcripts/seals/seal-scene.ts';
import { type FaultKind, faultKinds } from './transcripts/gate.ts';
import { playStory, type Story } from './transcripts/story.ts';

/** What is wrong at the end of a story, in words. */
async function judge(story: Story): Promise<string[]> {
  const { store, clock, acknowledged, batches, recoveries, problems } = story;
  const wrong: string[] = [...problems];
  const reports: SegmentReport[] = [];
  const report = await verifyTranscripts({
    reader: store,
    endorsingKey: testEndorsingKey,
    nowMs: clock.nowMs(),
    onSegment: (segment) => reports.push(segment),
  });
  if (report.state !== 'intact') wrong.push(`verify says ${report.state}`);
  for (const { fault, segment } of reports) if (fault) wrong.push(`${segment}: ${fault.code}`);
  for (const { code, detail } of report.seals.faults) wrong.push(`${code}: ${detail}`);
  if (report.totals.unsealedLines > 0) wrong.push(`${report.totals.unsealedLines} lines are not sealed`);

  const standing = recordedIds(store);
  for (const id of acknowledged) if (!standing.includes(id)) wrong.push(`${id} is lost`);
  for (const id of new Set(standing)) if (standing.indexOf(id) !== standing.lastIndexOf(id)) wrong.push(`${id} twice`);

  const seals = sealsOf(store);
  for (const [index, { number }] of seals.entries()) {
    if (number !== index + 1) wrong.push(`seal ${number} in place ${index + 1}`);
  }
  const last = new Map(seals.flatMap(({ entries }) => entries).map((entry) => [entry.segment, entry]));
  for (const { segment, state, recovered } of last.values()) {
    if (state === 'bad') wrong.push(`${segment} is bad`);
    if (state === 'open' && !recovered) wrong.push(`${segment} is left open`);
    if (recovered && !recoveries.includes(segment)) wrong.push(`${segment} is recovered, and nobody said so`);
  }
  if (seals.flatMap(({ manifests }) => manifests).length !== 1) wrong.push('the first day has not one manifest');

  for (const path of segmentsOf(store)) {
    const taken = batches.filter(({ container, segment }) => `${container}/${segment}` === path);
    const numbers = new Set(taken.flatMap(({ lines }) => lines.map(({ chain }) => chain.seq)));
    if (numbers.size !== linesOf(store, path).length) wrong.push(`${path}: the index misses lines`);
  }
  return wrong;
}

describe('the writer and the sealer', () => {
  it(proves('seal.sweep', 'make the same calls in two clean runs, and leave nothing wrong'), async () => {
    const [one, other] = await Promise.all([playStory(), playStory()]);
    const kinds = (story: Story) => story.calls.map((call) => call.split(' ', 1)[0]);
    expect(kinds(one)).toEqual(kinds(other));
    expect(new Set(kinds(one))).toEqual(
      new Set(['create', 'append', 'putSideBlob', 'createSeal', 'list', 'read', 'sign', 'key']),
    );
    expect(one.acknowledged).toEqual(['e-1', 'e-2', 'e-3', 'e-4', 'e-5', 'e-6']);
    expect(one.recoveries).toHaveLength(1);
    expect(await judge(one)).toEqual([]);
  });

  it.each<FaultKind>([...faultKinds])(
    proves('seal.sweep', 'lose, double and leave unsealed nothing, whichever call meets: %s'),
    { timeout: 300_000 },
    async (kind) => {
      const { calls } = await playStory();
      const wrong: string[] = [];
      for (let at = 0; at < calls.length; at += 1) {
        const story = await playStory({ kind, at });
        expect(story.faultStruck).toBe(true);
        for (const what of await judge(story)) wrong.push(`${kind} at ${at}, ${calls[at]}: ${what}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  it(proves('seal.sweep', 'would be found if they lost, doubled or left out something'), async () => {
    const story = await playStory();
    const [path = ''] = segmentsOf(story.store);
    const bytes = story.store.content.get(path) ?? Buffer.of();
    story.acknowledged.push('e-7');
    story.store.content.set(path, bytes.subarray(0, -5));
    story.store.content.delete('seals/chain/0000000/0000000002.json');
    const wrong = (await judge(story)).join('\n');
    for (const word of ['e-7 is lost', 'unended-line', 'seal-missing', 'seal 3 in place 2'])
      expect(wrong).toContain(word);
  });
});
