/** Whatever storage does and however records interleave: what was acknowledged stands exactly once, in order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import type { Mishap, Operation } from '../unit/transcripts/memory-store.ts';
import { createScene, eventEntry, linesOf, segmentsOf, verify } from '../unit/transcripts/scene.ts';

const mishaps = fc.constantFrom<Mishap | undefined>(
  ...[undefined, undefined, undefined],
  ...(['fails', 'response-lost', 'conflicts-with-itself', 'hangs', 'lands-silently', 'lands-late'] as const),
);

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('record' as const), session: fc.nat(1), bytes: fc.constantFrom(1, 1, 70_000) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 40, 700, 4_000, 12_000, 61_000) }),
    fc.record({ do: fc.constant('land late' as const) }),
    fc.record({ do: fc.constant('foreign append' as const) }),
  ),
  { minLength: 1, maxLength: 30 },
);

/** A mishap may strike any operation but the reading of the tail alone for ever: then nobody could know. */
const plans = fc.array(mishaps, { maxLength: 60 });

const session = (id: number) => ({ id: `s-${id}`, server: 'crm', retention: 'standard' });

async function play(plan: readonly (Mishap | undefined)[], script: readonly Step[]) {
  const scene = createScene({ deadlineMs: 10_000, idleMs: 60_000, maxOpenSegments: 1 });
  const { recorder, store, clock } = scene;
  let call = 0;
  const foreign = new Set<string>();
  store.mishap = (_operation: Operation) => plan[call++];
  const acknowledged: string[][] = [[], []];
  const rejected = new Set<string>();
  const pending: Promise<unknown>[] = [];
  let count = 0;
  for (const step of script) {
    if (step.do === 'wait') await clock.advance(step.ms);
    else if (step.do === 'land late') store.landLate();
    else if (step.do === 'foreign append') {
      for (const path of segmentsOf(store)) {
        foreign.add(path);
        store.content.set(path, Buffer.concat([store.content.get(path) ?? Buffer.alloc(0), Buffer.from('{}\n')]));
      }
    } else {
      const id = `e-${step.session}-${count++}`;
      const order = acknowledged[step.session] ?? [];
      const recorded = recorder.record(session(step.session), eventEntry(id, 'x'.repeat(step.bytes)));
      pending.push(
        recorded.then(
          () => order.push(id),
          () => rejected.add(id),
        ),
      );
    }
  }
  await clock.until(Promise.all(pending));
  await clock.until(recorder.close());
  store.landLate();
  return { ...scene, acknowledged, rejected, foreign };
}

type Step = (typeof steps extends fc.Arbitrary<infer T> ? T : never)[number];

const numberOf = (path: string) => Number(/-(\d+)\.jsonl$/.exec(path)?.[1]);

describe('the writer, under any storage', () => {
  it(proves('transcript.lost-response', 'keeps every acknowledged record exactly once and in order'), {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(plans, steps, async (plan, script) => {
        const { store, acknowledged, rejected, foreign } = await play(plan, script);
        for (const [id, order] of acknowledged.entries()) {
          const segments = segmentsOf(store)
            .filter((path) => path.includes(`/s-${id}/`))
            .sort((one, other) => numberOf(one) - numberOf(other));
          const standing = segments.flatMap((path) => readable(store, path, foreign));
          expect(standing.filter((callId) => !rejected.has(callId))).toEqual(order);
          expect(new Set(standing).size).toBe(standing.length);
        }
        const { reports } = await verify(store);
        for (const report of reports) {
          if (!foreign.has(`${report.container}/${report.segment}`)) expect(report.state).not.toBe('tampered');
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Ids of the events in a segment; what somebody else appended is not a record. */
function readable(store: Parameters<typeof linesOf>[0], path: string, foreign: ReadonlySet<string>): string[] {
  if (foreign.has(path)) {
    const text = store.content.get(path)?.toString() ?? '';
    return [...text.matchAll(/"kind":"event","callId":"([^"]+)"/g)].map((match) => match[1] ?? '');
  }
  return linesOf(store, path).flatMap((line) => (line.kind === 'event' ? [line.callId] : []));
}
