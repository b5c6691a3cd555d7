/** What people may decide, and what they are told when they may not (DESIGN §5). */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInbox } from '../../../shared/approvals/create-inbox.ts';
import { evidenceOf } from '../../../shared/approvals/evidence.ts';
import type { DecisionInput, DecisionResult, Person } from '../../../shared/approvals/inbox.ts';
import { proves } from '../../requirements.ts';
import { createDesk, type Desk, type Name, principalOf } from './desk.ts';
import { createScene, EXPIRE_MS, type PolicySet, type Scene } from './scene.ts';

let scene: Scene;
let desk: Desk;
beforeAll(async () => {
  scene = await createScene();
});
beforeEach(async () => {
  desk = createDesk(scene);
  await desk.hold();
});

function codeOf(result: DecisionResult): string {
  return result.kind === 'taken' ? 'taken' : result.code;
}

interface Case {
  readonly who: Name;
  readonly input?: Partial<DecisionInput>;
  readonly person?: Partial<Person>;
  readonly code: string;
}

describe('a decision', () => {
  it('is recorded, then inserted, then queued', async () => {
    const operations = desk.faults.operations.length;
    expect(await desk.decide('bob')).toEqual({ kind: 'taken', verdict: 'approve', isRepeat: false });
    const done = desk.faults.operations.slice(operations);
    expect(done).toEqual(['read', 'record approval', 'insertDecision', 'send approval-decisions']);
    const [decision] = desk.store.snapshot().decisions;
    expect(decision).toMatchObject({
      person: principalOf('bob'),
      verdict: 'approve',
      channel: 'page',
      reason: 'because',
    });
    expect(desk.queue.messages.at(-1)?.body).toEqual({
      kind: 'decision',
      approval: desk.only().id,
      decision: decision?.id,
    });
  });

  it('said twice is one decision, and its id is queued again under a new message id', async () => {
    await desk.decide('bob');
    expect(await desk.decide('bob')).toMatchObject({ kind: 'taken', isRepeat: true });
    expect(desk.store.snapshot().decisions).toHaveLength(1);
    expect(desk.queue.waiting('approval-decisions').filter(({ body }) => body.kind === 'decision')).toHaveLength(2);
    expect(desk.queue.duplicates).toBe(0);
  });

  it('keeps no unmasked word of the approver', async () => {
    await desk.decide('bob', { reason: '  asked a@b.example  ' });
    expect(desk.store.snapshot().decisions[0]?.reason).toMatch(/^asked /);
    expect(JSON.stringify([desk.entries, desk.store.snapshot()])).not.toContain('a@b.example');
  });

  it.each<Case>([
    { who: 'alice', code: 'own-request' },
    { who: 'alice', input: { verdict: 'deny' }, code: 'own-request' },
  ])(
    proves('approval.requester', 'of one’s own request is refused, on record: $input.verdict'),
    async ({ who, input }) => {
      const result = await desk.decide(who, input);
      expect(result).toMatchObject({ kind: 'refused', code: 'own-request' });
      expect(desk.happenings()).toEqual(['held', 'decision-refused']);
      expect(desk.store.snapshot().decisions).toEqual([]);
    },
  );

  it.each<Case>([
    { who: 'mallory', code: 'not-found' },
    // In a group that another set of policies asks, and this one not.
    { who: 'carol', code: 'not-found' },
    { who: 'bob', person: { tenant: 'another' }, code: 'not-found' },
    { who: 'bob', person: { groups: [] }, code: 'not-found' },
    { who: 'bob', input: { approval: 'nonsense/../head' }, code: 'not-found' },
    { who: 'bob', input: { approval: `k1-${'0'.repeat(32)}-1-${'0'.repeat(12)}` }, code: 'not-found' },
    { who: 'bob', person: { channel: 'teams-flow' }, code: 'channel' },
    { who: 'bob', input: { evidence: 'of another request' }, code: 'changed' },
    { who: 'bob', input: { verdict: 'deny', reason: ' ' }, code: 'reason' },
    { who: 'bob', input: { reason: 'x'.repeat(501) }, code: 'reason' },
    { who: 'bob', input: { reason: '' }, code: 'taken' },
    { who: 'bob', input: { verdict: 'deny', reason: 'no' }, code: 'taken' },
    { who: 'bob', person: { channel: 'teams-reply' }, code: 'taken' },
  ])('by $who, $input, $person: $code', async ({ who, input, person, code }) => {
    expect(codeOf(await desk.decide(who, input, person))).toBe(code);
    expect(desk.store.snapshot().decisions).toHaveLength(code === 'taken' ? 1 : 0);
  });

  it('on the evidence that was shown is taken, and on that of before a change is not', async () => {
    const { evidence } = desk.only();
    expect(codeOf(await desk.decide('bob', { evidence }))).toBe('taken');
    const { approval, etag } = await desk.read(desk.only().id);
    const other = { ...approval, preview: 'something else' };
    await desk.store.replace({ ...other, evidence: evidenceOf(desk.parts.keyring, other) }, etag);
    expect(codeOf(await desk.decide('erin', { evidence }))).toBe('changed');
  });

  it('after the end is too late, whether or not somebody has noticed the end', async () => {
    desk.nowMs += EXPIRE_MS - 1;
    expect(codeOf(await desk.decide('bob'))).toBe('taken');
    desk.nowMs += 1;
    expect(codeOf(await desk.decide('erin'))).toBe('ended');
  });

  it(proves('approval.left-group', 'by somebody who is blocked gets the answer of what is not there'), async () => {
    desk.blocked.add(principalOf('bob').id);
    const refused = await desk.decide('bob');
    expect(refused).toEqual(await desk.decide('mallory'));
    desk.areBlocksUnknown = true;
    expect(codeOf(await desk.decide('erin'))).toBe('unavailable');
  });

  it.each(['record approval', 'insertDecision', 'read'])(
    'that could not be kept (%s) is not taken, and says so',
    async (operation) => {
      desk.faults.fault = ({ name }) => (name === operation ? 'fail-before' : 'none');
      expect(codeOf(await desk.decide('bob'))).toBe('unavailable');
      expect(desk.store.snapshot().decisions).toEqual([]);
    },
  );

  it(proves('approval.crash', 'whose row was written and not confirmed is found and taken'), async () => {
    desk.faults.fault = ({ name }) => (name === 'insertDecision' ? 'lose-response' : 'none');
    expect(codeOf(await desk.decide('bob'))).toBe('taken');
    expect(desk.store.snapshot().decisions).toHaveLength(1);
  });

  it('that could not be queued is taken all the same: the sweep finds it', async () => {
    desk.faults.fault = ({ name }) => (name.startsWith('send') ? 'fail-before' : 'none');
    expect(codeOf(await desk.decide('bob'))).toBe('taken');
  });
});

