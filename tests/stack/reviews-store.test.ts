/** Reviews in Azurite, through the real clients: rows by ETag, decisions in their batch, reports under their digest. */
import { randomBytes } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { prepareStorage } from '../../infra/local/storage.ts';
import { createReviewBlobs } from '../../shared/azure/review-blobs.ts';
import { createReviewsTable } from '../../shared/azure/reviews-table.ts';
import { changeReview } from '../../shared/reviews/change-review.ts';
import { hashOf } from '../../shared/reviews/digest.ts';
import type { Review, ReviewDecision, ReviewStore } from '../../shared/reviews/review.ts';
import { proves } from '../requirements.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let count = 0;
let table: TableClient;
let store: ReviewStore;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
  await prepareStorage(azurite.connectionString, []);
});
afterAll(async () => {
  await proxy?.stop();
  await azurite?.stop();
});
beforeEach(() => {
  count += 1;
  table = client(azurite.connectionString);
  store = createReviewsTable(table);
});

function client(connectionString: string): TableClient {
  const retryOptions = { maxRetries: 2, retryDelayInMs: 10 };
  return TableClient.fromConnectionString(connectionString, `reviews${count}`, {
    allowInsecureConnection: true,
    retryOptions,
  });
}

/** The same table through a proxy that loses responses. */
function lossy(): ReviewStore {
  const { port } = new URL(azurite.tableUrl);
  return createReviewsTable(client(azurite.connectionString.replaceAll(`:${port}/`, `:${proxy.port}/`)));
}

