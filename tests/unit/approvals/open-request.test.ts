/** A held call finds its request or opens one (DESIGN §5): one for one call, in every list, whatever fails on the way. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Approval } from '../../../shared/approvals/approval.ts';
import { changeState } from '../../../shared/approvals/change.ts';
import type { ApprovalEvent } from '../../../shared/approvals/states.ts';
import { proves } from '../../requirements.ts';
import { createDesk, type Desk, heldCall, oidOf, openOrJoin } from './desk.ts';
import type { Fault } from './fault-point.ts';
import { createScene, EXPIRE_MS, KEEP_MS, type Scene } from './scene.ts';

let scene: Scene;
let desk: Desk;
beforeAll(async () => {
  scene = await createScene();
});
beforeEach(() => {
  desk = createDesk(scene);
});

/** Leads the only request through these events. */
async function lead(...events: readonly ApprovalEvent[]): Promise<Approval> {
  let stored = await desk.read(desk.only().id);
  for (const event of events) {
    const kept = event === 'finish' || event === 'deny' ? { keptUntilMs: desk.nowMs + KEEP_MS } : {};
    const claim = event === 'claim' ? { claim: { number: 1, leaseUntilMs: desk.nowMs + 1 } } : {};
    ({ stored } = await changeState(desk.parts, stored, event, { ...kept, ...claim }));
  }
  return stored.approval;
}

describe('a call that is held', () => {
  it('opens a request: on record, sealed, in the index, its notice and its expiry on their way', async () => {
    const { kind, stored } = await desk.hold({
      text: '{"name":"pay","arguments":{"amount":500,"note":"a@b.example"}}',
    });
    const { approval } = stored;
    expect(kind).toBe('opened');
    expect(approval).toMatchObject({ state: 'pending', generation: 1, expiresMs: desk.nowMs + EXPIRE_MS });
    expect(desk.happenings()).toEqual(['held']);
    expect(desk.store.snapshot().open).toMatchObject([{ approval: approval.id, state: 'pending' }]);
    expect([...desk.blobs.content.keys()]).toEqual([approval.request?.blob]);
    expect(desk.queue.messages.map(({ body, notBeforeMs }) => [body.kind, notBeforeMs])).toEqual([
      ['notice', undefined],
      ['expire', approval.expiresMs],
    ]);
    // What rests in the clear is masked.
    expect(JSON.stringify([desk.entries, desk.store.snapshot()])).not.toContain('a@b.example');
  });

  it(proves('approval.fingerprint', 'joins the request of the same call, written in another way'), async () => {
    const first = await desk.hold();
    const second = await desk.hold({ text: '{"arguments":{"note":"a","amount":500},"name":"pay"}' });
    expect(second).toMatchObject({ kind: 'stands', stored: { approval: { id: first.stored.approval.id } } });
  });

  it(proves('approval.fingerprint', 'opens another for another agent of the same person'), async () => {
    const { requester } = heldCall(scene);
    await desk.hold();
    await desk.hold({ requester: { ...requester, agent: { id: 'another' } } });
    expect(desk.store.snapshot().approvals).toHaveLength(2);
  });

  it(proves('approval.rotation', 'finds the request that was opened under an older keyring'), async () => {
    const first = await desk.hold();
    const second = await openOrJoin(desk.partsWith(3), heldCall(scene));
    expect(second).toMatchObject({ kind: 'stands', stored: { approval: { id: first.stored.approval.id } } });
    await lead('cancel');
    const third = await openOrJoin(desk.partsWith(3), heldCall(scene));
    expect(third.stored.approval).toMatchObject({ generation: 1, state: 'pending' });
    expect(third.stored.approval.fingerprint).toMatch(/^k3-/);
  });

  it(proves('attack.rotation', 'finds what waits under an older key behind what ended under a newer one'), async () => {
    const ended = await openOrJoin(desk.partsWith(2), heldCall(scene));
    await changeState(desk.parts, ended.stored, 'cancel');
    // By an instance that has not heard of the new key yet.
    const waiting = await desk.hold();
    expect(waiting.kind).toBe('opened');
    const found = await openOrJoin(desk.partsWith(2), heldCall(scene));
    expect(found).toMatchObject({ kind: 'stands', stored: { approval: { id: waiting.stored.approval.id } } });
  });

  it.each<{ events: readonly ApprovalEvent[]; repeat: boolean; later: number; opens: boolean }>([
    { events: [], repeat: true, later: 0, opens: false },
    { events: ['approve'], repeat: true, later: 0, opens: false },
    { events: ['approve', 'claim'], repeat: true, later: 0, opens: false },
    { events: ['approve', 'claim', 'send'], repeat: true, later: EXPIRE_MS, opens: false },
    { events: ['approve', 'claim', 'send', 'lose'], repeat: true, later: 2 * KEEP_MS, opens: false },
    { events: ['approve', 'claim', 'send', 'finish'], repeat: false, later: 0, opens: false },
    { events: ['approve', 'claim', 'send', 'finish'], repeat: true, later: 0, opens: true },
    { events: ['approve', 'claim', 'send', 'finish'], repeat: false, later: KEEP_MS, opens: true },
    { events: ['approve', 'claim', 'send', 'fail'], repeat: false, later: 0, opens: true },
    { events: ['deny'], repeat: true, later: 0, opens: false },
    { events: ['deny'], repeat: false, later: KEEP_MS, opens: true },
    { events: ['expire'], repeat: false, later: 0, opens: true },
    { events: ['cancel'], repeat: false, later: 0, opens: true },
    { events: [], repeat: false, later: EXPIRE_MS, opens: true },
    { events: ['approve'], repeat: false, later: EXPIRE_MS, opens: true },
  ])('after [$events], repeat $repeat, $later ms later: a new request is opened: $opens', async (after) => {
    await desk.hold();
    await lead(...after.events);
    desk.nowMs += after.later;
    const { kind, stored } = await desk.hold({ repeat: after.repeat });
    expect(kind).toBe(after.opens ? 'opened' : 'stands');
    expect(stored.approval.generation).toBe(after.opens ? 2 : 1);
  });

  it(proves('approval.sweep', 'ends a request that ran out, on record, before it opens the next'), async () => {
    const { stored } = await desk.hold();
    desk.nowMs += EXPIRE_MS;
    await desk.hold();
    expect((await desk.read(stored.approval.id)).approval).toMatchObject({ state: 'expired', endReason: 'expired' });
    expect(desk.happenings()).toEqual(['held', 'expired', 'held']);
  });

  it('is one request when five instances hold it at once', async () => {
    const held = await Promise.all(Array.from({ length: 5 }, () => desk.hold()));
    expect(held.filter(({ kind }) => kind === 'opened')).toHaveLength(1);
    expect(new Set(held.map(({ stored }) => stored.approval.id)).size).toBe(1);
    expect(desk.store.snapshot()).toMatchObject({ approvals: [{}], heads: [{}], open: [{}] });
    expect(desk.blobs.content.size).toBe(1);
  });
});

