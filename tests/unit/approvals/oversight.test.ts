/** What operators see and say of requests that need a person, over the memory store: who may, on record, and whatever fails. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Approval } from '../../../shared/approvals/approval.ts';
import type { ApprovalStore } from '../../../shared/approvals/approval-store.ts';
import { type Person, REASON_CHARACTERS } from '../../../shared/approvals/inbox.ts';
import { openRowOf } from '../../../shared/approvals/open-row.ts';
import { createOversight, type Oversight } from '../../../shared/approvals/oversight.ts';
import { APPROVAL_STATES } from '../../../shared/approvals/states.ts';
import type { ServerConfig } from '../../../shared/config/config.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { err, ok } from '../../../shared/result.ts';
import type { Entry } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';
import { alice, makeApproval, NOON_MS } from './approval-fixture.ts';
import type { Fault } from './fault-point.ts';
import { createMemoryApprovalStore, type MemoryApprovalStore } from './memory-approval-store.ts';

const crm: ServerConfig = {
  name: 'crm',
  url: 'https://crm.example.com/mcp',
  retention: 'standard',
  notifications: 'off',
  uninspected: 'deny',
  allowMethods: [],
  drift: 'quarantine',
  protocol: 'auto',
  privateAddresses: 'refuse',
  release: 'worker',
  tools: new Map(),
};
const KEEP_MS = 86_400_000;
const LATER_MS = NOON_MS + 7_200_000;

/** Groups name what their people may do on `crm`: policy is another test's. */
function person(digits: string, ...groups: string[]): Person {
  return {
    tenant: '5a11e000-0000-4000-8000-000000000001',
    principal: { kind: 'user', id: `5a11e000-0000-4000-8000-0000000000${digits}`, name: digits, guest: false },
    groups,
    channel: 'api',
    agent: { id: 'cli' },
    address: '192.0.2.7',
    tokenId: `token-${digits}`,
  };
}
const carol = person('b3', 'audit');
const dave = person('b4', 'administer');
const erin = person('b7', 'administer');
const bob = person('b2', 'finance');

const lost = makeApproval({ state: 'unknown', attention: 'unknown outcome', endedMs: NOON_MS + 1, endReason: 'lease' });
const done = { approval: lost.id, outcome: 'done', reason: 'The refund stands in the ledger.' } as const;

let store: MemoryApprovalStore;
let records: Entry[];
let blocked: 'nobody' | 'everybody' | 'not known';
let isTranscriptDown: boolean;
let logged: string[];
/** Of all subjects of a test: no two instances draw the same. */
let random: number;

beforeEach(() => {
  store = createMemoryApprovalStore();
  [records, blocked, isTranscriptDown, logged, random] = [[], 'nobody', false, [], 0];
});

function createSubject(approvals: ApprovalStore = store): Oversight {
  return createOversight({
    approvals,
    config: {
      servers: new Map([['crm', crm]]),
      approvals: { expireMs: 3_600_000, keepAnswerMs: KEEP_MS, openAtMost: 100 },
    },
    policy: { mayDo: ({ groups }, duty, server) => server === 'crm' && groups.includes(duty) },
    recorder: {
      async record(_session, entry) {
        if (isTranscriptDown) throw new Error('not durable');
        records.push(entry);
      },
    },
    masker: createMasker({ classes: ['card'] }),
    blocks: {
      async check() {
        if (blocked === 'nobody') return ok(undefined);
        return err({ code: blocked === 'everybody' ? 'blocked' : 'blocks-unknown', detail: 'why' });
      },
    },
    log: (_level, event) => logged.push(event),
    nowMs: () => LATER_MS,
    randomBytes(count) {
      random += 1;
      return Buffer.alloc(count, random);
    },
  });
}

async function keep(...approvals: Approval[]): Promise<void> {
  for (const approval of approvals) {
    await store.open(approval, undefined);
    await store.putOpen(openRowOf(approval));
  }
}

const stateNow = async (id = lost.id) => (await store.read(id))?.approval.state;
const events = () => records.map((entry) => (entry.kind === 'approval' ? entry.event : entry.kind));

