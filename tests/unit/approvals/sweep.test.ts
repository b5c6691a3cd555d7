/** The sweep (DESIGN §3, §5): each thing that a lost message, a crash or the clock leaves behind, by itself. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changeState } from '../../../shared/approvals/change.ts';
import { bindingFor } from '../../../shared/approvals/request.ts';
import type { ApprovalEvent } from '../../../shared/approvals/states.ts';
import { sweepApprovals } from '../../../shared/approvals/sweep.ts';
import { proves } from '../../requirements.ts';
import { createDesk, type Desk } from './desk.ts';
import { createScene, EXPIRE_MS, KEEP_MS, type Scene } from './scene.ts';

const MINUTE_MS = 60_000;

let scene: Scene;
let desk: Desk;
beforeAll(async () => {
  scene = await createScene();
});
beforeEach(async () => {
  desk = createDesk(scene);
  await desk.hold();
});

const sweep = () => sweepApprovals(desk.parts);
const waiting = (kind: string) =>
  [...desk.queue.waiting('approval-decisions'), ...desk.queue.waiting('approval-notices')].filter(
    ({ body }) => body.kind === kind,
  ).length;

async function lead(...events: readonly ApprovalEvent[]): Promise<void> {
  let stored = await desk.read(desk.only().id);
  for (const event of events) {
    const claim = event === 'claim' ? { claim: { number: 1, leaseUntilMs: desk.nowMs + 270_000 } } : {};
    ({ stored } = await changeState(desk.parts, stored, event, claim));
  }
}

describe('the sweep finds', () => {
  it(
    proves('approval.sweep', 'a notice that was lost, and sends it again: after two minutes, then seldom'),
    async () => {
      desk.queue.take('approval-notices', desk.nowMs);
      desk.nowMs += 2 * MINUTE_MS - 1;
      await sweep();
      expect(waiting('notice')).toBe(0);
      desk.nowMs += 1;
      await Promise.all([sweep(), sweep()]);
      expect(waiting('notice')).toBe(1);
      desk.nowMs += 14 * MINUTE_MS;
      await sweep();
      expect(waiting('notice')).toBe(1);
      desk.nowMs += MINUTE_MS;
      await sweep();
      expect(waiting('notice')).toBe(2);
      expect(desk.queue.duplicates).toBe(0);
    },
  );

  it('nothing to send for a request whose card was posted', async () => {
    const { approval, etag } = await desk.read(desk.only().id);
    await desk.store.replace({ ...approval, noticedMs: desk.nowMs }, etag);
    desk.nowMs += 20 * MINUTE_MS;
    await sweep();
    expect(waiting('notice')).toBe(1);
  });

  it(proves('approval.sweep', 'a decision that was never applied, and applies it'), async () => {
    desk.faults.fault = ({ name }) => (name === 'send approval-decisions' ? 'fail-before' : 'none');
    await desk.decide('bob');
    expect(waiting('decision')).toBe(0);
    desk.faults.fault = () => 'none';
    await sweep();
    expect(desk.only().state).toBe('approved');
    expect(waiting('release')).toBe(1);
  });

  it(proves('approval.sweep', 'an expiry whose message was lost'), async () => {
    desk.nowMs += EXPIRE_MS;
    await sweep();
    expect(desk.only()).toMatchObject({ state: 'expired', endReason: 'expired' });
    expect(desk.happenings()).toEqual(['held', 'expired']);
  });

  it(proves('approval.sweep', 'an approved call that nobody released, and a claim whose lease is over'), async () => {
    await lead('approve');
    await sweep();
    expect(waiting('release')).toBe(1);
    await lead('claim');
    await sweep();
    expect(waiting('release')).toBe(1);
    desk.nowMs += 270_000;
    await sweep();
    expect(waiting('release')).toBe(2);
  });

  it('a fifth claim that came to nothing, and says that the call failed', async () => {
    await lead('approve', 'claim');
    const { approval, etag } = await desk.read(desk.only().id);
    await desk.store.replace({ ...approval, claim: { number: 5, leaseUntilMs: desk.nowMs } }, etag);
    await sweep();
    expect(desk.only()).toMatchObject({ state: 'failed', endReason: 'attempts', attention: 'attempts' });
  });

  it(
    proves('approval.sweep', 'a call that was sent and never came back, and calls it unknown: after its lease, once'),
    async () => {
      await lead('approve', 'claim', 'send');
      desk.nowMs += 270_000 - 1;
      await sweep();
      expect(desk.only().state).toBe('sent');
      desk.nowMs += 1;
      await Promise.all([sweep(), sweep(), sweep()]);
      expect(desk.only()).toMatchObject({ state: 'unknown', endReason: 'lease', attention: 'unknown outcome' });
      expect(desk.happenings()).toEqual(['held', 'unknown']);
    },
  );

  it(
    proves('approval.sweep', 'a row of the index without a request, and takes it away when none can come any more'),
    async () => {
      for (const key of desk.store.rows.keys()) if (!key.startsWith('open/')) desk.store.rows.delete(key);
      desk.nowMs += 10 * MINUTE_MS;
      await sweep();
      expect(desk.store.snapshot().open).toHaveLength(1);
      desk.nowMs += 1;
      await sweep();
      expect(desk.store.snapshot().open).toEqual([]);
    },
  );

  it(proves('approval.index', 'a hint in the index that was not written, and writes it'), async () => {
    await lead('approve');
    expect(desk.store.snapshot().open).toMatchObject([{ state: 'pending' }]);
    await sweep();
    expect(desk.store.snapshot().open).toMatchObject([{ state: 'approved' }]);
  });
});

describe('the sweep erases', () => {
  async function finish(): Promise<void> {
    await lead('approve', 'claim', 'send');
    const stored = await desk.read(desk.only().id);
    const answer = await desk.parts.sealed.seal(bindingFor(stored.approval, 'answer'), Buffer.from('secret answer'));
    const patch = { endedMs: desk.nowMs, keptUntilMs: desk.nowMs + KEEP_MS, answer };
    await changeState(desk.parts, stored, 'finish', patch);
  }

  it(
    proves('sealed.erased', 'an answer that is kept no longer: its key, its blob, and its place in the index'),
    async () => {
      await finish();
      desk.nowMs += KEEP_MS - 1;
      await sweep();
      expect(desk.only().answer).toBeDefined();
      desk.nowMs += 1;
      await sweep();
      expect(desk.only()).not.toHaveProperty('answer');
      expect(desk.only()).not.toHaveProperty('request');
      expect(desk.blobs.content.size).toBe(0);
      expect(desk.store.snapshot().open).toEqual([]);
      // The row itself stays: what happened is still told.
      expect(desk.only().state).toBe('done');
    },
  );

  it(
    proves('sealed.erased', 'the key first: what could not be deleted is noise, and is deleted at the next look'),
    async () => {
      await finish();
      desk.nowMs += KEEP_MS;
      desk.faults.fault = ({ name }) => (name === 'deleteBlob' ? 'fail-before' : 'none');
      expect(await sweep()).toEqual({ looked: 1, failed: 1, pending: 1, oldestMs: 4 * 3_600_000, unknown: 0 });
      expect(desk.only()).not.toHaveProperty('answer');
      expect(desk.only()).not.toHaveProperty('request');
      expect(desk.store.snapshot().open).toHaveLength(1);
      desk.faults.fault = () => 'none';
      await sweep();
      expect(desk.store.snapshot().open).toEqual([]);
    },
  );

  it.each<[string, readonly ApprovalEvent[]]>([
    ['cancelled', ['cancel']],
    ['failed', ['approve', 'claim', 'send', 'fail']],
  ])('what was held of a request that is %s at once', async (_state, events) => {
    await lead(...events);
    await sweep();
    expect(desk.blobs.content.size).toBe(0);
  });

  it('nothing of a call that nobody knows the end of', async () => {
    await lead('approve', 'claim', 'send', 'lose');
    desk.nowMs += 10 * KEEP_MS;
    await sweep();
    expect(desk.only().request).toBeDefined();
    expect(desk.store.snapshot().open).toHaveLength(1);
  });
});

describe('a sweep', () => {
  it('gives every request its turn, whatever fails with another', async () => {
    for (let amount = 600; amount < 640; amount += 1) {
      await desk.hold({ text: `{"name":"pay","arguments":{"amount":${amount}}}` });
    }
    desk.nowMs += EXPIRE_MS;
    let reads = 0;
    desk.faults.fault = ({ name }) => {
      if (name !== 'read') return 'none';
      reads += 1;
      return reads === 7 ? 'fail-before' : 'none';
    };
    expect(await sweep()).toEqual({ looked: 41, failed: 1, pending: 41, oldestMs: 3_600_000, unknown: 0 });
    const states = desk.store.snapshot().approvals.map(({ state }) => state);
    expect(states.filter((state) => state === 'expired')).toHaveLength(40);
  });

  it('rejects when the index can’t be read', async () => {
    desk.faults.fault = ({ name }) => (name === 'listOpen' ? 'fail-before' : 'none');
    await expect(sweep()).rejects.toThrow('listOpen');
  });
});
