/**
 * Many at once on the whole stack: three instances behind one port that take turns, two people of finance who decide the
 * same requests at the same moment, and an upstream that counts what reaches it. What the records say is what happened.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTranscripts, type RecordLine } from '../adversarial/support/transcript.ts';
import { type BenchConfig, makeBenchConfig } from '../bench/config.ts';
import { proves } from '../requirements.ts';
import { idOf, rpc } from './support/held-calls.ts';
import { answerResult, type RecordingUpstream, startRecordingUpstream } from './support/recording-upstream.ts';
import { directoryWithFrank } from './support/second-approver.ts';
import { appDir, type RunningStack, startBuiltStack } from './support/stack.ts';
import { callText, post, type Sent } from './support/tools.ts';

const APPROVED_TWICE = 50;
const CONTESTED = 20;
const PATIENCE = { timeout: 120_000, interval: 250 };
const ENDS = new Set(['done', 'denied', 'cancelled']);

interface HeldCall {
  readonly payment: string;
  readonly id: string;
  readonly evidence: string;
}

interface View {
  readonly state: string;
  readonly evidence: string;
  readonly decisions: readonly unknown[];
}

let upstream: RecordingUpstream;
let config: BenchConfig;
let stack: RunningStack;
let alice: string;
let people: { readonly bob: string; readonly frank: string };

beforeAll(async () => {
  [upstream, config] = await Promise.all([startRecordingUpstream(), makeBenchConfig(appDir)]);
  const { configDir } = config;
  stack = await startBuiltStack({
    instances: 3,
    configDir,
    directory: directoryWithFrank,
    env: { CRM_URL: upstream.url },
  });
  const forApi = (user: string) => stack.token({ user, agent: 'cli', scope: 'Sallyport.Manage' });
  const [own, bob, frank] = await Promise.all([stack.token({ user: 'alice' }), forApi('bob'), forApi('frank')]);
  alice = own;
  people = { bob, frank };
});
afterAll(async () => {
  await stack?.stop();
  await Promise.all([upstream?.stop(), config?.remove()]);
});

describe('three instances at once', () => {
  it(proves('hold.race', 'open one request for a call that all of them get at the same moment'), async () => {
    const held = await Promise.all(Array.from({ length: 12 }, () => refund('P-1')));
    const ids = new Set(held.map(idOf));
    expect(ids.size).toBe(1);

    const records = await openTranscripts(stack).all();
    const standing = records.filter(({ approval }) => ids.has(String(approval)));
    expect(eventsOf(standing).filter((event) => event === 'held')).toHaveLength(1);
    expect(eventsOf(standing).filter((event) => event === 'joined')).toHaveLength(11);
    expect(new Set(standing.map(writerOf)).size).toBe(3);
    expect(await waiting()).toEqual([...ids]);
    expect(executions('P-1')).toBe(0);
    await decide(people.bob, await look('P-1', [...ids][0] ?? ''), 'deny');
  }, 180_000);

  it(proves(
    'release.race',
    `run each of ${APPROVED_TWICE} calls once when two people approve each at the same moment`,
  ), async () => {
    const held = await holdMany('A', APPROVED_TWICE);
    const answers = await Promise.all(
      held.map((call) => Promise.all([decide(people.bob, call, 'approve'), decide(people.frank, call, 'approve')])),
    );
    for (const pair of answers) {
      // Whoever came after the end is told so; whoever came before it was heard.
      expect(pair).toContain(202);
      for (const status of pair) expect([202, 409]).toContain(status);
    }
    await vi.waitFor(async () => {
      const states = (await Promise.all(held.map(see))).map(({ state }) => state);
      expect(tally(states)).toEqual({ done: APPROVED_TWICE });
    }, PATIENCE);

    expect(held.map(({ payment }) => executions(payment))).toEqual(held.map(() => 1));
    const transcripts = openTranscripts(stack);
    const records = await transcripts.all();
    for (const { id } of held) expect(runOf(records, id)).toEqual({ intents: 1, outcomes: ['answered'] });
    const pairs = held.map(({ id }) => new Set(decisionsOf(records, id).map(writerOf)).size);
    // The point of it: they were heard by different instances.
    expect(pairs.filter((writers) => writers > 1).length).toBeGreaterThan(0);
    expect((await transcripts.verify()).report.state).toBe('intact');
  }, 180_000);

  it(proves(
    'release.race',
    'run a call that one approves while another denies once or not at all, as its records say',
  ), async () => {
    const held = await holdMany('C', CONTESTED);
    const answers = await Promise.all(
      held.map((call, index) => {
        const [first, second] = index % 2 === 0 ? (['approve', 'deny'] as const) : (['deny', 'approve'] as const);
        return Promise.all([decide(people.bob, call, first), decide(people.frank, call, second)]);
      }),
    );
    for (const pair of answers) expect(pair).toContain(202);
    await vi.waitFor(async () => {
      const states = (await Promise.all(held.map(see))).map(({ state }) => state);
      for (const state of states) expect(ENDS).toContain(state);
    }, PATIENCE);

    const transcripts = openTranscripts(stack);
    const records = await transcripts.all();
    for (const call of held) {
      const { state } = await see(call);
      const ran = state === 'done';
      expect(executions(call.payment)).toBe(ran ? 1 : 0);
      expect(runOf(records, call.id)).toEqual({ intents: ran ? 1 : 0, outcomes: ran ? ['answered'] : [] });
      const events = eventsOf(records.filter(({ approval }) => approval === call.id));
      // A denial that came before the release is why it never ran, and is on record as such.
      expect(events.includes('denied') || events.includes('cancelled')).toBe(!ran);
      if (ran) expect(events).toContain('approved');
      const collected = rpc(await refund(call.payment)).result;
      if (ran) expect(JSON.stringify(collected)).toContain(`refunded ${call.payment}`);
      else expect(JSON.stringify(collected)).not.toContain('refunded');
    }
    expect((await transcripts.verify()).report.state).toBe('intact');
  }, 180_000);
});

function refund(payment: string): Promise<Sent> {
  return post(
    `${stack.url}/mcp/crm`,
    alice,
    callText('refund_payment', JSON.stringify({ payment_id: payment, amount: 600 })),
  );
}

async function holdMany(series: string, count: number): Promise<HeldCall[]> {
  upstream.script = (arrived, response) => {
    const text = `refunded ${/"payment_id":"([^"]+)"/.exec(arrived.body)?.[1]}`;
    return answerResult({ content: [{ type: 'text', text }] })(arrived, response);
  };
  const payments = Array.from({ length: count }, (_, index) => `P-${series}${index + 1}`);
  const held = await Promise.all(payments.map(async (payment) => look(payment, idOf(await refund(payment)))));
  expect(new Set(held.map(({ id }) => id)).size).toBe(count);
  expect(payments.map(executions)).toEqual(payments.map(() => 0));
  return held;
}

async function look(payment: string, id: string): Promise<HeldCall> {
  const { evidence } = await see({ id });
  return { payment, id, evidence };
}

async function see({ id }: Pick<HeldCall, 'id'>): Promise<View> {
  const response = await fetch(`${stack.url}/api/approvals/${id}`, {
    headers: { authorization: `Bearer ${people.bob}` },
  });
  return (await response.json()) as View;
}

async function waiting(): Promise<string[]> {
  const response = await fetch(`${stack.url}/api/approvals`, { headers: { authorization: `Bearer ${people.bob}` } });
  const { approvals } = (await response.json()) as { readonly approvals: readonly { readonly id: string }[] };
  return approvals.map(({ id }) => id);
}

/** The answer's status. */
async function decide(token: string, { id, evidence }: HeldCall, verdict: 'approve' | 'deny'): Promise<number> {
  const response = await fetch(`${stack.url}/api/approvals/${id}/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ verdict, reason: `I ${verdict} it`, evidence }),
  });
  await response.text();
  return response.status;
}

/** How often this refund reached the upstream. */
function executions(payment: string): number {
  return upstream.arrived.filter(
    ({ body }) => body.includes('"method":"tools/call"') && body.includes(`"payment_id":"${payment}"`),
  ).length;
}

function runOf(records: readonly RecordLine[], id: string) {
  const intents = records.filter(({ kind, approval }) => kind === 'intent' && approval === id);
  const callIds = new Set(intents.map(({ call }) => (call as { readonly id: string }).id));
  const outcomes = records.filter(({ kind, callId }) => kind === 'outcome' && callIds.has(String(callId)));
  return { intents: intents.length, outcomes: outcomes.map(({ status }) => status) };
}

function decisionsOf(records: readonly RecordLine[], id: string): RecordLine[] {
  return records.filter(
    ({ approval, event }) => approval === id && (event === 'decided' || event === 'decision-refused'),
  );
}

function eventsOf(records: readonly RecordLine[]): unknown[] {
  return records.filter(({ kind }) => kind === 'approval').map(({ event }) => event);
}

/** Each instance writes segments of its own. */
function writerOf({ blob }: RecordLine): string {
  return /\/([0-9a-f]{32})-\d+\.jsonl$/.exec(blob)?.[1] ?? '';
}

function tally(states: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(states, (state) => state)].map(([state, all]) => [state, all.length]));
}
