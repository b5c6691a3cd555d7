/** The steps of a held call over the wire, each by the one who takes it: alice's agent asks, bob decides through the API. */
import type { Stack } from '../../infra/local/stack.ts';
import { answerResult, type RecordingUpstream, type Script } from '../flows/support/recording-upstream.ts';
import { callText, post } from '../flows/support/tools.ts';

export interface Held {
  readonly id: string;
  readonly payment: string;
}

export interface HeldCalls {
  /** Makes a call that policy holds, and returns when the agent was told so. */
  hold(payment: string): Promise<Held>;
  /** What the decision sends back; reading it is not part of what is timed. */
  evidenceOf(held: Held): Promise<string>;
  approve(held: Held, evidence: string): Promise<void>;
  /** Returns when the agent has the answer of the call that ran. */
  awaitAnswer(held: Held): Promise<void>;
  /** The same call again, which collects its answer. */
  collect(held: Held): Promise<void>;
  /** As bob; the answer's text. */
  get(path: string): Promise<string>;
  /** When the call itself reached the upstream, `performance.now()`; undefined where it has not. */
  startedMs(payment: string): number | undefined;
  /** Requests that the upstream got, of whatever kind. */
  upstreamRequests(): number;
}

const ANSWER = 'refunded';

export async function createHeldCalls(stack: Stack, upstream: RecordingUpstream): Promise<HeldCalls> {
  const [alice, bob] = await Promise.all([
    stack.entra.issueToken({ user: 'alice' }),
    stack.entra.issueToken({ user: 'bob', agent: 'cli', scope: 'Sallyport.Manage' }),
  ]);
  const started = new Map<string, number>();
  upstream.script = noteStart(started);
  const mcp = `${stack.url}/mcp/crm`;
  const headers = { authorization: `Bearer ${bob}`, 'content-type': 'application/json' };

  async function call(tool: string, args: object): Promise<string> {
    const { status, text } = await post(mcp, alice, callText(tool, JSON.stringify(args)));
    if (status !== 200) throw new Error(`${tool} answered ${status}: ${text}`);
    return text;
  }

  async function get(path: string): Promise<string> {
    const response = await fetch(`${stack.url}${path}`, { headers });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  }

  function demandAnswer(text: string): void {
    if (!text.includes(ANSWER)) throw new Error(`not the answer of the call: ${text}`);
  }

  const refund = (payment: string) => call('refund_payment', { payment_id: payment, amount: 600 });

  return {
    async hold(payment) {
      const text = await refund(payment);
      const id = /"sallyport\/approval":\{"id":"([^"]+)"/.exec(text)?.[1];
      if (id === undefined) throw new Error(`not held: ${text}`);
      return { id, payment };
    },
    async evidenceOf({ id }) {
      const evidence = /"evidence":"([^"]+)"/.exec(await get(`/api/approvals/${id}`))?.[1];
      if (evidence === undefined) throw new Error('a request without evidence');
      return evidence;
    },
    async approve({ id }, evidence) {
      const body = JSON.stringify({ verdict: 'approve', reason: '', evidence });
      const response = await fetch(`${stack.url}/api/approvals/${id}/decisions`, { method: 'POST', headers, body });
      const text = await response.text();
      if (response.status !== 202) throw new Error(`the decision was answered ${response.status}: ${text}`);
    },
    awaitAnswer: async ({ id }) => demandAnswer(await call('sallyport_await_approval', { approval: id })),
    collect: async ({ payment }) => demandAnswer(await refund(payment)),
    get,
    startedMs: (payment) => started.get(payment),
    upstreamRequests: () => upstream.arrived.length,
  };
}

function noteStart(started: Map<string, number>): Script {
  const answer = answerResult({ content: [{ type: 'text', text: ANSWER }] });
  return (arrived, response) => {
    const payment = /"payment_id":"([^"]+)"/.exec(arrived.body)?.[1];
    if (payment !== undefined) started.set(payment, performance.now());
    return answer(arrived, response);
  };
}
