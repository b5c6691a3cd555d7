import { beforeEach, describe, expect, it } from 'vitest';
import type { Approval } from '../../../shared/approvals/approval.ts';
import { createNotifier, type NotifierOptions } from '../../../shared/approvals/notify.ts';
import { PoisonMessage } from '../../../shared/approvals/poison-message.ts';
import type { JsonObject } from '../../../shared/json/value.ts';
import { proves } from '../../requirements.ts';
import { makeApproval, NOON_MS } from './approval-fixture.ts';
import { submitsOf } from './flow/answer-scene.ts';
import { createMemoryApprovalStore, type MemoryApprovalStore } from './memory-approval-store.ts';
import { createMemoryQueue, type MemoryQueue } from './memory-queue.ts';

let store: MemoryApprovalStore;
let queue: MemoryQueue;
let nowMs: number;
let random: number;
let cards: JsonObject[];
let isTeamsDown: boolean;
let logged: string[];
const approval = makeApproval();
const notice = { kind: 'notice', approval: approval.id, attempt: 1 } as const;

beforeEach(async () => {
  store = createMemoryApprovalStore();
  queue = createMemoryQueue();
  [nowMs, random, cards, isTeamsDown, logged] = [NOON_MS, 0, [], false, []];
  await store.open(approval, undefined);
});

/** Without a channel to post to. */
function createOptions(): NotifierOptions {
  return {
    approvals: store,
    queue,
    nowMs: () => nowMs,
    randomBytes: (count) => {
      random += 1;
      return Buffer.alloc(count, random);
    },
    log: (_level, event) => logged.push(event),
    publicUrl: 'https://gateway.example',
    mayReply: () => true,
  };
}

function createSubject(more: Partial<NotifierOptions> = {}) {
  const teams = {
    async post(card: JsonObject) {
      if (isTeamsDown) throw new Error('Teams is down');
      cards.push(card);
    },
  };
  return createNotifier({ ...createOptions(), teams, ...more });
}

async function row(): Promise<Approval | undefined> {
  return (await store.read(approval.id))?.approval;
}

/** Changes the row as another instance would. */
async function change(more: Partial<Approval>): Promise<void> {
  const stored = await store.read(approval.id);
  if (stored) await store.replace({ ...stored.approval, attempt: 'theirs', ...more }, stored.etag);
}

describe('a notice', () => {
  it(proves('teams.notice', 'is posted, and the row says when'), async () => {
    nowMs += 5_000;
    await createSubject().post(notice);
    expect(cards).toHaveLength(1);
    expect(await row()).toMatchObject({ state: 'pending', noticedMs: NOON_MS + 5_000 });
    expect(queue.messages).toEqual([]);
  });

  it(proves('teams.notice', 'that is delivered again, once posted, posts nothing'), async () => {
    await createSubject().post(notice);
    await createSubject().post(notice);
    expect(cards).toHaveLength(1);
  });

  it.each<[string, Partial<Approval>]>([
    ['was decided', { state: 'approved' }],
    ['has expired', { expiresMs: NOON_MS }],
    ['was cancelled', { state: 'cancelled' }],
  ])('of a request that %s posts nothing', async (_what, more) => {
    await change(more);
    const before = await row();
    await createSubject().post(notice);
    expect(cards).toEqual([]);
    expect(await row()).toEqual(before);
  });

  it('of a request that nobody knows posts nothing', async () => {
    await createSubject().post({ ...notice, approval: makeApproval({ number: 2 }).id });
    expect(cards).toEqual([]);
  });

  it('posts nothing where no channel is configured', async () => {
    await createNotifier(createOptions()).post(notice);
    expect(await row()).not.toHaveProperty('noticedMs');
  });

  it.each<unknown>([
    undefined,
    'notice',
    {},
    { ...notice, attempt: 0 },
    { ...notice, more: 1 },
    { ...notice, approval: '../x' },
  ])('that is none is thrown back: %j', async (message) => {
    await expect(createSubject().post(message)).rejects.toThrow(PoisonMessage);
  });

  it('is delivered again when the row can’t be read', async () => {
    store.faults.fault = () => 'fail-before';
    await expect(createSubject().post(notice)).rejects.toThrow('connection refused');
    expect(cards).toEqual([]);
  });
});

