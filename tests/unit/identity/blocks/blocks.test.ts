import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../shared/identity/blocks/block.ts';
import type { BlockProblem } from '../../../../shared/identity/blocks/blocks.ts';
import { proves } from '../../../requirements.ts';
import { ALICE, ASSISTANT, alice, BOB, blockOf, bob, createWorld, EPOCH_MS, settle } from './blocks-fixture.ts';

const KINDS: readonly [string, Partial<Block>][] = [
  ['a principal', {}],
  ['a principal on this server', { server: 'crm' }],
  ['an agent', { kind: 'agent', value: ASSISTANT }],
  ['a token', { kind: 'token', value: 'uti-1' }],
  ['a session by its newest name', { kind: 'session', value: 'k2-aa' }],
  ['a session by an older name', { kind: 'session', value: 'k1-bb' }],
];

const OTHERS: readonly [string, Partial<Block>][] = [
  ['another principal', { value: BOB }],
  ['the principal on another server', { server: 'files' }],
  ['another agent', { kind: 'agent', value: BOB }],
  ['an agent of the same id', { kind: 'agent', value: ALICE }],
  ['another token', { kind: 'token', value: 'uti-10' }],
  ['another session', { kind: 'session', value: 'k1-aa' }],
];

describe('a block', () => {
  it.each(KINDS)(
    proves('blocks.kinds', 'on %s keeps the caller out, and names itself for the record'),
    async (_, more) => {
      const instance = createWorld().start();
      await instance.load();
      await instance.add(blockOf(more));
      const checked = await instance.check(alice);
      expect(checked).toMatchObject({ ok: false, error: { code: 'blocked' } });
      expect(checked.ok ? '' : checked.error.detail).toMatch(/is blocked: left the company$/);
      expect(await instance.ask(bob)).toBe('free');
    },
  );

  it.each(OTHERS)(proves('blocks.kinds', 'on %s does not'), async (_, more) => {
    const instance = createWorld().start();
    await instance.load();
    await instance.add(blockOf(more));
    expect(await instance.ask(alice)).toBe('free');
  });

  it('on a principal and a server says nothing where the server is not known', async () => {
    const instance = createWorld().start();
    await instance.load();
    await instance.add(blockOf({ server: 'crm' }));
    const { server: _, ...anywhere } = alice;
    expect(await instance.ask(anywhere)).toBe('free');
  });

  it('ends at its time, and not before', async () => {
    const { start, clock } = createWorld();
    const instance = start();
    await instance.load();
    await instance.add(blockOf({ untilMs: EPOCH_MS + 3_000 }));
    clock.ms = 2_999;
    expect(await instance.ask(alice)).toBe('blocked');
    clock.ms = 3_000;
    expect(await instance.ask(alice)).toBe('free');
  });

  it('stands beside others: removing one leaves the rest', async () => {
    const instance = createWorld().start();
    await instance.load();
    await instance.add(blockOf());
    await instance.add(blockOf({ server: 'crm' }));
    await instance.remove({ kind: 'principal', value: ALICE });
    expect(await instance.ask(alice)).toBe('blocked');
    await instance.remove({ kind: 'principal', value: ALICE, server: 'crm' });
    expect(await instance.ask(alice)).toBe('free');
  });
});

describe('two instances', () => {
  it(
    proves('blocks.poll', 'know of a block at once where it was made, and after a poll of 5 s elsewhere'),
    async () => {
      const { start } = createWorld();
      const [one, other] = [start(), start()];
      await Promise.all([one.load(), other.load()]);
      await one.add(blockOf());
      expect([await one.ask(alice), await other.ask(alice)]).toEqual(['blocked', 'free']);
      await other.poll();
      expect(await other.ask(alice)).toBe('blocked');
      await other.remove(blockOf());
      expect([await one.ask(alice), await other.ask(alice)]).toEqual(['blocked', 'free']);
      await one.poll();
      expect(await one.ask(alice)).toBe('free');
      expect(new Set([...one.delays, ...other.delays])).toEqual(new Set([5_000]));
    },
  );

  it(proves('blocks.load', 'do not start without the blocks, and know them once they have'), async () => {
    const { start, store } = createWorld();
    store.rows.set('alice', blockOf());
    store.isDown = true;
    const instance = start();
    await expect(instance.load()).rejects.toThrow('the table is down');
    expect(instance.isPolling()).toBe(false);
    expect(await instance.ask(bob)).toBe('blocks-unknown');
    store.isDown = false;
    await Promise.all([instance.load(), instance.load()]);
    expect([await instance.ask(alice), await instance.ask(bob)]).toEqual(['blocked', 'free']);
    expect(instance.isPolling()).toBe(true);
  });
});