describe('what needs a person', () => {
  const older = makeApproval({ number: 2, createdMs: NOON_MS - 1, attention: 'attempts', state: 'failed' });

  it(proves('oversight.attention', 'is listed for who administers or audits the server, oldest first'), async () => {
    await keep(lost, older, makeApproval({ number: 3 }));
    for (const who of [carol, dave]) {
      const { approvals, total } = await createSubject().list(who, 50);
      expect(approvals.map(({ id, attention }) => [id, attention])).toEqual([
        [older.id, 'attempts'],
        [lost.id, 'unknown outcome'],
      ]);
      expect(total).toBe(2);
    }
    expect(await createSubject().list(dave, 1)).toMatchObject({ approvals: [{ id: older.id }], total: 2 });
  });

  it(
    proves('oversight.attention', 'is hidden from everybody else, the requester and approvers among them'),
    async () => {
      await keep(lost);
      for (const who of [bob, person('b1', 'support'), person('b5')]) {
        expect(await createSubject().list(who, 50)).toEqual({ approvals: [], total: 0 });
      }
    },
  );

  it('of a server that is no longer configured is nobody’s', async () => {
    await keep(makeApproval({ attention: 'attempts', state: 'failed', server: 'gone' }));
    expect(await createSubject().list(dave, 50)).toEqual({ approvals: [], total: 0 });
  });

  it(proves('oversight.attention', 'is what the row says, whatever stands in the index'), async () => {
    const foreign = makeApproval({ number: 4, server: 'hr', attention: 'attempts', state: 'failed' });
    await keep(foreign, makeApproval({ number: 5 }));
    await store.putOpen({ ...openRowOf(foreign), server: 'crm' });
    await store.putOpen({ ...openRowOf(makeApproval({ number: 5 })), needsAttention: true });
    await store.putOpen({ ...openRowOf(lost), needsAttention: true });
    expect((await createSubject().list(dave, 50)).approvals).toEqual([]);
  });
});