const carol = { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b3', name: 'carol' } as const;
const NOW = Date.UTC(2026, 10, 22, 12);

function reviewOf(more: Partial<Review> = {}): Review {
  return {
    id: '20261122t120000-0123456789abcdef',
    server: 'crm',
    state: 'open',
    report: 'a'.repeat(64),
    sinceMs: NOW - 1_000,
    untilMs: NOW,
    builtMs: NOW,
    answer: 'cannot-tell',
    openedMs: NOW,
    openedBy: carol,
    changes: 0,
    attempt: 'first',
    ...more,
  };
}

function decisionOf(number: number, more: Partial<ReviewDecision> = {}): ReviewDecision {
  return {
    id: `d${number}`,
    review: reviewOf().id,
    number,
    principal: { kind: 'app', id: '5a11e000-0000-4000-8000-0000000000d2' },
    verdict: 'revoke',
    reason: 'ließ „nichts“ \u2028 zurück\nund mehr',
    by: carol,
    decidedMs: NOW + number,
    ...more,
  };
}

async function etagOf(from: ReviewStore, review = reviewOf()): Promise<string> {
  return (await from.read(review.server, review.id))?.etag ?? '';
}

describe('the reviews table', () => {
  it('reads as empty before it is there, and gives everything back as it was', async () => {
    expect([await store.list('crm', 10), await store.readBuilt('crm'), await store.listOrders()]).toEqual([
      [],
      undefined,
      [],
    ]);
    expect(await store.read('crm', reviewOf().id)).toBeUndefined();
    const signedOff = { by: carol, atMs: NOW, digest: 'b'.repeat(64), kept: 1, revoked: 2, notReviewed: 3 };
    const older = reviewOf({ id: '20261121t120000-0123456789abcdef', state: 'signed-off', signedOff });
    expect([await store.create(reviewOf()), await store.create(older), await store.create(reviewOf())]).toEqual([
      'written',
      'written',
      'conflict',
    ]);
    await store.create(reviewOf({ server: 'erp' }));
    expect(await store.list('crm', 10)).toEqual([reviewOf(), older]);
    expect(await store.list('crm', 1)).toEqual([reviewOf()]);

    const built = {
      server: 'crm',
      sinceMs: 1,
      untilMs: 2,
      builtMs: NOW,
      report: 'c'.repeat(64),
      answer: 'no',
    } as const;
    await store.putBuilt(built);
    await store.putBuilt({ ...built, untilMs: 3 });
    expect(await store.readBuilt('crm')).toEqual({ ...built, untilMs: 3 });
    expect(await store.readBuilt('crm', built)).toEqual(built);
    expect(await store.readBuilt('crm', { sinceMs: 1, untilMs: 4 })).toBeUndefined();

    const order = { server: 'crm', sinceMs: 1, untilMs: 2, orderedMs: NOW };
    await store.putOrder(order);
    await store.putOrder(order);
    expect(await store.listOrders()).toEqual([order]);
    await store.removeOrder(order);
    await store.removeOrder(order);
    expect(await store.listOrders()).toEqual([]);
  });

  it(proves('review.concurrent', 'takes a decision with its row or not at all, by ETag alone'), async () => {
    await store.create(reviewOf());
    const etag = await etagOf(store);
    expect(await store.decide(reviewOf({ changes: 1 }), etag, decisionOf(1))).toBe('written');
    expect(await store.decide(reviewOf({ changes: 1 }), etag, decisionOf(1, { id: 'other' }))).toBe('conflict');
    expect(await store.replace(reviewOf({ state: 'signed-off' }), etag)).toBe('conflict');
    for (const none of ['*', '']) {
      expect(await store.replace(reviewOf(), none)).toBe('conflict');
      expect(await store.decide(reviewOf(), none, decisionOf(2))).toBe('conflict');
    }
    expect(await store.listDecisions('crm', reviewOf().id)).toEqual([decisionOf(1)]);
    for (let number = 2; number <= 11; number += 1) {
      await store.decide(reviewOf({ changes: number }), await etagOf(store), decisionOf(number));
    }
    expect((await store.listDecisions('crm', reviewOf().id)).map(({ number }) => number)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
  });

  it(
    proves('review.concurrent', 'keeps one decision of one whose response was lost, and all of four at once'),
    async () => {
      await store.create(reviewOf());
      const randomHex = (digits: number) => randomBytes(digits / 2).toString('hex');
      const decide = async (through: ReviewStore, id: string) => {
        const stored = await through.read('crm', reviewOf().id);
        if (stored === undefined) throw new Error('gone');
        return changeReview(
          { store: through, randomHex },
          stored,
          (now) => ({ ...now, changes: now.changes + 1 }),
          (next, etag) => through.decide(next, etag, decisionOf(next.changes, { id })),
        );
      };
      const through = lossy();
      await through.read('crm', reviewOf().id);
      proxy.loseNext('$batch');
      expect((await decide(through, 'lost')).kind).toBe('changed');
      expect(proxy.lost).toBe(1);
      expect((await store.listDecisions('crm', reviewOf().id)).map(({ id, number }) => [id, number])).toEqual([
        ['lost', 1],
      ]);

      const racers = await Promise.all(Array.from({ length: 4 }, (_, n) => decide(store, `racer-${n}`)));
      expect(racers.map(({ kind }) => kind)).toEqual(['changed', 'changed', 'changed', 'changed']);
      expect((await store.listDecisions('crm', reviewOf().id)).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    },
  );

  it('tells what has another shape, and passes over nothing', async () => {
    await store.create(reviewOf());
    await store.decide(reviewOf({ changes: 1 }), await etagOf(store), decisionOf(1));
    await table.createEntity({ partitionKey: 'crm', rowKey: `decision-${reviewOf().id}-000002-x`, verdict: 'keep' });
    await expect(store.listDecisions('crm', reviewOf().id)).rejects.toThrow('another shape');
  });
});

describe('frozen reports', () => {
  const blobs = () => createReviewBlobs(BlobServiceClient.fromConnectionString(azurite.connectionString));

  it('come back by their digest, may be put again as they are, and are never replaced', async () => {
    const bytes = randomBytes(3_000_000);
    const digest = hashOf(bytes);
    expect(await blobs().get(digest)).toBeUndefined();
    await blobs().put(digest, bytes);
    await blobs().put(digest, bytes);
    expect(bytes.equals((await blobs().get(digest)) ?? Buffer.of())).toBe(true);
    await expect(blobs().put(digest, Buffer.from('other'))).rejects.toThrow('something else stands');
    expect(await blobs().get('../sealed/x')).toBeUndefined();
    await expect(blobs().put('../sealed/x', bytes)).rejects.toThrow(TypeError);
  });
});