describe('what a person sees', () => {
  const seenBy = async (who: Name, policies: PolicySet = 'finance') => {
    desk = createDesk(scene, policies);
    await desk.hold();
    const principal = principalOf(who);
    const groups = desk.directory.get(principal.id) ?? [];
    const person: Person = {
      tenant: desk.only().requester.tenant,
      principal,
      groups,
      channel: 'page',
      agent: { id: 'gateway' },
      address: '',
      tokenId: '',
    };
    const inbox = createInbox(desk.parts);
    const [{ total }, view] = await Promise.all([inbox.list(person, 10), inbox.show(person, desk.only().id)]);
    return { total, sees: view !== undefined, mayDecide: view?.mayDecide };
  };

  it.each([
    { who: 'alice', policies: 'finance', total: 0, sees: true, mayDecide: false },
    { who: 'bob', policies: 'finance', total: 1, sees: true, mayDecide: true },
    { who: 'carol', policies: 'finance', total: 0, sees: false },
    { who: 'carol', policies: 'both', total: 1, sees: true, mayDecide: true },
    { who: 'mallory', policies: 'both', total: 0, sees: false },
  ] as const)('under $policies, $who: $total in the list, seen: $sees, may decide: $mayDecide', async (given) => {
    const { who, policies, ...expected } = given;
    expect(await seenBy(who, policies)).toEqual({ mayDecide: undefined, ...expected });
  });

  it('is everything needed to decide it, masked', async () => {
    desk = createDesk(scene, 'both');
    await desk.hold({
      text: '{"name":"pay","arguments":{"amount":500,"note":"a@b.example"}}',
      justification: 'They asked.',
    });
    await desk.decide('bob');
    const principal = principalOf('erin');
    const person = { tenant: desk.only().requester.tenant, principal, groups: ['finance'], channel: 'page' } as const;
    const view = await createInbox(desk.parts).show(
      { ...person, agent: { id: '' }, address: '', tokenId: '' },
      desk.only().id,
    );
    expect(view).toMatchObject({
      justification: 'They asked.',
      needs: [{ quorum: 'audit', from: [{ group: 'auditors', people: 1 }] }],
      decisions: [{ person: { name: 'bob' }, verdict: 'approve', counts: true }],
      evidence: desk.only().evidence,
    });
    expect(JSON.stringify(view)).not.toContain('a@b.example');
  });
});
