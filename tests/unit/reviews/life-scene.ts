/** Reviews over stores in memory, with the sample's policies, and blocks that instances share. */
import { randomBytes } from 'node:crypto';
import { createBlockAdministration } from '../../../shared/identity/blocks/administer-blocks.ts';
import type { Blocks } from '../../../shared/identity/blocks/blocks.ts';
import type { Principal } from '../../../shared/identity/caller.ts';
import { createBuilder } from '../../../shared/reviews/build-report.ts';
import { createReviews } from '../../../shared/reviews/create-reviews.ts';
import { createReportShelf } from '../../../shared/reviews/report-shelf.ts';
import type { Review } from '../../../shared/reviews/review.ts';
import type { Done, ReviewActor, Reviews, ReviewView } from '../../../shared/reviews/reviews.ts';
import { createMemoryBlockStore, type MemoryBlockStore } from '../identity/blocks/memory-block-store.ts';
import { createMemoryReportBlobs, createMemoryReviewStore, type MemoryReviewStore } from './memory-review-store.ts';
import { createReviewScene, DAY_MS, type ReviewScene, samplePolicy } from './review-scene.ts';

export interface LifeScene {
  readonly records: ReviewScene;
  readonly store: MemoryReviewStore;
  readonly blobs: ReturnType<typeof createMemoryReportBlobs>;
  readonly blocks: MemoryBlockStore;
  readonly reviews: Reviews;
  /** What was put on record, in order: `view review …`, `review-decision …`. */
  readonly recorded: string[];
  readonly logged: string[];
  recordFails: boolean;
  /** How long a build may take in a request; ends it at once when 0. */
  buildMs: number;
  /** Builds, opens, and shows it to this actor. */
  opened(actor: ReviewActor): Promise<ReviewView & { readonly opened: NonNullable<ReviewView['opened']> }>;
}

export function actor(principal: Principal, ...groups: string[]): ReviewActor {
  const agent = { id: '5a11e000-0000-4000-8000-0000000000c0' };
  return { principal, agent, groups, channel: 'page', tokenId: 'session', address: '203.0.113.7' };
}

/** `instance`: whose view of the blocks the reviews work on; by default the table itself. */
export function createLifeScene(
  records: ReviewScene = createReviewScene(),
  instance?: Pick<Blocks, 'list' | 'add' | 'remove'>,
): LifeScene {
  const store = createMemoryReviewStore();
  const blobs = createMemoryReportBlobs();
  const blocks = createMemoryBlockStore();
  const recorded: string[] = [];
  const logged: string[] = [];
  const record = async (line: string): Promise<void> => {
    if (scene.recordFails) throw new Error('the transcript is down');
    recorded.push(line);
  };
  const administered: Pick<Blocks, 'list' | 'add' | 'remove'> = instance ?? {
    list: () => blocks.list(),
    add: (block) => blocks.put(block),
    remove: (key) => blocks.remove(key),
  };
  const administration = createBlockAdministration({
    blocks: administered,
    record: ({ action, detail }) => record(`${action} ${detail}`),
    note: async ({ action, detail }) => void recorded.push(`${action} ${detail}`),
    nowMs: records.clock.nowMs,
  });
  const reviews = createReviews({
    servers: new Set(['crm']),
    policy: samplePolicy,
    store,
    shelf: createReportShelf({ store, blobs }),
    build: createBuilder({ ...records.options, listBlocks: () => blocks.list() }),
    blocks: administration,
    recordView: ({ what, by, server, subject }) => record(`view ${what} ${by.principal.name} ${server}: ${subject}`),
    record: ({ action, by, detail }) => record(`${action} ${by.principal.name} ${detail}`),
    note: async ({ action, detail }) => void recorded.push(`${action} ${detail}`),
    recordForm: (text) => text.replaceAll('4111', '[card]'),
    nowMs: records.clock.nowMs,
    deadline: () => (scene.buildMs === 0 ? AbortSignal.abort(new Error('too late')) : new AbortController().signal),
    randomHex: (digits) => randomBytes(digits / 2).toString('hex'),
    log: (level, event) => logged.push(`${level} ${event}`),
  });
  const scene: LifeScene = {
    records,
    store,
    blobs,
    blocks,
    reviews,
    recorded,
    logged,
    recordFails: false,
    buildMs: 1_000,
    async opened(who) {
      const nowMs = records.clock.nowMs();
      const built = await records.clock.until(
        reviews.build(who, { server: 'crm', sinceMs: nowMs - DAY_MS, untilMs: nowMs + 1 }),
      );
      if (built?.kind !== 'built') throw new Error('it was not built');
      const review = doneWith(await reviews.open(who, 'crm', built.digest));
      return showOpened(scene, who, review.id);
    },
  };
  return scene;
}

export async function showOpened(scene: LifeScene, who: ReviewActor, review: string) {
  const view = await scene.reviews.show(who, 'crm', { review });
  if (view === undefined || view === 'not-built' || view.opened === undefined) throw new Error('it is not shown');
  return { ...view, opened: view.opened };
}

export function doneWith<T>(done: Done<T>): T {
  if (done.kind !== 'done') throw new Error(`refused: ${done.code}`);
  return done.value;
}

export function refusal(done: Done<unknown>): string {
  return done.kind === 'refused' ? done.code : 'done';
}

export function stateOf(scene: LifeScene, id: string): Review | undefined {
  return scene.store.rows.get(`crm/${id}`)?.review;
}
