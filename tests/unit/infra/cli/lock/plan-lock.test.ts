import { describe, expect, it } from 'vitest';
import type { ContainerPolicy } from '../../../../../infra/cli/lock/container-policies.ts';
import { describeConsequences, describePlan } from '../../../../../infra/cli/lock/describe-lock.ts';
import { planLock } from '../../../../../infra/cli/lock/plan-lock.ts';
import { createLockReader, openLocks } from '../../../../../infra/cli/lock/seen-locks.ts';
import { proves } from '../../../../requirements.ts';

function policy(container: string, more: Partial<ContainerPolicy> = {}): ContainerPolicy {
  return { container, state: 'unlocked', days: 365, mayAppend: true, etag: '"1"', ...more };
}

const seals = policy('seals', { days: 397 });

describe('a plan to lock', () => {
  it('locks what is not locked, and leaves what is none of ours', () => {
    const plan = planLock([policy('logs', { state: 'none' }), policy('transcripts-a'), { ...seals, state: 'locked' }]);
    expect(plan).toMatchObject({
      toLock: [{ container: 'transcripts-a' }],
      locked: [{ container: 'seals' }],
      others: ['logs'],
      problems: [],
    });
  });

  it.each<[string, ContainerPolicy[], RegExp]>([
    [
      'a container without a policy',
      [seals, policy('transcripts-a', { state: 'none' })],
      /transcripts-a has no immutability policy/,
    ],
    [
      'no appending',
      [seals, policy('transcripts-a', { mayAppend: false })],
      /transcripts-a does not allow protected append/,
    ],
    [
      'locked without appending',
      [seals, policy('transcripts-a', { state: 'locked', mayAppend: false })],
      /takes no transcripts/,
    ],
    [
      'seals without appending',
      [{ ...seals, mayAppend: false }, policy('transcripts-a')],
      /seals does not allow protected append/,
    ],
    ['no transcripts', [seals, policy('photos')], /no container of transcripts: is it the right account/],
    ['no seals', [policy('transcripts-a')], /no container seals: is it the right account/],
    ['nothing', [], /is it the right account/],
  ])(proves('lock.refused', 'is refused whole over %s'), (_what, policies, expected) => {
    expect(planLock(policies).problems.join('\n')).toMatch(expected);
  });

  it(proves('lock.confirm', 'says in plain words what it means, with the days of each container'), () => {
    const plan = planLock([policy('transcripts-a', { days: 1 }), policy('transcripts-b', { days: 3_650 }), seals]);
    const text = describeConsequences('sttr', plan);
    expect(text).toContain('can’t be undone, by anybody');
    expect(text).toContain('transcripts-a stays, unchanged, for 1 day after');
    expect(text).toContain('transcripts-b stays, unchanged, for 3650 days after');
    expect(text).toContain('The storage account sttr can’t be deleted');
    expect(text).toContain('3650 days from the last record on');
  });

  it('writes no container’s name to the terminal as it is', () => {
    expect(describePlan(planLock([policy('a\u001b[2J')]))).toBe('left alone: a\\u{1b}[2J');
  });
});

describe('what verify sees of locks', () => {
  it.each([
    ['locked', 'locked', true],
    ['locked', 'unlocked', false],
    ['unlocked', 'locked', false],
    ['locked', 'none', false],
  ] as const)(proves('lock.seen', 'transcripts %s and seals %s: %s'), async (transcripts, state, expected) => {
    const read = async (container: string) => policy(container, { state: container === 'seals' ? state : transcripts });
    expect(await createLockReader({ read })('transcripts-a')).toBe(expected);
  });

  it('is nothing where nobody was asked to look, and nothing by halves', async () => {
    expect(await openLocks({ account: 'https://sttr.blob.core.windows.net' })).toEqual({});
    const [account, subscription] = ['https://sttr.blob.core.windows.net', '5a11e000-0000-4000-8000-000000000002'];
    await expect(openLocks({ account, subscription })).rejects.toThrow(/belong together/);
    await expect(openLocks({ subscription, resourceGroup: 'rg' })).rejects.toThrow(/belong together/);
    await expect(openLocks({ account, subscription: 'mine', resourceGroup: 'rg' })).rejects.toThrow(/--subscription/);
    expect(await openLocks({ account, subscription, resourceGroup: 'rg' })).toEqual({ isLocked: expect.any(Function) });
  });
});