describe('while Teams is down, a notice', () => {
  beforeEach(() => {
    isTeamsDown = true;
  });

  it(
    proves('teams.notice', 'comes again later and later, each time under a new id, until the request expires'),
    async () => {
      const notifier = createSubject();
      const delays: number[] = [];
      let body: unknown = notice;
      for (;;) {
        const last = await notifier.post(body).then(
          () => undefined,
          (error: unknown) => error,
        );
        const [next] = queue.take('approval-notices', Number.POSITIVE_INFINITY);
        if (next === undefined) {
          expect(last).toMatchObject({ message: expect.stringContaining('before it expires') });
          break;
        }
        delays.push((next.notBeforeMs ?? 0) - nowMs);
        nowMs = next.notBeforeMs ?? nowMs;
        body = next.body;
      }
      expect(delays.slice(0, 7)).toEqual([5_000, 15_000, 45_000, 120_000, 300_000, 300_000, 300_000]);
      expect(nowMs).toBeLessThan(approval.expiresMs);
      expect(nowMs).toBeGreaterThan(approval.expiresMs - 300_001);
      expect(queue.duplicates).toBe(0);
      expect(await row()).toMatchObject({ state: 'pending', attention: 'notice' });
    },
  );

  it('is posted by the attempt that finds it up again', async () => {
    await createSubject().post(notice);
    isTeamsDown = false;
    const [next] = queue.take('approval-notices', Number.POSITIVE_INFINITY);
    expect(next?.body).toEqual({ ...notice, attempt: 2 });
    await createSubject().post(next?.body);
    expect(cards).toHaveLength(1);
    expect(await row()).toHaveProperty('noticedMs');
  });

  it(proves('teams.notice', 'is delivered again when the queue can’t take the next one'), async () => {
    queue.faults.fault = () => 'fail-before';
    await expect(createSubject().post(notice)).rejects.toThrow('connection refused');
    expect(await row()).not.toHaveProperty('attention');
  });
});

describe('the mark', () => {
  it('is kept where its response was lost', async () => {
    store.faults.fault = ({ name }) => (name === 'replace' ? 'lose-and-retry' : 'none');
    await createSubject().post(notice);
    store.faults.fault = () => 'none';
    expect(await row()).toMatchObject({ state: 'pending', noticedMs: NOON_MS });
  });

  it('stands beside what another instance wrote meanwhile', async () => {
    const notifier = createSubject({ teams: { post: () => change({ attention: 'theirs' }) } });
    await notifier.post(notice);
    expect(await row()).toMatchObject({ state: 'pending', attention: 'theirs', noticedMs: NOON_MS });
  });

  it('changes nothing of a request that was decided meanwhile', async () => {
    const notifier = createSubject({ teams: { post: () => change({ state: 'approved' }) } });
    await notifier.post(notice);
    const after = await row();
    expect(after).toMatchObject({ state: 'approved', attempt: 'theirs' });
    expect(after).not.toHaveProperty('noticedMs');
  });

  it('that can’t be written is not worth a second card', async () => {
    store.faults.fault = ({ name }) => (name === 'replace' ? 'fail-before' : 'none');
    await createSubject().post(notice);
    expect(cards).toHaveLength(1);
    expect(logged).toEqual(['notice-not-marked']);
  });

  it('that nobody can tell of is logged', async () => {
    store.faults.fault = ({ index }) => (index > 1 ? 'fail-before' : 'none');
    await createSubject().post(notice);
    expect(cards).toHaveLength(1);
    expect(logged).toEqual(['notice-not-marked']);
  });
});

describe('a card that can be answered', () => {
  const next = { ...notice, round: 2 } as const;
  const answerable = (mayAnswer = true) => createSubject({ mayAnswer: () => mayAnswer });

  it(proves('teams.flow', 'has approve and deny on it, and a mark of its own each time'), async () => {
    await answerable().post(notice);
    await answerable().post(next);
    const [first = [], second = []] = cards.map(submitsOf);
    const { id, evidence } = approval;
    expect(first).toEqual([
      { approval: id, verdict: 'approve', evidence, card: '01'.repeat(16), round: 1 },
      { approval: id, verdict: 'deny', evidence, card: '01'.repeat(16), round: 1 },
    ]);
    expect(second).toMatchObject([{ round: 2 }, { round: 2 }]);
    expect(JSON.stringify(second)).not.toContain('01'.repeat(16));
  });

  it('has none where an answer on it would not count', async () => {
    await answerable(false).post(notice);
    expect(cards.map(submitsOf)).toEqual([[]]);
  });

  it(proves('teams.flow-again', 'is posted again while the request waits, though its first was posted'), async () => {
    await answerable().post(notice);
    const before = await row();
    await answerable().post(next);
    expect(cards).toHaveLength(2);
    expect(await row()).toEqual(before);
  });

  it.each<[string, Partial<Approval>]>([
    ['was decided', { state: 'approved' }],
    ['has expired', { expiresMs: NOON_MS }],
  ])(proves('teams.flow-again', 'is not posted again once the request %s'), async (_what, more) => {
    await answerable().post(notice);
    await change(more);
    await answerable().post(next);
    expect(cards).toHaveLength(1);
  });

  it.each<[string, Partial<NotifierOptions>]>([
    ['cards take no answers', {}],
    ['this one would not count', { mayAnswer: () => false }],
  ])('is not posted again where %s', async (_what, more) => {
    await createSubject(more).post(next);
    expect(cards).toEqual([]);
  });

  it('is tried again, as the same card, while Teams does not take it', async () => {
    isTeamsDown = true;
    await answerable().post(next);
    expect(queue.messages).toMatchObject([{ body: { round: 2, attempt: 2 } }]);
  });
});
