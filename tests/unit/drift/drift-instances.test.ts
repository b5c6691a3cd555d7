import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { createWorld, DRIFTED, REFUND } from './drift-fixture.ts';

describe('two instances', () => {
  it(proves('drift.shared', 'quarantine what either has seen, within a poll of five seconds'), async () => {
    const { start } = createWorld();
    const [one, other] = [start(), start()];
    await Promise.all([one.load(), other.load()]);
    one.mayShow('crm', DRIFTED);
    await one.settle();
    expect(other.mayCall('crm', 'refund')).toBe(true);
    await other.poll();
    expect(other.mayCall('crm', 'refund')).toBe(false);
    expect(new Set(other.delays)).toEqual(new Set([5_000]));
  });

  it(proves('drift.shared', 'lift it together when one has seen the pinned definition again'), async () => {
    const { start, clock } = createWorld();
    const [one, other] = [start(), start()];
    await Promise.all([one.load(), other.load()]);
    one.mayShow('crm', DRIFTED);
    await one.settle();
    await other.poll();
    clock.nowMs += 1;
    expect(other.mayShow('crm', REFUND)).toBe(true);
    await other.settle();
    expect([other.mayCall('crm', 'refund'), one.mayCall('crm', 'refund')]).toEqual([true, false]);
    await one.poll();
    expect(one.mayCall('crm', 'refund')).toBe(true);
  });

  it(proves('drift.shared', 'know at once, when they start, what others hold in quarantine'), async () => {
    const { start } = createWorld();
    const one = start();
    await one.load();
    one.mayShow('crm', DRIFTED);
    await one.close();
    const late = start();
    await late.load();
    expect(late.mayCall('crm', 'refund')).toBe(false);
  });

  it(proves('drift.shared', 'do not start while the notes cannot be read'), async () => {
    const { start, store } = createWorld();
    const one = start();
    await one.load();
    one.mayShow('crm', DRIFTED);
    await one.settle();
    store.isDown = true;
    const late = start();
    await expect(late.load()).rejects.toThrow('the table is down');
    expect(late.isPolling()).toBe(false);
    store.isDown = false;
    await late.load();
    expect(late.mayCall('crm', 'refund')).toBe(false);
  });

  it('keep the last known state while the notes cannot be read, say so once, and catch up', async () => {
    const { start, store, clock } = createWorld();
    const [one, other] = [start(), start()];
    await Promise.all([one.load(), other.load()]);
    one.mayShow('crm', DRIFTED);
    await one.settle();
    await other.poll();
    store.isDown = true;
    clock.nowMs += 1;
    other.mayShow('crm', REFUND);
    await other.settle();
    for (let polls = 0; polls < 3; polls += 1) await Promise.all([one.poll(), other.poll()]);
    expect([one.mayCall('crm', 'refund'), other.mayCall('crm', 'refund')]).toEqual([false, true]);
    store.isDown = false;
    await other.poll();
    await one.poll();
    expect([one.mayCall('crm', 'refund'), other.mayCall('crm', 'refund')]).toEqual([true, true]);
    expect(other.logged).toEqual([
      'info tool-drift-over refund',
      'error drift-not-noted refund',
      'error drift-store-unreadable',
      'info drift-store-readable',
    ]);
  });

  it('write again what may have been lost, and once is as good as twice', async () => {
    const { start, store } = createWorld();
    const instance = start();
    await instance.load();
    store.loseNextResponse = true;
    instance.mayShow('crm', DRIFTED);
    await instance.settle();
    const landed = [...store.rows.values()];
    await instance.poll();
    expect(store.operations).toEqual(['list', 'upsert crm/refund', 'upsert crm/refund', 'list']);
    expect([...store.rows.values()]).toEqual(landed);
  });

  it('lose nothing to a read that began before, nor to a write that arrives after a later one', async () => {
    const { start, store, clock } = createWorld();
    const [one, other] = [start(), start()];
    await Promise.all([one.load(), other.load()]);
    let open = (): void => undefined;
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    await one.poll();
    one.mayShow('crm', DRIFTED);
    await one.settle();
    open();
    await one.settle();
    expect(one.mayCall('crm', 'refund')).toBe(false);

    const stale = [...store.rows.values()];
    await other.poll();
    clock.nowMs += 1;
    other.mayShow('crm', REFUND);
    await other.settle();
    for (const note of stale) await store.upsert(note);
    await other.poll();
    expect(other.mayCall('crm', 'refund')).toBe(true);
    await one.poll();
    expect(one.mayCall('crm', 'refund')).toBe(true);
  });

  it('lift what another noted though its clock runs ahead', async () => {
    const { start, clock } = createWorld();
    const [ahead, behind] = [start(), start()];
    await Promise.all([ahead.load(), behind.load()]);
    clock.nowMs += 60_000;
    ahead.mayShow('crm', DRIFTED);
    await ahead.settle();
    clock.nowMs -= 60_000;
    await behind.poll();
    behind.mayShow('crm', REFUND);
    await behind.settle();
    await Promise.all([ahead.poll(), behind.poll()]);
    expect([ahead.mayCall('crm', 'refund'), behind.mayCall('crm', 'refund')]).toEqual([true, true]);
  });

  it('take a row that an operator deleted for lifted', async () => {
    const { start, store } = createWorld();
    const instance = start();
    await instance.load();
    instance.mayShow('crm', DRIFTED);
    await instance.settle();
    store.rows.clear();
    await instance.poll();
    expect(instance.mayCall('crm', 'refund')).toBe(true);
  });

  it('of two deployments each judge by their own lock what was seen last', async () => {
    const { start, clock } = createWorld();
    const old = start();
    const accepting = start({ pinned: [DRIFTED] });
    await Promise.all([old.load(), accepting.load()]);
    for (const instance of [old, accepting, old, accepting]) {
      clock.nowMs += 1;
      instance.mayShow('crm', DRIFTED);
      await instance.settle();
      await Promise.all([old.poll(), accepting.poll()]);
    }
    expect([old.mayCall('crm', 'refund'), accepting.mayCall('crm', 'refund')]).toEqual([false, true]);
    expect([...old.logged, ...accepting.logged]).toEqual(['warn tool-drift refund']);
  });

  it('read no more once closed', async () => {
    const { start } = createWorld();
    const instance = start();
    await instance.load();
    expect(instance.isPolling()).toBe(true);
    await instance.close();
    expect(instance.isPolling()).toBe(false);
  });
});
