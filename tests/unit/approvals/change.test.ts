/** One change of a row (DESIGN §5, FACTS §3): whatever the network does, whoever made it knows what stands. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredApproval } from '../../../shared/approvals/approval-store.ts';
import { changeState, markApproval, stripApproval } from '../../../shared/approvals/change.ts';
import { proves } from '../../requirements.ts';
import { makeApproval } from './approval-fixture.ts';
import type { Fault } from './fault-point.ts';
import { createMemoryApprovalStore } from './memory-approval-store.ts';
import { createRandom } from './scene.ts';

let store: ReturnType<typeof createMemoryApprovalStore>;
let parts: { approvals: typeof store; randomBytes: (count: number) => Uint8Array };
let stored: StoredApproval;

beforeEach(async () => {
  store = createMemoryApprovalStore();
  parts = { approvals: store, randomBytes: createRandom('change') };
  await store.open(makeApproval(), undefined);
  stored = await now();
});

async function now(): Promise<StoredApproval> {
  const read = await store.read(makeApproval().id);
  if (read === undefined) throw new Error('gone');
  return read;
}

/** The first operations of these names break so, one after the other. */
function breaking(...plan: readonly (readonly [string, Fault])[]): void {
  const left = [...plan];
  store.faults.fault = ({ name }) => {
    if (left[0]?.[0] !== name) return 'none';
    return left.shift()?.[1] ?? 'none';
  };
}

/** Somebody else writes between our read and our write. */
async function another(patch: Partial<StoredApproval['approval']>): Promise<void> {
  const { approval, etag } = await now();
  await store.replace({ ...approval, ...patch, attempt: 'another' }, etag);
}

describe('changeState', () => {
  it.each<Fault>(['none', 'lose-response', 'lose-and-retry', 'fail-before', 'hang'])(
    proves('approval.crash', 'makes its change once when its write meets “%s”, and says that it did'),
    async (fault) => {
      breaking(['replace', fault]);
      const changed = await changeState(parts, stored, 'approve', { met: ['finance'] });
      expect(changed.kind).toBe('changed');
      expect(await now()).toEqual(changed.stored);
      expect(changed.stored.approval).toMatchObject({ state: 'approved', met: ['finance'] });
    },
  );

  it(proves('approval.crash', 'rejects when nobody can say what stands, and a look later tells'), async () => {
    breaking(['replace', 'lose-response'], ['read', 'fail-before']);
    await expect(changeState(parts, stored, 'approve')).rejects.toThrow('read');
    expect((await now()).approval.state).toBe('approved');
  });

  it(proves('approval.crash', 'knows a write of its own that lands after it was given up'), async () => {
    let late: (() => void) | undefined;
    const { replace } = store;
    const slow: typeof replace = (approval, etag) => {
      if (late !== undefined) return replace(approval, etag);
      late = () => void replace(approval, etag);
      return Promise.reject(new Error('gave up at the deadline'));
    };
    // It lands between the look and the second try, which therefore conflicts with the first.
    const second: typeof replace = async (approval, etag) => {
      if (late === undefined) return slow(approval, etag);
      late();
      return replace(approval, etag);
    };
    const changed = await changeState({ ...parts, approvals: { ...store, replace: second } }, stored, 'approve');
    expect(changed).toMatchObject({ kind: 'changed', stored: { approval: { state: 'approved' } } });
    expect(await now()).toEqual(changed.stored);
  });

  it('loses to whoever was first, and says how it stands now', async () => {
    await another({ state: 'cancelled' });
    const changed = await changeState(parts, stored, 'approve');
    expect(changed).toMatchObject({ kind: 'passed', stored: { approval: { state: 'cancelled', attempt: 'another' } } });
    expect((await now()).approval.state).toBe('cancelled');
  });

  it('makes its change over another’s mark, and keeps the mark', async () => {
    await another({ noticedMs: 7 });
    const changed = await changeState(parts, stored, 'approve');
    expect(changed.kind).toBe('changed');
    expect((await now()).approval).toMatchObject({ state: 'approved', noticedMs: 7 });
  });

  it(proves('approval.states', 'does nothing where the event has no place in the state'), async () => {
    const changed = await changeState(parts, stored, 'send');
    expect(changed).toEqual({ kind: 'passed', stored });
    expect(await now()).toEqual(stored);
  });

  it('does not claim what somebody else has claimed in the meantime, though it is claimed as before', async () => {
    const claim = { number: 1, leaseUntilMs: 10 };
    await another({ state: 'claimed', claim });
    const seen = await now();
    await another({ state: 'claimed', claim: { number: 2, leaseUntilMs: 20 } });
    const changed = await changeState(parts, seen, 'claim', { claim: { number: 2, leaseUntilMs: 20 } });
    expect(changed.kind).toBe('passed');
  });

  it('gives up when others write again and again', async () => {
    const { replace } = store;
    let writes = 0;
    const contended: typeof replace = async (approval, etag) => {
      writes += 1;
      await another({ remindedMs: writes });
      return replace(approval, etag);
    };
    const changed = await changeState({ ...parts, approvals: { ...store, replace: contended } }, stored, 'approve');
    expect(changed.kind).toBe('passed');
    expect((await now()).approval.state).toBe('pending');
  });

  it('says that a row is gone', async () => {
    store.rows.clear();
    await expect(changeState(parts, stored, 'approve')).rejects.toThrow('gone');
  });
});

describe('markApproval and stripApproval', () => {
  it('set a mark without a change of state, and nothing where there is nothing to mark', async () => {
    const marked = await markApproval(parts, stored, () => ({ noticedMs: 9 }));
    expect(marked).toMatchObject({ kind: 'changed', stored: { approval: { state: 'pending', noticedMs: 9 } } });
    expect((await markApproval(parts, marked.stored, () => undefined)).kind).toBe('passed');
  });

  it.each<Fault>(['none', 'lose-response', 'lose-and-retry'])(
    proves('approval.crash', 'takes a key off its row when the write meets “%s”'),
    async (fault) => {
      breaking(['replace', fault]);
      const stripped = await stripApproval(parts, stored, ['request', 'answer']);
      expect(stripped.kind).toBe('changed');
      expect((await now()).approval).not.toHaveProperty('request');
      expect((await stripApproval(parts, stripped.stored, ['request', 'answer'])).kind).toBe('passed');
    },
  );
});
