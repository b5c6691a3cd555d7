/** What is kept of a group source's answers, for how long, and what is not. */
import { describe, expect, it } from 'vitest';
import { type CachedGroupOptions, createCachedGroupSource } from '../../../shared/identity/cached-groups.ts';
import type { Principal } from '../../../shared/identity/caller.ts';
import type { GroupFailure, GroupSource } from '../../../shared/identity/groups.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';

const user = (id: string): Principal => ({ kind: 'user', id, guest: false });
const grace = user('grace');
const down = err({ reason: 'groups-unavailable' as const });

/** A cache over a source that a test answers for, with a clock that a test moves. */
function createScene(options: Partial<CachedGroupOptions> = {}) {
  const scene = {
    nowMs: 0,
    asked: [] as string[],
    answer: async (): Promise<Result<readonly string[], GroupFailure>> => ok(['a']),
  };
  const source: GroupSource = {
    findMemberships(principal, groupIds) {
      scene.asked.push(`${principal.kind} ${principal.id}: ${groupIds.join()}`);
      return scene.answer();
    },
  };
  const cache = createCachedGroupSource({ source, monotonicMs: () => scene.nowMs, ...options });
  return Object.assign(scene, { find: (who = grace, ids = ['a', 'b']) => cache.findMemberships(who, ids) });
}

describe('an answer', () => {
  it(proves('graph.cache', 'is kept for its time and no longer: who is taken out loses access within it'), async () => {
    const scene = createScene({ ttlMs: 300_000 });
    expect(await scene.find()).toEqual(ok(['a']));
    scene.answer = async () => ok([]);
    scene.nowMs = 299_999;
    expect(await scene.find()).toEqual(ok(['a']));
    scene.nowMs = 300_000;
    expect(await scene.find()).toEqual(ok([]));
    expect(scene.asked).toHaveLength(2);
  });

  it('is as old as its question, however late it came', async () => {
    const scene = createScene({ ttlMs: 1_000 });
    const late = Promise.withResolvers<Result<readonly string[], GroupFailure>>();
    scene.answer = () => late.promise;
    const first = scene.find();
    scene.nowMs = 900;
    late.resolve(ok(['a']));
    expect(await first).toEqual(ok(['a']));
    scene.nowMs = 1_000;
    scene.answer = async () => ok([]);
    expect(await scene.find()).toEqual(ok([]));
  });

  it(proves('graph.cache', 'that is on its way is waited for by all who ask meanwhile'), async () => {
    const scene = createScene();
    const pending = Promise.withResolvers<Result<readonly string[], GroupFailure>>();
    scene.answer = () => pending.promise;
    const answers = [scene.find(), scene.find(), scene.find(grace, ['b'])];
    pending.resolve(ok(['a', 'b']));
    expect(await Promise.all(answers)).toEqual([ok(['a', 'b']), ok(['a', 'b']), ok(['b'])]);
    expect(scene.asked).toEqual(['user grace: a,b']);
  });

  it('belongs to one principal: an app of the same id, or another user, is asked for anew', async () => {
    const scene = createScene();
    await Promise.all([scene.find(), scene.find(user('bob')), scene.find({ ...grace, kind: 'app' })]);
    expect(scene.asked).toEqual(['user grace: a,b', 'user bob: a,b', 'app grace: a,b']);
  });

  it('says nothing about a group that was not asked for', async () => {
    const scene = createScene();
    await scene.find(grace, ['a']);
    scene.answer = async () => ok(['c']);
    expect(await scene.find(grace, ['a', 'c'])).toEqual(ok(['c']));
    expect(scene.asked).toEqual(['user grace: a', 'user grace: a,c']);
  });

  it('of the one asked longest ago goes when there are too many', async () => {
    const scene = createScene({ maxPrincipals: 2, ttlMs: 100 });
    await scene.find(user('one'));
    await scene.find(user('two'));
    scene.nowMs = 100;
    await scene.find(user('one'));
    await scene.find(user('three'));
    scene.asked.length = 0;
    await Promise.all([scene.find(user('one')), scene.find(user('three'))]);
    expect(scene.asked).toEqual([]);
    await scene.find(user('two'));
    expect(scene.asked).toEqual(['user two: a,b']);
  });
});

describe('a failure', () => {
  it(proves('graph.cache', 'is not kept: after a moment’s rest the source is asked again'), async () => {
    const scene = createScene({ failureRestMs: 1_000 });
    scene.answer = async () => down;
    expect(await scene.find()).toEqual(down);
    scene.answer = async () => ok(['a']);
    scene.nowMs = 999;
    expect(await scene.find()).toEqual(down);
    expect(await scene.find(grace, ['z'])).toEqual(down);
    expect(await scene.find(user('bob'))).toEqual(ok(['a']));
    scene.nowMs = 1_000;
    expect(await scene.find()).toEqual(ok(['a']));
    expect(scene.asked).toHaveLength(3);
  });

  it('is never covered by an answer that has run out', async () => {
    const scene = createScene({ ttlMs: 1_000 });
    expect(await scene.find()).toEqual(ok(['a']));
    scene.nowMs = 1_000;
    scene.answer = async () => down;
    expect(await scene.find()).toEqual(down);
  });

  it('is what a source that throws comes to, and the next one is asked all the same', async () => {
    const scene = createScene();
    const cause = new Error('a bug');
    scene.answer = () => Promise.reject(cause);
    expect(await scene.find()).toEqual(err({ reason: 'groups-unavailable', cause }));
    scene.nowMs = 1_000;
    scene.answer = async () => ok(['b']);
    expect(await scene.find()).toEqual(ok(['b']));
  });
});
