import { describe, expect, it } from 'vitest';
import { digestTool } from '../../../shared/config/tool-digest.ts';
import { proves } from '../../requirements.ts';
import { createWorld, DRIFTED, REFUND } from './drift-fixture.ts';

const seenDigest = digestTool(DRIFTED);
const pinnedDigest = digestTool(REFUND);

describe('a quarantined tool', () => {
  it(proves('drift.quarantine', 'is hidden and refused from the list that shows it changed'), async () => {
    const instance = createWorld().start();
    await instance.load();
    expect(instance.mayCall('crm', 'refund')).toBe(true);
    expect(instance.mayShow('crm', DRIFTED)).toBe(false);
    expect(instance.mayCall('crm', 'refund')).toBe(false);
  });

  it(proves('drift.quarantine', 'comes back with the list that shows the pinned definition again'), async () => {
    const world = createWorld();
    const instance = world.start();
    await instance.load();
    instance.mayShow('crm', DRIFTED);
    world.clock.nowMs += 1;
    expect(instance.mayShow('crm', REFUND)).toBe(true);
    expect(instance.mayCall('crm', 'refund')).toBe(true);
    expect(instance.logged).toEqual(['warn tool-drift refund', 'info tool-drift-over refund']);
  });

  it.each([
    ['title', { title: 'Refund' }],
    ['description', { description: 'Refunds a payment!' }],
    ['input schema', { inputSchema: { type: 'object', properties: {} } }],
    ['output schema', { outputSchema: { type: 'object' } }],
    ['annotations', { annotations: { readOnlyHint: true } }],
    ['description, to one that has no digest,', { description: '\ud800' }],
  ])(proves('drift.quarantine', 'is one whose %s changed'), async (_, change) => {
    const instance = createWorld().start();
    await instance.load();
    expect(instance.mayShow('crm', { ...REFUND, ...change })).toBe(false);
    expect(instance.mayCall('crm', 'refund')).toBe(false);
  });

  it('is not one where members that nobody pins, or the order of keys, changed', async () => {
    const { store, start } = createWorld();
    const instance = start();
    await instance.load();
    const reordered = Object.fromEntries(Object.entries(REFUND).toReversed());
    for (const same of [reordered, { ...REFUND, _meta: { build: 7 } }, { ...REFUND, icons: [] }]) {
      expect(instance.mayShow('crm', same)).toBe(true);
    }
    expect(instance.mayCall('crm', 'refund')).toBe(true);
    expect(store.operations).toEqual(['list']);
  });

  it('has nothing to do with tools that are not pinned, a renamed one included', async () => {
    const { store, start } = createWorld();
    const instance = start();
    await instance.load();
    for (const other of [
      { ...DRIFTED, name: 'refund2' },
      { ...DRIFTED, name: '__proto__' },
      { ...DRIFTED, name: 7 },
      {},
    ]) {
      expect(instance.mayShow('crm', other)).toBe(true);
    }
    expect(instance.mayShow('other', DRIFTED)).toBe(true);
    expect(instance.mayCall('crm', 'refund')).toBe(true);
    expect(store.operations).toEqual(['list']);
  });
});

describe('a drifted tool of a server that only alerts', () => {
  it(proves('drift.alert', 'is shown and called, noted, and logged once for each change'), async () => {
    const { store, start, clock } = createWorld();
    const instance = start({ drift: 'alert' });
    await instance.load();
    for (let list = 0; list < 3; list += 1) {
      expect(instance.mayShow('crm', DRIFTED)).toBe(true);
      expect(instance.mayCall('crm', 'refund')).toBe(true);
      clock.nowMs += 1_000;
    }
    instance.mayShow('crm', { ...DRIFTED, title: 'x' });
    await instance.settle();
    expect(instance.logged).toEqual(['warn tool-drift refund', 'warn tool-drift refund']);
    expect([...store.rows.values()]).toMatchObject([{ server: 'crm', tool: 'refund', pinned: pinnedDigest }]);
  });
});

describe('the note on a drifted tool', () => {
  it('has the pinned and the seen digest, what was seen, and when', async () => {
    const { store, start, clock } = createWorld();
    const instance = start();
    await instance.load();
    instance.mayShow('crm', DRIFTED);
    await instance.close();
    expect(store.rows.get('crm/refund')).toEqual({
      server: 'crm',
      tool: 'refund',
      pinned: pinnedDigest,
      seen: seenDigest,
      definition: JSON.stringify(DRIFTED),
      firstSeenMs: clock.nowMs,
      lastSeenMs: clock.nowMs,
    });
  });

  it('holds the record form only, and no definition where that fails or is too large', async () => {
    const { store, start } = createWorld();
    const noted = async (definition: typeof DRIFTED, recordForm: Parameters<typeof start>[0] & object) => {
      const instance = start(recordForm);
      await instance.load();
      instance.mayShow('crm', definition);
      await instance.close();
      const note = store.rows.get('crm/refund');
      store.rows.clear();
      return note?.definition;
    };
    expect(await noted(DRIFTED, { recordForm: () => ({ masked: true }) })).toBe('{"masked":true}');
    const broken = () => {
      throw new Error('no form');
    };
    expect(await noted(DRIFTED, { recordForm: broken })).toBeUndefined();
    expect(await noted({ ...DRIFTED, title: 'é'.repeat(16_384) }, {})).toBeUndefined();
    expect(await noted({ ...DRIFTED, title: 'é'.repeat(16_000) }, {})).toContain('é');
  });

  it('is written once however often the tool is listed, and its time renewed every five minutes', async () => {
    const { store, start, clock } = createWorld();
    const instance = start();
    await instance.load();
    const firstSeenMs = clock.nowMs;
    for (let second = 0; second <= 300; second += 1) {
      instance.mayShow('crm', DRIFTED);
      clock.nowMs += 1_000;
    }
    await instance.settle();
    expect(store.operations).toEqual(['list', 'upsert crm/refund', 'upsert crm/refund']);
    expect(store.rows.get('crm/refund')).toMatchObject({ firstSeenMs, lastSeenMs: firstSeenMs + 300_000 });
  });

  it('keeps up with an upstream that changes at each list by one write at a time', async () => {
    const { store, start, clock } = createWorld();
    const instance = start();
    await instance.load();
    for (let version = 0; version < 100; version += 1) {
      instance.mayShow('crm', { ...DRIFTED, title: `v${version}` });
      clock.nowMs += 1;
    }
    await instance.settle();
    expect(store.operations.length).toBeLessThan(5);
    expect(store.rows.get('crm/refund')?.definition).toContain('v99');
  });
});