const FAULTS: readonly Fault[] = [
  'fail-before',
  'lose-response',
  'lose-and-retry',
  'hang',
  'crash-before',
  'crash-after',
];

describe('whatever operation breaks while a request is opened', () => {
  it.each(FAULTS)(
    proves('approval.index', 'by “%s”, none stands outside the index, and the next try has one request'),
    async (fault) => {
      await desk.hold();
      const { length } = desk.faults.operations;
      for (let broken = 0; broken < length; broken += 1) {
        desk = createDesk(scene);
        desk.faults.fault = ({ index }) => (index === broken ? fault : 'none');
        const silence = new Promise((resolve) => setImmediate(resolve, 'silence'));
        await Promise.race([desk.hold().catch(() => 'error'), silence]);

        const { approvals, open } = desk.store.snapshot();
        const listed = open.map(({ approval }) => approval);
        expect(approvals.map(({ id }) => id).filter((id) => !listed.includes(id))).toEqual([]);
        desk.faults.fault = () => 'none';
        await desk.hold();
        expect(desk.store.snapshot().approvals).toHaveLength(1);
      }
      expect(length).toBeGreaterThan(6);
    },
  );

  it('a request that could not be recorded is not opened, and leaves nothing', async () => {
    desk.faults.fault = ({ name }) => (name.startsWith('record') ? 'fail-before' : 'none');
    await expect(desk.hold()).rejects.toThrow('could not be kept');
    expect(desk.store.rows.size + desk.blobs.content.size + desk.queue.messages.length).toBe(0);
  });

  it('a queue that is down holds up no request', async () => {
    desk.faults.fault = ({ name }) => (name.startsWith('send') ? 'fail-before' : 'none');
    expect((await desk.hold()).kind).toBe('opened');
    expect(desk.logged).toEqual(['warn message-not-sent', 'warn message-not-sent']);
  });

  it('a head whose request is gone is an outage, not a new request', async () => {
    const { stored } = await desk.hold();
    for (const key of desk.store.rows.keys()) if (key.includes('/request-')) desk.store.rows.delete(key);
    await expect(desk.hold()).rejects.toThrow('not there');
    expect(stored.approval.requester.principal.id).toBe(oidOf('alice'));
  });
});
