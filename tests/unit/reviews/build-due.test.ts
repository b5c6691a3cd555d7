/** What the timer builds, and what it gives up. */
import { beforeEach, describe, expect, it } from 'vitest';
import { buildDue, type DueOptions } from '../../../shared/reviews/build-due.ts';
import { createBuilder } from '../../../shared/reviews/build-report.ts';
import { createReportShelf } from '../../../shared/reviews/report-shelf.ts';
import { proves } from '../../requirements.ts';
import { createMemoryReportBlobs, createMemoryReviewStore, type MemoryReviewStore } from './memory-review-store.ts';
import { createReviewScene, DAY_MS, HOUR_MS, personOf, type ReviewScene } from './review-scene.ts';

let records: ReviewScene;
let store: MemoryReviewStore;
let logged: string[];
let options: DueOptions;

beforeEach(async () => {
  records = createReviewScene();
  await records.call(personOf('alice'), 'get_customer');
  await records.seal();
  store = createMemoryReviewStore();
  logged = [];
  options = {
    servers: new Set(['crm']),
    store,
    shelf: createReportShelf({ store, blobs: createMemoryReportBlobs() }),
    build: createBuilder(records.options),
    nowMs: records.clock.nowMs,
    deadline: () => new AbortController().signal,
    log: (level, event) => logged.push(`${level} ${event}`),
  };
});

const order = (more: object = {}) => ({
  server: 'crm',
  sinceMs: 1,
  untilMs: 2,
  orderedMs: records.clock.nowMs(),
  ...more,
});

describe('the timer', () => {
  it(proves('review.nightly', 'builds a server’s last thirty days, and again a day later'), async () => {
    for (const hours of [0, 12, 12, 12]) {
      await records.clock.advance(hours * HOUR_MS);
      await buildDue(options);
    }
    expect(store.built.map(({ sinceMs, untilMs }) => untilMs - sinceMs)).toEqual([30 * DAY_MS, 30 * DAY_MS]);
    expect((store.built[1]?.builtMs ?? 0) - (store.built[0]?.builtMs ?? 0)).toBe(DAY_MS);
  });

  it(proves('review.nightly', 'builds what was ordered, once, and drops what is for nobody any more'), async () => {
    await store.putOrder(order());
    await store.putOrder(order({ server: 'gone' }));
    await buildDue(options);
    await buildDue(options);
    expect(store.built.filter(({ untilMs }) => untilMs === 2)).toHaveLength(1);
    expect(store.orders.size).toBe(0);
  });

  it('keeps an order that could not be built for a day, and builds the others meanwhile', async () => {
    await store.putOrder(order());
    const { build } = options;
    options = {
      ...options,
      build: async (period) => {
        if (period.untilMs === 2) throw new Error('storage is down');
        return build(period);
      },
    };
    await buildDue(options);
    expect([store.orders.size, logged.filter((line) => line === 'error review-not-built').length]).toEqual([1, 1]);
    expect(store.built).toHaveLength(1);
    await records.clock.advance(DAY_MS + 1);
    await buildDue(options);
    expect(store.orders.size).toBe(0);
  });

  it('ends a build at its deadline', async () => {
    await store.putOrder(order());
    await buildDue({ ...options, deadline: () => AbortSignal.abort(new Error('too late')) });
    expect([store.built.length, store.orders.size]).toEqual([0, 1]);
    expect(logged).toEqual(['error review-not-built', 'error review-not-built']);
  });
});
