/**
 * Whatever is removed of what seals cover, whole appends, whole segments, seals or manifests, is found; what no seal
 * covers yet may go unnoticed, and is said not to be covered.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyTranscripts } from '../../shared/transcripts/verify.ts';
import { proves } from '../requirements.ts';
import { createMemoryStore, type MemoryStore } from '../unit/transcripts/memory-store.ts';
import { eventEntry, segmentsOf, session, testEndorsingKey } from '../unit/transcripts/scene.ts';
import { createSealScene, sealsOf } from '../unit/transcripts/seals/seal-scene.ts';

const HOUR_MS = 3_600_000;

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('record' as const), session: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('seal' as const), isNew: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 14, 30) }) },
  ),
  { minLength: 4, maxLength: 25 },
);

type Step = typeof steps extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

async function play(script: readonly Step[]): Promise<{ store: MemoryStore; nowMs: number }> {
  const scene = createSealScene();
  const { recorder, clock } = scene;
  let count = 0;
  await recorder.record(session, eventEntry('first'));
  for (const step of script) {
    if (step.do === 'wait') await clock.advance(step.hours * HOUR_MS);
    else if (step.do === 'seal') await scene.seal(step.isNew ? scene.another() : scene.sealer);
    else await clock.until(recorder.record({ ...session, id: `s-${step.session}` }, eventEntry(`e-${count++}`)));
  }
  await scene.seal();
  await recorder.record(session, eventEntry('unsealed'));
  return { store: scene.store, nowMs: clock.nowMs() };
}

async function stateOf(content: ReadonlyMap<string, Buffer>, nowMs: number): Promise<string> {
  const store = createMemoryStore();
  for (const [path, bytes] of content) store.content.set(path, bytes);
  return (await verifyTranscripts({ reader: store, endorsingKey: testEndorsingKey, nowMs })).state;
}

/** Lengths at which an append ended, from none to all. */
function boundaries(bytes: Buffer): number[] {
  const ends = [0];
  let length = 0;
  for (const line of bytes.toString('utf8').split('\n').slice(0, -1)) {
    length += Buffer.byteLength(line) + 1;
    if (line.includes('"kind":"signature"')) ends.push(length);
  }
  return ends;
}

describe('the verifier, with seals', () => {
  it(proves('seal.removal-found', 'finds any whole appends, segment, seal or manifest that was removed'), {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.nat(), async (script, which, where) => {
        const { store, nowMs } = await play(script);
        expect(await stateOf(store.content, nowMs)).toBe('intact');
        const sealed = new Map(
          sealsOf(store)
            .flatMap(({ entries }) => entries)
            .map(({ container, segment, bytes }) => [`${container}/${segment}`, bytes]),
        );
        const paths = segmentsOf(store);
        const path = paths[which % paths.length] ?? '';
        const bytes = store.content.get(path) ?? Buffer.of();
        const ends = boundaries(bytes).slice(0, -1);
        const end = ends[where % ends.length] ?? 0;
        const cut = new Map(store.content).set(path, bytes.subarray(0, end));
        expect(await stateOf(cut, nowMs)).toBe(end < (sealed.get(path) ?? 0) ? 'tampered' : 'intact');

        const without = new Map(store.content);
        without.delete(path);
        if (without.size > 0) expect(await stateOf(without, nowMs)).toBe(sealed.has(path) ? 'tampered' : 'intact');

        // All but the last seal: that one alone may be taken away, which is what an anchor is for.
        const documents = [...store.content.keys()].filter((name) => name.startsWith('seals/')).sort();
        const last = documents.findLast((name) => name.includes('/chain/'));
        const removable = documents.filter((name) => name !== last);
        const removed = removable[where % Math.max(1, removable.length)];
        if (removed === undefined) return;
        const less = new Map(store.content);
        less.delete(removed);
        expect(await stateOf(less, nowMs)).toBe('tampered');
      }),
      { numRuns: 150 },
    );
  });
});