describe('what is known', () => {
  it(
    proves('blocks.stale', 'is asked without I/O up to 10 s, and read once more before it decides after that'),
    async () => {
      const { start, store, clock } = createWorld();
      const instance = start();
      await instance.load();
      store.rows.set('alice', blockOf());
      clock.ms += 10_000;
      for (let calls = 0; calls < 50; calls += 1) expect(await instance.ask(alice)).toBe('free');
      expect(store.operations).toEqual(['list']);
      clock.ms += 1;
      const asked = await Promise.all(Array.from({ length: 50 }, () => instance.ask(alice)));
      expect(new Set(asked)).toEqual(new Set(['blocked']));
      expect(store.operations).toEqual(['list', 'list']);
    },
  );

  it(
    proves('blocks.stale', 'denies everybody once it is too old and cannot be read, and lets them in again after'),
    async () => {
      const { start, store, clock } = createWorld();
      const instance = start();
      await instance.load();
      store.isDown = true;
      clock.ms += 5_000;
      await instance.poll();
      expect(await instance.ask(bob)).toBe('free');
      clock.ms += 5_001;
      await instance.poll();
      await instance.poll();
      expect(await instance.ask(bob)).toBe('blocks-unknown');
      store.isDown = false;
      await instance.poll();
      expect(await instance.ask(bob)).toBe('free');
      expect(instance.logged).toEqual(['error blocks-unreadable', 'info blocks-readable']);
    },
  );

  it('says how old it is: for ever before the first read, and no longer fresh past 10 s', async () => {
    const { start, clock } = createWorld();
    const instance = start();
    expect(instance.age()).toEqual({ ageMs: Number.POSITIVE_INFINITY, isFresh: false });
    await instance.load();
    clock.ms += 10_000;
    expect(instance.age()).toEqual({ ageMs: 10_000, isFresh: true });
    clock.ms += 1;
    expect(instance.age().isFresh).toBe(false);
  });

  it(proves('blocks.stale', 'is as old as the read began, not as its answer arrived'), async () => {
    const { start, store, clock } = createWorld();
    const instance = start();
    await instance.load();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.gate = promise;
    clock.ms += 10_001;
    const asked = instance.ask(bob);
    await settle();
    store.rows.set('bob', blockOf({ value: BOB }));
    clock.ms += 10_001;
    resolve();
    expect(await asked).toBe('blocks-unknown');
    expect(await instance.ask(bob)).toBe('blocked');
  });

  it('is not undone by a read that began before a block was made here', async () => {
    const { start, store } = createWorld();
    const instance = start();
    await instance.load();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.gate = promise;
    await instance.poll();
    await instance.add(blockOf());
    resolve();
    await settle();
    expect(await instance.ask(alice)).toBe('blocked');
  });

  it('is read again before the next decision when nobody knows whether a change took effect', async () => {
    const { start, store } = createWorld();
    const instance = start();
    await instance.load();
    store.loseNextResponse = true;
    await expect(instance.add(blockOf())).rejects.toThrow('socket hang up');
    expect(await instance.ask(alice)).toBe('blocked');
    store.loseNextResponse = true;
    await expect(instance.remove(blockOf())).rejects.toThrow('socket hang up');
    expect(await instance.ask(alice)).toBe('free');
  });
});

describe('what stays open', () => {
  const open = (instance: ReturnType<ReturnType<typeof createWorld>['start']>, subject = alice) => {
    const told: string[] = [];
    const stop = instance.watch(subject, (problem: BlockProblem) => told.push(problem.code));
    return { told, stop };
  };

  it(
    proves('blocks.streams', 'is told once: at once of a block made here, at the next poll of one made elsewhere'),
    async () => {
      const { start } = createWorld();
      const [one, other] = [start(), start()];
      await Promise.all([one.load(), other.load()]);
      const [here, there, bobs] = [open(one), open(other), open(other, bob)];
      await one.add(blockOf());
      expect([here.told, there.told]).toEqual([['blocked'], []]);
      await other.poll();
      await other.poll();
      expect([here.told, there.told, bobs.told]).toEqual([['blocked'], ['blocked'], []]);
    },
  );

  it('is told before the watch returns when the block came between the check and the watch', async () => {
    const instance = createWorld().start();
    await instance.load();
    await instance.add(blockOf());
    expect(open(instance).told).toEqual(['blocked']);
  });

  it('is not told any more once it is closed, nor after the instance is', async () => {
    const instance = createWorld().start();
    await instance.load();
    const [closed, left] = [open(instance), open(instance)];
    closed.stop();
    instance.close();
    await instance.add(blockOf());
    expect([closed.told, left.told]).toEqual([[], []]);
    expect(instance.isPolling()).toBe(false);
  });

  it(proves('blocks.streams', 'ends when nobody can say any more who is blocked'), async () => {
    const { start, store, clock } = createWorld();
    const instance = start();
    await instance.load();
    const { told } = open(instance, bob);
    store.isDown = true;
    clock.ms += 5_000;
    await instance.poll();
    expect(told).toEqual([]);
    clock.ms += 5_001;
    await instance.poll();
    expect(told).toEqual(['blocks-unknown']);
  });
});
