/** How a request stands (DESIGN §4, §5), asked anew each time: whose word is genuine, whose counts, and what can't be known. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assess } from '../../../shared/approvals/assess.ts';
import { decisionMac } from '../../../shared/approvals/evidence.ts';
import { settle } from '../../../shared/approvals/settle.ts';
import { proves } from '../../requirements.ts';
import { makeDecision } from './approval-fixture.ts';
import { createDesk, type Desk, type Name, oidOf, principalOf } from './desk.ts';
import { createScene, EXPIRE_MS, type Scene } from './scene.ts';

let scene: Scene;
let desk: Desk;
beforeAll(async () => {
  scene = await createScene();
});
beforeEach(async () => {
  desk = createDesk(scene);
  await desk.hold();
});

async function standing(version?: number) {
  const parts = version === undefined ? desk.parts : desk.partsWith(version);
  const assessed = await assess(parts, desk.only());
  return assessed.ok ? assessed.value.standing.kind : assessed.error.kind;
}

/** A decision that the inbox would not take, written as a process with the keyring writes one. */
async function write(who: Name, more: Partial<ReturnType<typeof makeDecision>> = {}) {
  const decision = { ...makeDecision(desk.only()), person: principalOf(who), ...more };
  await desk.store.insertDecision({ ...decision, mac: decisionMac(desk.parts.keyring, decision) });
}

describe('a request', () => {
  it('waits, is approved, or is denied, by whoever counts', async () => {
    expect(await standing()).toBe('waits');
    await desk.decide('bob');
    expect(await standing()).toBe('approved');
    await desk.decide('erin', { verdict: 'deny', reason: 'no' });
    expect(await standing()).toBe('denied');
  });

  it.each<[string, () => unknown, string]>([
    ['left the group', () => desk.directory.set(oidOf('bob'), ['support']), 'waits'],
    ['is blocked', () => desk.blocked.add(oidOf('bob')), 'waits'],
    ['may be blocked', () => Object.assign(desk, { areBlocksUnknown: true }), 'later'],
    ['can’t be placed: Graph is down', () => Object.assign(desk, { isGraphDown: true }), 'later'],
  ])(proves('approval.left-group', 'of which an approver %s is judged anew'), async (_what, change, expected) => {
    await desk.decide('bob');
    expect(await standing()).toBe('approved');
    change();
    expect(await standing()).toBe(expected);
  });

  it(proves('approval.left-group', 'that Graph can’t answer for stays as it is, and is looked at later'), async () => {
    await desk.decide('bob');
    desk.isGraphDown = true;
    expect((await settle(desk.parts, desk.only().id)).kind).toBe('later');
    expect(desk.only().state).toBe('pending');
    desk.isGraphDown = false;
    expect((await settle(desk.parts, desk.only().id)).kind).toBe('release');
    expect(desk.only()).toMatchObject({ state: 'approved', met: ['finance'] });
  });

  it(proves('approval.requester', 'is not approved by its requester, though the decision is genuine'), async () => {
    await write('alice');
    expect(await standing()).toBe('waits');
  });

  it(proves('approval.requester', 'is not approved by an app, though the decision is genuine'), async () => {
    const bot = { kind: 'app', id: oidOf('bob'), guest: false } as const;
    await write('bob', { person: bot });
    expect(await standing()).toBe('waits');
  });

  it('is not approved by one whose policies ask for another, nor by one on a channel that does not count', async () => {
    await write('carol');
    await write('bob', { id: '1'.repeat(16), channel: 'teams-flow' });
    expect(await standing()).toBe('waits');
  });

  it('wants distinct people for two quorums', async () => {
    desk = createDesk(scene, 'both');
    await desk.hold();
    desk.directory.set(oidOf('bob'), ['finance', 'auditors']);
    await desk.decide('bob');
    expect(await standing()).toBe('waits');
    await desk.decide('carol');
    expect(await standing()).toBe('approved');
  });

  it('that no quorum could lift any more ends as policy says, and one that policy lets through now runs for nobody', async () => {
    await desk.decide('bob');
    const { never, freely } = scene.engines;
    const withEngine = (policy: typeof never) => assess({ ...desk.parts, policy }, desk.only());
    expect(await withEngine(never)).toMatchObject({ ok: true, value: { standing: { kind: 'impossible' } } });
    expect(await withEngine(freely)).toMatchObject({ ok: true, value: { standing: { kind: 'waits', needs: [] } } });
  });

  it(proves('approval.rotation', 'and what was said on it outlive a new version of the keyring'), async () => {
    await desk.decide('bob');
    expect(await standing(3)).toBe('approved');
  });
});

