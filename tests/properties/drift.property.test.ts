import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { createWorld, DRIFTED, REFUND } from '../unit/drift/drift-fixture.ts';

const INSTANCES = 3;

const anInstance = fc.nat({ max: INSTANCES - 1 });
const aStep = fc.oneof(
  fc.record({ kind: fc.constant('list' as const), on: anInstance, isDrifted: fc.boolean() }),
  fc.record({ kind: fc.constant('poll' as const), on: anInstance }),
  fc.record({ kind: fc.constantFrom('down' as const, 'up' as const, 'lose' as const) }),
);

describe('instances that share notes on drift', () => {
  it(
    proves('drift.shared', 'agree in the end, whatever was listed where and whatever the store lost on the way'),
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(aStep, { maxLength: 25 }), async (steps) => {
          const { store, clock, start } = createWorld();
          const instances = Array.from({ length: INSTANCES }, () => start());
          await Promise.all(instances.map((instance) => instance.load()));
          let mustBe: boolean | undefined = true;
          for (const step of steps) {
            clock.nowMs += 1;
            if (!('on' in step)) {
              if (step.kind === 'lose') store.loseNextResponse = true;
              else store.isDown = step.kind === 'down';
              continue;
            }
            const instance = instances[step.on];
            if (instance === undefined) throw new Error('no such instance');
            if (step.kind === 'poll') {
              await instance.poll();
              continue;
            }
            const knew = !instance.mayCall('crm', 'refund');
            expect(instance.mayShow('crm', step.isDrifted ? DRIFTED : REFUND)).toBe(!step.isDrifted);
            expect(instance.mayCall('crm', 'refund')).toBe(!step.isDrifted);
            // Who never heard of the drift has nothing to lift: what another noted stands until somebody does.
            if (step.isDrifted) mustBe = false;
            else if (knew) mustBe = true;
            else if (mustBe === false) mustBe = undefined;
            await instance.settle();
          }
          store.isDown = false;
          for (let round = 0; round < 3; round += 1) for (const instance of instances) await instance.poll();

          const answers = instances.map((instance) => instance.mayCall('crm', 'refund'));
          expect(new Set(answers).size).toBe(1);
          if (mustBe !== undefined) expect(answers[0]).toBe(mustBe);
        }),
        { numRuns: 150 },
      );
    },
  );
});
