/** Calls in a minute: on one instance, and among several that share their counts, over a test clock. */
import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { ALICE, createScene, type Scene } from './limiter-scene.ts';

function call(scene: Scene, instance = 0, who = ALICE): boolean {
  const place = scene.instances[instance]?.enter(who, 'crm', 'call');
  if (place?.ok) place.value.leave();
  return place?.ok === true;
}

function callTimes(scene: Scene, times: number, instance = 0, who = ALICE): number {
  return Array.from({ length: times }, () => call(scene, instance, who)).filter((isIn) => isIn).length;
}

describe('calls in a minute, on one instance', () => {
  it(proves('limits.per-minute', 'past the limit it is 429, and Retry-After is when there is room again'), async () => {
    const scene = createScene();
    expect(callTimes(scene, 4)).toBe(4);
    await scene.pass(30_000);
    expect(callTimes(scene, 10)).toBe(6);
    const refused = scene.instances[0]?.enter(ALICE, 'crm', 'call');
    expect(refused).toEqual({ ok: false, error: { code: 'calls-per-minute', status: 429, retryAfterSeconds: 32 } });
    await scene.pass(31_900);
    expect(call(scene)).toBe(false);
    await scene.pass(100);
    expect(callTimes(scene, 10)).toBe(4);
  });

  it('never lets more than the limit through in any sixty seconds', async () => {
    const scene = createScene();
    const admitted: number[] = [];
    for (let step = 0; step < 700; step += 1) {
      await scene.pass(300);
      if (call(scene)) admitted.push(scene.nowMs());
    }
    expect(mostWithin(admitted, 60_000)).toBe(10);
    // Not much stricter than it says: 210 s are at least three windows of 62 s.
    expect(admitted.length).toBeGreaterThanOrEqual(30);
  });

  it('counts each principal by itself, and what was refused not at all', async () => {
    const scene = createScene();
    expect(callTimes(scene, 500)).toBe(10);
    expect(callTimes(scene, 3, 0, 'tenant app bot')).toBe(3);
    await scene.pass(62_000);
    expect(callTimes(scene, 10)).toBe(10);
  });

  it('heals when the clock was set back: what seems to lie ahead is forgotten', () => {
    const scene = createScene();
    callTimes(scene, 10);
    scene.setClock(scene.nowMs() - 3_600_000);
    expect(call(scene)).toBe(true);
  });

  it('remembers a bounded number of principals, and forgets the one that was silent longest', () => {
    const scene = createScene();
    callTimes(scene, 10, 0, 'silent');
    callTimes(scene, 10, 0, 'steady');
    for (let other = 0; other < 1_998; other += 1) call(scene, 0, `other ${other}`);
    expect([call(scene, 0, 'silent'), call(scene, 0, 'steady')]).toEqual([false, false]);
    call(scene, 0, 'one more');
    expect([call(scene, 0, 'steady'), call(scene, 0, 'silent')]).toEqual([false, true]);
  });
});

describe('calls in a minute, shared by instances', () => {
  /** Between a call and every other instance's knowing of it, with a store that answers within a step of the clock. */
  const KNOWN_AFTER_MS = 2 * (5_000 + 200);

  it(proves('limits.shared', 'what one instance let in counts at the others after two exchanges'), async () => {
    const scene = createScene({ instances: 2 });
    call(scene, 1, 'somebody else');
    expect(callTimes(scene, 10)).toBe(10);
    await scene.pass(KNOWN_AFTER_MS);
    expect(call(scene, 1)).toBe(false);
    await scene.pass(62_000 - KNOWN_AFTER_MS);
    expect(call(scene, 1)).toBe(true);
  });

  for (const [instances, everyMs] of [
    [2, 100],
    [3, 400],
    [5, 1_000],
    [4, 3_000],
  ] as const) {
    const title = `${instances} instances, each called every ${everyMs} ms, keep the stated bound`;
    it(proves('limits.shared', title), async () => {
      const limit = 20;
      const scene = createScene({ instances, callsPerMinute: limit });
      const admitted: { readonly atMs: number; readonly instance: number }[] = [];
      for (let elapsedMs = 0; elapsedMs < 190_000; elapsedMs += 100) {
        await scene.pass(100);
        if (elapsedMs % everyMs !== 0) continue;
        for (let instance = 0; instance < instances; instance += 1) {
          if (call(scene, instance)) admitted.push({ atMs: scene.nowMs(), instance });
        }
      }
      const withinS = Array.from({ length: instances }, (_, instance) =>
        mostWithin(
          admitted.filter((one) => one.instance === instance).map((one) => one.atMs),
          KNOWN_AFTER_MS,
        ),
      ).sort((left, right) => right - left);
      const excess = withinS.slice(0, -1).reduce((sum, count) => sum + Math.min(limit, count), 0);
      const most = mostWithin(
        admitted.map((one) => one.atMs),
        60_000,
      );
      expect(most).toBeLessThanOrEqual(limit + excess);
    });
  }

  it(proves('limits.shared', 'with the store down each instance limits alone, and says so once'), async () => {
    const scene = createScene({ instances: 2 });
    scene.store.isDown = true;
    expect([callTimes(scene, 20, 0), callTimes(scene, 20, 1)]).toEqual([10, 10]);
    await scene.pass(30_000);
    expect(scene.logged).toEqual(['warn limits-not-shared', 'warn limits-not-shared']);
    scene.store.isDown = false;
    await scene.pass(10_200);
    expect(scene.logged.slice(2)).toEqual(['info limits-shared-again', 'info limits-shared-again']);
    expect([call(scene, 0), call(scene, 1)]).toEqual([false, false]);
  });

  it('asks the store nothing without calls, two requests an exchange with them, and removes its row at the end', async () => {
    const scene = createScene();
    await scene.pass(60_000);
    expect(scene.store.asked).toEqual({ put: 0, list: 0, remove: 0 });
    callTimes(scene, 10);
    await scene.pass(10_200);
    expect(scene.store.asked).toEqual({ put: 3, list: 3, remove: 0 });
    await scene.pass(120_000);
    expect(scene.store.rows.size).toBe(0);
    const { asked } = scene.store;
    expect(asked).toEqual({ put: asked.list, list: asked.list, remove: 1 });
    expect(asked.put).toBeLessThanOrEqual(14);
  });

  it('an instance that stops leaves its counts behind; once they are old, whoever sees the row removes it', async () => {
    const scene = createScene({ instances: 2 });
    callTimes(scene, 10);
    await scene.instances[0]?.close();
    expect(scene.store.rows.size).toBe(1);
    call(scene, 1, 'somebody else');
    await scene.pass(100);
    expect(call(scene, 1)).toBe(false);
    await scene.pass(115_000);
    call(scene, 1, 'somebody else');
    await scene.pass(6_000);
    expect([...scene.store.rows.keys()]).toEqual(['instance-2']);
  });

  it('tells the store no principal’s name', async () => {
    const scene = createScene();
    call(scene);
    await scene.pass(100);
    const [row] = scene.store.rows.values();
    expect([...(row?.counts.keys() ?? [])]).toEqual([expect.stringMatching(/^[A-Za-z0-9_-]{22}$/)]);
  });
});

/** The most of these moments that lie within one span of this length. */
function mostWithin(moments: readonly number[], spanMs: number): number {
  return Math.max(0, ...moments.map((end) => moments.filter((at) => at <= end && at > end - spanMs).length));
}
