/**
 * Held calls over several instances that die, race and lose what they hear (DESIGN §5): whatever happens, and in whatever
 * order, a call runs at most once and only as it was approved, and nothing is left hanging. `APPROVAL_RUNS` sets how many
 * runs there are; a failure prints its seed and the shortest story that leads there.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { createScene, type Scene } from '../unit/approvals/scene.ts';
import { type Act, type Command, commands } from './approvals/commands.ts';
import { checkAlways, heal, outlive } from './approvals/invariants.ts';
import { createStage, play } from './approvals/play.ts';

const RUNS = Number(process.env.APPROVAL_RUNS ?? 200);

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
});

async function playAll(story: readonly Command[]) {
  const stage = createStage(scene, 'run');
  const { world } = stage;
  for (const command of story) {
    await play(stage, command);
    checkAlways(world);
    if (world.violations.length > 0) return world;
  }
  await heal(stage);
  if (world.violations.length === 0) await outlive(stage);
  return world;
}

describe('a held call, whatever happens to it', () => {
  it(
    proves('approval.one-run', 'runs at most once, only as it was approved, and nothing is left hanging'),
    async () => {
      const seen = { executions: 0, versions: 0, states: new Map<string, number>() };
      await fc.assert(
        fc.asyncProperty(commands, async (story) => {
          const world = await playAll(story);
          expect(world.violations).toEqual([]);
          seen.executions += world.executions.filter(({ approval }) => approval !== undefined).length;
          seen.versions += world.versions;
          for (const { state } of world.rows()) seen.states.set(state, (seen.states.get(state) ?? 0) + 1);
        }),
        { numRuns: RUNS },
      );
      if (process.env.APPROVAL_RUNS !== undefined) console.log(RUNS, 'runs', seen);
      // A model in which nothing happens proves nothing.
      for (const state of ['done', 'denied', 'expired', 'cancelled']) expect(seen.states.get(state)).toBeGreaterThan(0);
      expect(seen.executions).toBeGreaterThan(0);
    },
    // Of the machine's time, not of the model's: runs are cheap, and other tests run beside them.
    RUNS * 1_000,
  );

  it.each(['slow', 'lands-late', 'dies-lands-late'] as const)(
    proves('approval.crash', 'runs at most once whichever operation of its release is “%s” until the lease is over'),
    async (mishap) => {
      const ran = new Set<number>();
      for (let at = 0; at < RELEASE_OPERATIONS; at += 1) {
        const world = await playAll([
          run({ kind: 'call', requester: 0, call: 2, repeat: false }),
          run({ kind: 'decide', person: 2, verdict: 'approve', channel: 'page', pick: 0 }),
          run({ kind: 'deliver', pick: 1, twice: true }, [{ at, mishap }]),
          { kind: 'advance', ms: 271_000 },
          { kind: 'land', pick: 0 },
          run({ kind: 'deliver', pick: 1, twice: false }),
        ]);
        expect({ at, violations: world.violations }).toEqual({ at, violations: [] });
        ran.add(world.executions.length);
      }
      expect(ran).toContain(1);
    },
    60_000,
  );
});

/** More than a release makes. */
const RELEASE_OPERATIONS = 28;

function run(act: Act, mishaps: Extract<Command, { kind: 'run' }>['mishaps'] = []): Command {
  return { kind: 'run', acts: [{ act, instance: 0 }], order: [], mishaps };
}
