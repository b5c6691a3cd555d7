import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { ALICE, alice, blockOf, createWorld, type Instance } from '../unit/identity/blocks/blocks-fixture.ts';

const INSTANCES = 3;
const STALE_MS = 10_000;

const anInstance = fc.nat({ max: INSTANCES - 1 });
const aStep = fc.oneof(
  fc.record({ kind: fc.constantFrom('add' as const, 'remove' as const, 'poll' as const), on: anInstance }),
  fc.record({ kind: fc.constant('ask' as const), on: anInstance }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 7_000 }) }),
  fc.record({ kind: fc.constantFrom('down' as const, 'up' as const, 'lose' as const) }),
);

/** When alice was blocked and when she was not, as the table had it. */
class Truth {
  readonly #changes: { readonly atMs: number; readonly isBlocked: boolean }[] = [
    { atMs: Number.NEGATIVE_INFINITY, isBlocked: false },
  ];

  note(atMs: number, isBlocked: boolean): void {
    this.#changes.push({ atMs, isBlocked });
  }

  /** Every state that stood at some moment from then on. */
  since(ms: number): ReadonlySet<boolean> {
    const before = this.#changes.findLast((change) => change.atMs < ms);
    const after = this.#changes.filter((change) => change.atMs >= ms);
    return new Set([...(before ? [before] : []), ...after].map(({ isBlocked }) => isBlocked));
  }
}

describe('instances that share blocks', () => {
  it(
    proves(
      'blocks.stale',
      'never decide by what is older than 10 s, whatever the table fails at, and agree in the end',
    ),
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(aStep, { maxLength: 40 }), async (steps) => {
          const { store, clock, start } = createWorld();
          const instances = Array.from({ length: INSTANCES }, () => start());
          await Promise.all(instances.map((instance) => instance.load()));
          const truth = new Truth();
          const isBlocked = (): boolean => store.rows.size > 0;

          for (const step of steps) {
            if (step.kind === 'wait') clock.ms += step.ms;
            else if (step.kind === 'lose') store.loseNextResponse = true;
            else if (step.kind === 'down' || step.kind === 'up') store.isDown = step.kind === 'down';
            if (!('on' in step)) continue;
            const instance = instances[step.on];
            if (instance === undefined) throw new Error('no such instance');
            const before = isBlocked();
            const done = await run(instance, step.kind);
            if (isBlocked() !== before) truth.note(clock.ms, isBlocked());

            const answer = await instance.ask(alice);
            // A change that is done here is known here at once.
            if (done && step.kind === 'add') expect(answer).toBe('blocked');
            if (done && step.kind === 'remove') expect(answer).toBe('free');
            if (answer === 'blocks-unknown') expect(store.isDown).toBe(true);
            else expect(truth.since(clock.ms - STALE_MS)).toContain(answer === 'blocked');
          }

          store.isDown = false;
          for (const instance of instances) await instance.poll();
          const answers = await Promise.all(instances.map((instance) => instance.ask(alice)));
          expect(new Set(answers)).toEqual(new Set([isBlocked() ? 'blocked' : 'free']));
        }),
        { numRuns: 200 },
      );
    },
  );
});

/** Whether it was done, as far as the instance could say. */
async function run(instance: Instance, kind: 'add' | 'remove' | 'poll' | 'ask'): Promise<boolean> {
  if (kind === 'poll') await instance.poll();
  if (kind === 'poll' || kind === 'ask') return true;
  const change = kind === 'add' ? instance.add(blockOf()) : instance.remove({ kind: 'principal', value: ALICE });
  return change.then(
    () => true,
    () => false,
  );
}
