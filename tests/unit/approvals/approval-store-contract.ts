/**
 * What every approval store does, whichever it is: run against the one in memory, which the models trust, and against
 * the table over Azurite, which the gateway uses.
 */
import { describe, expect, it } from 'vitest';
import type { Approval } from '../../../shared/approvals/approval.ts';
import type { ApprovalStore, ETag, Written } from '../../../shared/approvals/approval-store.ts';
import { proves } from '../../requirements.ts';
import { alice, fingerprintOf, makeApproval, makeDecision, makeOpenRow, NOON_MS } from './approval-fixture.ts';

const CONFLICT = { kind: 'conflict' };

export function describeApprovalStore(name: string, createStore: () => ApprovalStore | Promise<ApprovalStore>): void {
  describe(`${name}, as an approval store`, () => {
    it('reads as empty before anything was written', async () => {
      const store = await createStore();
      const { id, fingerprint } = makeApproval();
      expect(await store.readHead(fingerprint)).toBeUndefined();
      expect(await store.read(id)).toBeUndefined();
      expect(await store.listDecisions(id)).toEqual({ decisions: [], unreadable: 0 });
      expect(await Array.fromAsync(store.listOpen())).toEqual([]);
      await store.removeOpen(id);
    });

    it('gives back a request as it was, with every member or only what it must have', async () => {
      const store = await createStore();
      const bare = makeApproval({ number: 1 });
      const full = makeApproval({ number: 2, ...EVERY_MEMBER });
      for (const approval of [bare, full]) {
        const etag = etagOf(await store.open(approval, undefined));
        expect(await store.read(approval.id)).toEqual({ approval, etag });
      }
    });

    it('gives back words as they were, whatever is in them', async () => {
      const store = await createStore();
      const words = '"Ünïcode" \u0000\t\n😀 \ud83d <b>\u2028\u2029\u0085';
      const approval = makeApproval({ justification: words, preview: words, reasons: [words, ''] });
      await store.open(approval, undefined);
      expect((await store.read(approval.id))?.approval).toEqual(approval);
      const decision = makeDecision(approval, { reason: words });
      await store.insertDecision(decision);
      expect(await store.listDecisions(approval.id)).toEqual({ decisions: [decision], unreadable: 0 });
    });

    it(proves('approvals.one-head', 'lets one of 20 racers open a request, and the head is the winner’s'), async () => {
      const store = await createStore();
      const racers = Array.from({ length: 20 }, (_, i) => makeApproval({ nonce: i.toString(16).padStart(12, '0') }));
      const outcomes = await Promise.all(racers.map((approval) => store.open(approval, undefined)));
      const winners = racers.filter((_, i) => outcomes[i]?.kind === 'written');
      expect(winners).toHaveLength(1);
      expect(await store.readHead(fingerprintOf(1))).toMatchObject({ generation: 1, approval: winners[0]?.id });
      const found = await Promise.all(racers.map(({ id }) => store.read(id)));
      expect(found.filter((one) => one !== undefined).map(({ approval }) => approval)).toEqual(winners);
    });

    it(proves('approvals.one-head', 'lets one of 20 racers follow a request, and keeps the one before'), async () => {
      const store = await createStore();
      const first = makeApproval();
      await store.open(first, undefined);
      const over = await store.readHead(first.fingerprint);
      const racers = Array.from({ length: 20 }, (_, i) =>
        makeApproval({ generation: 2, nonce: i.toString(16).padStart(12, '0') }),
      );
      const outcomes = await Promise.all(racers.map((approval) => store.open(approval, over)));
      const winners = racers.filter((_, i) => outcomes[i]?.kind === 'written');
      expect(winners).toHaveLength(1);
      expect(await store.readHead(first.fingerprint)).toMatchObject({ generation: 2, approval: winners[0]?.id });
      expect((await store.read(first.id))?.approval).toEqual(first);
    });

    it(proves('approvals.all-or-nothing', 'writes neither head nor request when either can’t be'), async () => {
      const store = await createStore();
      const first = makeApproval();
      await store.open(first, undefined);
      const over = await store.readHead(first.fingerprint);
      // The request's row is taken: the head stays.
      expect(await store.open(makeApproval({ nonce: 'bbbbbbbbbbbb' }), over)).toEqual(CONFLICT);
      expect(await store.readHead(first.fingerprint)).toEqual(over);
      // The head has moved on, or is there, or is not: no request.
      const second = makeApproval({ generation: 2 });
      await store.open(second, over);
      const third = makeApproval({ generation: 3 });
      expect(await store.open(third, over)).toEqual(CONFLICT);
      expect(await store.open(third, undefined)).toEqual(CONFLICT);
      expect(await store.read(third.id)).toBeUndefined();
      const elsewhere = makeApproval({ number: 2 });
      expect(await store.open(elsewhere, over)).toEqual(CONFLICT);
      expect(await store.readHead(elsewhere.fingerprint)).toBeUndefined();
      expect(await store.read(elsewhere.id)).toBeUndefined();
    });

    it(proves('approvals.compare-and-swap', 'replaces a request under its newest ETag only'), async () => {
      const store = await createStore();
      const pending = makeApproval();
      const first = etagOf(await store.open(pending, undefined));
      const approved: Approval = { ...pending, state: 'approved', attempt: 'attempt-1' };
      const second = etagOf(await store.replace(approved, first));
      expect(second).not.toBe(first);
      expect(await store.replace({ ...pending, state: 'denied' }, first)).toEqual(CONFLICT);
      expect(await store.read(pending.id)).toEqual({ approval: approved, etag: second });
    });

    it(proves('approvals.compare-and-swap', 'lets one of 20 racers change a request'), async () => {
      const store = await createStore();
      const approval = makeApproval();
      const etag = etagOf(await store.open(approval, undefined));
      const racers = Array.from({ length: 20 }, (_, i) => ({ ...approval, attempt: `attempt-${i}` }));
      const outcomes = await Promise.all(racers.map((racer) => store.replace(racer, etag)));
      const winners = racers.filter((_, i) => outcomes[i]?.kind === 'written');
      expect(winners).toHaveLength(1);
      expect((await store.read(approval.id))?.approval).toEqual(winners[0]);
    });

    it(proves('approvals.compare-and-swap', 'takes no ETag for every ETag'), async () => {
      const store = await createStore();
      const approval = makeApproval();
      await store.open(approval, undefined);
      const head = { generation: 1, approval: approval.id };
      for (const etag of ['*', '', 'W/"*"']) {
        expect(await store.replace({ ...approval, state: 'approved' }, etag)).toEqual(CONFLICT);
        expect(await store.open(makeApproval({ generation: 2 }), { ...head, etag })).toEqual(CONFLICT);
      }
      expect((await store.read(approval.id))?.approval).toEqual(approval);
      expect(await store.readHead(approval.fingerprint)).toMatchObject(head);
    });

    it('has nothing to replace where no request stands', async () => {
      const store = await createStore();
      const approval = makeApproval();
      const etag = etagOf(await store.open(approval, undefined));
      expect(await store.replace(makeApproval({ number: 2 }), etag)).toEqual(CONFLICT);
      expect(await store.read(makeApproval({ number: 2 }).id)).toBeUndefined();
    });

    it('drops the members that a request has no more: an erased key is gone from its row', async () => {
      const store = await createStore();
      const approval = makeApproval({ ...EVERY_MEMBER });
      const etag = etagOf(await store.open(approval, undefined));
      const { request: _, answer: __, ...erased } = approval;
      await store.replace(erased, etag);
      expect((await store.read(approval.id))?.approval).toEqual(erased);
    });

    it('does not find a request under the id of one that lost the race for its generation', async () => {
      const store = await createStore();
      await store.open(makeApproval(), undefined);
      expect(await store.read(makeApproval({ nonce: 'bbbbbbbbbbbb' }).id)).toBeUndefined();
    });

    it(proves('approvals.insert-only', 'keeps the first decision of an id, of 20 that come at once'), async () => {
      const store = await createStore();
      const approval = makeApproval();
      const racers = Array.from({ length: 20 }, (_, i) => makeDecision(approval, { reason: `reason ${i}` }));
      const outcomes = await Promise.all(racers.map((decision) => store.insertDecision(decision)));
      const winners = racers.filter((_, i) => outcomes[i]?.kind === 'written');
      expect(winners).toHaveLength(1);
      expect(await store.listDecisions(approval.id)).toEqual({ decisions: winners, unreadable: 0 });
      expect(await store.insertDecision(makeDecision(approval))).toEqual(CONFLICT);
    });

    it('lists the decisions of one approval and of no other', async () => {
      const store = await createStore();
      const mine = makeApproval();
      const others = [
        makeApproval({ nonce: 'a0a0a0a0a0a1' }),
        makeApproval({ generation: 11 }),
        makeApproval({ number: 2 }),
      ];
      const ids = ['0000000000000000', 'ffffffffffffffff', '00112233445566aa'];
      const decisions = ids.map((id) => makeDecision(mine, { id }));
      await Promise.all([...decisions, ...others.map((other) => makeDecision(other))].map(store.insertDecision));
      const listed = await store.listDecisions(mine.id);
      expect(listed.decisions.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
        decisions.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      );
      expect(listed.unreadable).toBe(0);
    });

    it('keeps one row of the index for each approval, the last that was put', async () => {
      const store = await createStore();
      const [one, other] = [makeOpenRow(makeApproval()), makeOpenRow(makeApproval({ number: 2 }))];
      await store.putOpen(one);
      await store.putOpen(other);
      await store.putOpen({ ...one, state: 'approved' });
      await store.removeOpen(other.approval);
      await store.removeOpen(other.approval);
      expect(await Array.fromAsync(store.listOpen())).toEqual([{ ...one, state: 'approved' }]);
    });

    it(proves('approvals.index', 'counts what waits of one principal, and of nobody else'), async () => {
      const store = await createStore();
      const rows = [1, 2, 3, 4].map((number) => makeOpenRow(makeApproval({ number })));
      const [first, second, third, fourth] = rows;
      if (!first || !second || !third || !fourth) throw new Error('four rows');
      await store.putOpen(first);
      await store.putOpen({ ...second, state: 'approved' });
      await store.putOpen({ ...third, state: 'done' });
      await store.putOpen({
        ...fourth,
        requester: { ...first.requester, id: `${first.requester.id}' or requester ne '` },
      });
      expect(await store.countWaiting(first.requester)).toBe(2);
      expect(await store.countWaiting({ ...first.requester, kind: 'app' })).toBe(0);
    });

    it(proves('approvals.index', 'lists every one of 1,000 open requests and some more'), async () => {
      const store = await createStore();
      const rows = Array.from({ length: 1_005 }, (_, number) => makeOpenRow(makeApproval({ number })));
      for (let at = 0; at < rows.length; at += 100) {
        await Promise.all(rows.slice(at, at + 100).map((row) => store.putOpen(row)));
      }
      const listed = await Array.fromAsync(store.listOpen());
      expect(listed.toSorted((a, b) => (a.approval < b.approval ? -1 : 1))).toEqual(rows);
    });

    it('takes text that is no approval id for nothing that is there, and refuses to write under it', async () => {
      const store = await createStore();
      for (const id of ['', 'open', "' or true", `${fingerprintOf(1)}-1`, `${fingerprintOf(1)}-0-a0a0a0a0a0a0`]) {
        expect(await store.read(id)).toBeUndefined();
        expect(await store.listDecisions(id)).toEqual({ decisions: [], unreadable: 0 });
        await store.removeOpen(id);
        await expect(store.putOpen({ ...makeOpenRow(makeApproval()), approval: id })).rejects.toThrow(TypeError);
        await expect(store.insertDecision({ ...makeDecision(makeApproval()), approval: id })).rejects.toThrow(
          TypeError,
        );
        await expect(store.open({ ...makeApproval(), id }, undefined)).rejects.toThrow(TypeError);
      }
      await expect(store.replace({ ...makeApproval(), generation: 2 }, 'W/"1"')).rejects.toThrow(TypeError);
    });
  });
}

const EVERY_MEMBER: Required<Omit<Approval, keyof ReturnType<typeof makeApproval>>> & Partial<Approval> = {
  state: 'done',
  requester: {
    tenant: '5a11e000-0000-4000-8000-000000000001',
    principal: { kind: 'app', id: alice.id, guest: true },
    agent: { id: alice.id },
    tokenId: 'uti-2',
    address: '::1',
    era: 'legacy',
  },
  release: 'caller',
  quorums: ['finance', 'support'],
  policies: [],
  justification: 'The customer was charged twice.',
  claim: { number: 2, leaseUntilMs: NOON_MS + 270_000 },
  met: ['finance'],
  releaseCallId: 'call-2',
  answer: { blob: 'answer', key: 'wrapped, too' },
  endedMs: NOON_MS + 1,
  keptUntilMs: NOON_MS + 86_400_000,
  endReason: 'policy',
  attention: 'nobody answers',
  noticedMs: NOON_MS + 999,
};

export function etagOf(written: Written): ETag {
  if (written.kind === 'conflict') throw new Error('expected to have written');
  return written.etag;
}