describe('a resolution', () => {
  it.each(['done', 'failed'] as const)(
    proves('oversight.resolve', 'of an administrator ends what was unknown as %s, and needs nobody any more'),
    async (outcome) => {
      await keep(lost);
      const subject = createSubject();
      expect(await subject.resolve(dave, { ...done, outcome })).toEqual({ kind: 'resolved' });
      const row = (await store.read(lost.id))?.approval;
      expect(row).toMatchObject({
        state: outcome,
        endReason: 'by-operator',
        endedMs: LATER_MS,
        keptUntilMs: LATER_MS + KEEP_MS,
      });
      expect(row?.attention).toBeUndefined();
      expect(store.snapshot().open).toMatchObject([{ state: outcome, needsAttention: false }]);
      expect(await subject.list(dave, 50)).toEqual({ approvals: [], total: 0 });
    },
  );

  it(proves('oversight.recorded', 'is on record with who, whence and why, masked, before it stands'), async () => {
    await keep(lost);
    const seen: (string | undefined)[] = [];
    store.faults.fault = ({ name }) => {
      if (name === 'replace') seen.push(...events());
      return 'none';
    };
    await createSubject().resolve(dave, { ...done, reason: ' Paid to 4111 1111 1111 1111 ' });
    expect(seen).toEqual(['decided']);
    expect(events()).toEqual(['decided', 'resolved']);
    expect(records[0]).toMatchObject({
      approval: lost.id,
      by: { principal: dave.principal, channel: 'api', address: '192.0.2.7', tokenId: 'token-b4' },
      reason: expect.stringMatching(/^Paid to (?!.*4111)/),
      detail: 'what was unknown is done',
    });
  });

  it(proves('oversight.recorded', 'that can’t be recorded changes nothing'), async () => {
    await keep(lost);
    isTranscriptDown = true;
    expect(await createSubject().resolve(dave, done)).toEqual({ kind: 'refused', code: 'unavailable' });
    expect([await stateNow(), logged]).toEqual(['unknown', ['approval-not-resolved']]);
  });

  it.each<readonly [string, Person]>([
    ['an auditor', carol],
    ['an approver', bob],
    ['the requester, who administers the server too', person('b1', 'administer', 'audit')],
    ['an administrator of another tenant', { ...dave, tenant: '5a11e000-0000-4000-8000-000000000002' }],
  ])(proves('oversight.resolve', 'of %s is refused like one of what is not there, and on record'), async (_, who) => {
    expect(lost.requester.principal).toEqual(alice);
    await keep(lost);
    expect(await createSubject().resolve(who, done)).toEqual({ kind: 'refused', code: 'not-found' });
    expect(await stateNow()).toBe('unknown');
    expect(records).toMatchObject([{ event: 'decision-refused', detail: 'resolution as done: not-found' }]);
  });

  it.each(['k1-nothing', makeApproval({ number: 9 }).id])('of what is not there (%s) is refused', async (approval) => {
    expect(await createSubject().resolve(dave, { ...done, approval })).toEqual({ kind: 'refused', code: 'not-found' });
    expect(records).toEqual([]);
  });

  it.each([
    ['everybody', 'not-found'],
    ['not known', 'unavailable'],
  ] as const)(proves('oversight.resolve', 'while %s is blocked is refused'), async (who, code) => {
    await keep(lost);
    blocked = who;
    expect(await createSubject().resolve(dave, done)).toEqual({ kind: 'refused', code });
    expect(await stateNow()).toBe('unknown');
  });

  it.each(APPROVAL_STATES.filter((state) => state !== 'unknown'))(
    proves('oversight.resolve', 'of what is %s is refused: only what is unknown can be resolved'),
    async (state) => {
      await keep({ ...lost, state });
      expect(await createSubject().resolve(dave, done)).toEqual({ kind: 'refused', code: 'not-unknown' });
      expect(await stateNow()).toBe(state);
    },
  );

  it.each(['', ' \n', 'x'.repeat(REASON_CHARACTERS + 1)])(
    'without a reason, or with a long one, is refused',
    async (reason) => {
      await keep(lost);
      expect(await createSubject().resolve(dave, { ...done, reason })).toEqual({ kind: 'refused', code: 'reason' });
      expect(await stateNow()).toBe('unknown');
    },
  );

  it(proves('oversight.race', 'of two at once stands once, and the other is told and on record'), async () => {
    await keep(lost);
    const answers = await Promise.all([
      createSubject().resolve(dave, done),
      createSubject().resolve(erin, { ...done, outcome: 'failed' }),
    ]);
    expect(answers.map((answer) => (answer.kind === 'resolved' ? 'resolved' : answer.code)).toSorted()).toEqual([
      'not-unknown',
      'resolved',
    ]);
    const winner = answers[0]?.kind === 'resolved' ? 'done' : 'failed';
    expect(await stateNow()).toBe(winner);
    const resolved = records.filter((entry) => entry.kind === 'approval' && entry.event === 'resolved');
    expect(resolved).toMatchObject([{ detail: winner }]);
    expect(events().filter((event) => event === 'decision-refused')).toHaveLength(1);
  });

  it(proves('oversight.race', 'yields to the outcome that came late after all'), async () => {
    await keep(lost);
    store.faults.fault = async ({ name }): Promise<Fault> => {
      if (name !== 'replace') return 'none';
      store.faults.fault = () => 'none';
      const now = await store.read(lost.id);
      if (now) await store.replace({ ...now.approval, state: 'done', attempt: 'worker' }, now.etag);
      return 'none';
    };
    expect(await createSubject().resolve(dave, { ...done, outcome: 'failed' })).toEqual({
      kind: 'refused',
      code: 'not-unknown',
    });
    expect((await store.read(lost.id))?.approval).toMatchObject({ state: 'done', attempt: 'worker' });
  });

  it.each(['lose-response', 'lose-and-retry'] as const)(
    proves('oversight.race', 'whose response was lost (%s) knows its own write again'),
    async (fault) => {
      await keep(lost);
      store.faults.fault = ({ name }) => (name === 'replace' ? fault : 'none');
      expect(await createSubject().resolve(dave, done)).toEqual({ kind: 'resolved' });
      expect(await stateNow()).toBe('done');
    },
  );

  it('is not told while nobody knows what stands', async () => {
    await keep(lost);
    const reads = { count: 0 };
    store.faults.fault = ({ name }) => {
      if (name === 'replace') return 'fail-before';
      return name === 'read' && ++reads.count > 1 ? 'fail-before' : 'none';
    };
    expect(await createSubject().resolve(dave, done)).toEqual({ kind: 'refused', code: 'unavailable' });
  });
});
