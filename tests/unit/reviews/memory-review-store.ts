/** The reviews' table and blobs in memory. A write can be refused, lose its response after the effect, or wait. */
import type {
  BuildOrder,
  BuiltReport,
  ReportBlobs,
  Review,
  ReviewDecision,
  ReviewStore,
  ReviewWritten,
} from '../../../shared/reviews/review.ts';

export interface MemoryReviewStore extends ReviewStore {
  readonly rows: Map<string, { review: Review; etag: number }>;
  readonly decisions: Map<string, ReviewDecision>;
  readonly built: BuiltReport[];
  readonly orders: Map<string, BuildOrder>;
  isDown: boolean;
  /** The next writes take effect, and their responses do not come back. */
  lostResponses: number;
  /** Runs before the next write takes effect: what another instance does in between. */
  meanwhile: (() => Promise<unknown>) | undefined;
}

export function createMemoryReviewStore(): MemoryReviewStore {
  let etags = 0;
  const enter = async (): Promise<void> => {
    await Promise.resolve();
    if (store.isDown) throw new Error('the table is down');
  };
  const write = async (effect: () => ReviewWritten): Promise<ReviewWritten> => {
    await enter();
    const other = store.meanwhile;
    store.meanwhile = undefined;
    await other?.();
    const written = effect();
    if (store.lostResponses > 0) {
      store.lostResponses -= 1;
      throw new Error('socket hang up');
    }
    return written;
  };
  const put = (review: Review): ReviewWritten => {
    etags += 1;
    store.rows.set(`${review.server}/${review.id}`, { review, etag: etags });
    return 'written';
  };
  const stands = (review: Review, etag: string): boolean =>
    String(store.rows.get(`${review.server}/${review.id}`)?.etag) === etag;
  const orderKey = ({ server, sinceMs, untilMs }: BuildOrder) => `${server}/${sinceMs}/${untilMs}`;

  const store: MemoryReviewStore = {
    rows: new Map(),
    decisions: new Map(),
    built: [],
    orders: new Map(),
    isDown: false,
    lostResponses: 0,
    meanwhile: undefined,
    async list(server, most) {
      await enter();
      const all = [...store.rows.values()].map(({ review }) => review).filter((review) => review.server === server);
      return all.sort((left, right) => (left.id < right.id ? 1 : -1)).slice(0, most);
    },
    async read(server, id) {
      await enter();
      const row = store.rows.get(`${server}/${id}`);
      return row && { review: row.review, etag: String(row.etag) };
    },
    async listDecisions(_server, review) {
      await enter();
      const all = [...store.decisions.values()].filter((decision) => decision.review === review);
      return all.sort((left, right) => left.number - right.number);
    },
    create: (review) => write(() => (store.rows.has(`${review.server}/${review.id}`) ? 'conflict' : put(review))),
    decide: (review, etag, decision) =>
      write(() => {
        if (!stands(review, etag)) return 'conflict';
        store.decisions.set(`${decision.review}/${decision.number}/${decision.id}`, decision);
        return put(review);
      }),
    replace: (review, etag) => write(() => (stands(review, etag) ? put(review) : 'conflict')),
    async readBuilt(server, period) {
      await enter();
      return store.built.findLast(
        (built) =>
          built.server === server &&
          (period === undefined || (built.sinceMs === period.sinceMs && built.untilMs === period.untilMs)),
      );
    },
    async putBuilt(built) {
      await enter();
      store.built.push(built);
    },
    async listOrders() {
      await enter();
      return [...store.orders.values()];
    },
    async putOrder(order) {
      await enter();
      store.orders.set(orderKey(order), order);
    },
    async removeOrder(order) {
      await enter();
      store.orders.delete(orderKey(order));
    },
  };
  return store;
}

export function createMemoryReportBlobs(): ReportBlobs & { readonly blobs: Map<string, Uint8Array> } {
  const blobs = new Map<string, Uint8Array>();
  return {
    blobs,
    put: async (digest, bytes) => void blobs.set(digest, bytes),
    get: async (digest) => blobs.get(digest),
  };
}