describe('a decision that nobody of ours wrote', () => {
  const forge = makeForgeries();

  it.each(Object.keys(forge))(
    proves('approval.mac', 'changes nothing, and the request is flagged once and on record: %s'),
    async (name) => {
      await forge[name]?.();
      await settle(desk.parts, desk.only().id);
      expect(desk.only()).toMatchObject({ state: 'pending', attention: expect.stringContaining('verified') });
      await settle(desk.parts, desk.only().id);
      expect(desk.happenings().filter((event) => event === 'attention')).toHaveLength(1);
      expect(desk.store.snapshot().open).toMatchObject([{ needsAttention: true }]);
    },
  );

  it('does not stand in the way of a genuine one', async () => {
    await forge['without the key']?.();
    await desk.decide('erin');
    expect(await standing()).toBe('approved');
  });

  function makeForgeries(): Readonly<Record<string, () => Promise<unknown>>> {
    return {
      'without the key': () => desk.store.insertDecision(makeDecision(desk.only(), { person: principalOf('bob') })),
      'under a key of another purpose': () => {
        const decision = makeDecision(desk.only(), { person: principalOf('bob') });
        return desk.store.insertDecision({
          ...decision,
          mac: desk.parts.keyring.name('cookie', JSON.stringify(decision)),
        });
      },
      'genuine, moved from another request': async () => {
        const other = await desk.hold({ text: '{"name":"pay","arguments":{"amount":900}}' });
        await desk.decide('bob', { approval: other.stored.approval.id });
        const [moved] = desk.store.snapshot().decisions;
        for (const key of desk.store.rows.keys()) {
          if (key.includes(other.stored.approval.fingerprint)) desk.store.rows.delete(key);
        }
        if (moved !== undefined) await desk.store.insertDecision({ ...moved, approval: desk.only().id });
      },
      'genuine, on other evidence': () => write('bob', { evidence: 'k1-00000000000000000000000000000000' }),
      'a denial turned into an approval': async () => {
        await desk.decide('bob', { verdict: 'deny', reason: 'no' });
        for (const [key, row] of desk.store.rows) {
          if (key.includes('/decision-')) row.text = row.text.replace('"deny"', '"approve"');
        }
      },
      'of no shape': async () => {
        await desk.decide('bob');
        for (const [key, row] of desk.store.rows) if (key.includes('/decision-')) row.text = '{}';
      },
    };
  }
});

describe('a row that was changed', () => {
  it.each([
    ['its amount shown', (text: string) => text.replace('500', '5')],
    ['its requester', (text: string) => text.replaceAll(oidOf('alice'), oidOf('bob'))],
    ['its expiry', (text: string) => text.replace(/"expiresMs":(\d)/, '"expiresMs":9$1')],
    ['its key', (text: string) => text.replace(/"key":"[^"]+"/, '"key":"other"')],
    ['its blob', (text: string) => text.replace(/"blob":"[^"]+"/, '"blob":"other"')],
  ])(proves('approval.mac', 'ends, and is flagged: %s'), async (_what, change) => {
    await desk.decide('bob');
    const { id } = desk.only();
    for (const [key, row] of desk.store.rows) if (key.includes('/request-')) row.text = change(row.text);
    await settle(desk.parts, id);
    expect(desk.only()).toMatchObject({ state: 'cancelled', endReason: 'spoilt' });
    expect(desk.only().attention).toBeDefined();
    expect(desk.happenings()).toContain('cancelled');
  });

  it('to look approved is not released: there is no decision that says so', async () => {
    for (const [key, row] of desk.store.rows) {
      if (key.includes('/request-')) row.text = row.text.replace('"pending"', '"approved"');
    }
    // `settle` hands it to the release, which judges it anew before anything is claimed.
    expect(await standing()).toBe('waits');
  });
});

describe('what is due', () => {
  it('at its expiry a request ends, whatever was said too late to be applied', async () => {
    await desk.decide('bob');
    desk.nowMs += EXPIRE_MS;
    await settle(desk.parts, desk.only().id);
    expect(desk.only()).toMatchObject({ state: 'expired', endReason: 'expired', endedMs: desk.nowMs });
  });

  it.each(['approve', 'deny'] as const)(
    proves('approval.crash', 'is applied once, however often and wherever it is looked at: %s'),
    async (verdict) => {
      await desk.decide('bob', { verdict });
      await Promise.all(Array.from({ length: 5 }, () => settle(desk.parts, desk.only().id)));
      expect(desk.happenings()).toEqual(['held', 'decided', verdict === 'approve' ? 'approved' : 'denied']);
    },
  );
});
