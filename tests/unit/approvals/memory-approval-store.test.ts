/** The store in memory keeps to the contract of the table, and breaks as the network does. */
import { describe, expect, it } from 'vitest';
import { makeApproval, makeDecision, makeOpenRow } from './approval-fixture.ts';
import { describeApprovalStore, etagOf } from './approval-store-contract.ts';
import { createFaultPoint, type Fault } from './fault-point.ts';
import { createMemoryApprovalStore } from './memory-approval-store.ts';

describeApprovalStore('memory', () => createMemoryApprovalStore());

describe('a fault', () => {
  const approval = makeApproval();

  /** Opens a request while the store breaks, and says what the caller got and what stands. */
  async function openUnder(fault: Fault) {
    const store = createMemoryApprovalStore(createFaultPoint(() => fault));
    const silence = new Promise((resolve) => setImmediate(resolve, 'silence'));
    const answer = await Promise.race([store.open(approval, undefined).catch(() => 'error'), silence]);
    return { answer, stands: store.snapshot().approvals.length };
  }

  it.each([
    { fault: 'fail-before', answer: 'error', stands: 0 },
    { fault: 'lose-response', answer: 'error', stands: 1 },
    { fault: 'lose-and-retry', answer: { kind: 'conflict' }, stands: 1 },
    { fault: 'hang', answer: 'error', stands: 0 },
    { fault: 'crash-before', answer: 'silence', stands: 0 },
    { fault: 'crash-after', answer: 'silence', stands: 1 },
  ] as const)('"$fault" leaves $stands row and gives the caller $answer', async ({ fault, answer, stands }) => {
    expect(await openUnder(fault)).toEqual({ answer, stands });
  });

  it('strikes the operation that it is meant for, counted across all that share a point', async () => {
    const point = createFaultPoint(({ index }) => (index === 2 ? 'fail-before' : 'none'));
    const [one, other] = [createMemoryApprovalStore(point), createMemoryApprovalStore(point)];
    await one.open(approval, undefined);
    await other.putOpen(makeOpenRow(approval));
    await expect(one.read(approval.id)).rejects.toThrow('read: connection refused');
    expect((await one.read(approval.id))?.approval).toEqual(approval);
    expect(point.operations).toEqual(['open', 'putOpen', 'read', 'read']);
  });
});

describe('a snapshot', () => {
  it('shows all that stands', async () => {
    const store = createMemoryApprovalStore();
    const [approval, changed] = [makeApproval(), makeApproval({ state: 'approved' })];
    const [decision, open] = [makeDecision(approval), makeOpenRow(approval)];
    const etag = etagOf(await store.open(approval, undefined));
    await Promise.all([store.replace(changed, etag), store.insertDecision(decision), store.putOpen(open)]);
    expect(store.snapshot()).toEqual({
      heads: [{ generation: 1, approval: approval.id }],
      approvals: [changed],
      decisions: [decision],
      open: [open],
    });
  });

  it('counts a decision that somebody broke as unreadable', async () => {
    const store = createMemoryApprovalStore();
    const decision = makeDecision(makeApproval());
    await store.insertDecision(decision);
    for (const row of store.rows.values()) row.text = '{';
    expect(await store.listDecisions(decision.approval)).toEqual({ decisions: [], unreadable: 1 });
  });
});
