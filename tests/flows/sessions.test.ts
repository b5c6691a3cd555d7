/** Sessions as they come about: agents call, people approve, the sealer runs, and somebody who audits looks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { apiToken, callTool, decide, idOf } from './support/held-calls.ts';
import { APPROVING_POLICIES, PAY_TOOL, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const POLICIES = `${APPROVING_POLICIES}
@id("finance-audits-crm")
permit (principal in Group::"finance", action == Action::"audit", resource == Server::"crm");

@id("tell-why")
@reason("More than 50 needs a reason")
forbid (principal, action == Action::"crm/pay", resource)
when { context.args.amount > 50 }
unless { context has justification };
`;

describe('sessions', () => {
  let gateway: TestGateway;
  let alice: string;

  beforeAll(async () => {
    gateway = await startTestGateway({ tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL], policies: POLICIES });
    gateway.graph.groups = 'directory';
    alice = await gateway.token({ user: 'alice' });
  });
  afterAll(() => gateway?.stop());

  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  async function ask(user: string, path: string): Promise<{ status: number; body: any }> {
    const headers = { authorization: `Bearer ${await apiToken(gateway, user)}` };
    const answer = await fetch(new URL(path, gateway.url), { headers });
    return { status: answer.status, body: await answer.json() };
  }

  it(
    proves('sessions.replay', 'tell of a run, a refusal, a hold, its approval, release and delivery, sealed'),
    async () => {
      await callTool(gateway, alice, 'pay', { amount: 60, sallyport_justification: 'the invoice 4111 1111 1111 1111' });
      await callTool(gateway, alice, 'pay', { amount: -1 });
      const args = { amount: 500, sallyport_justification: 'charged twice' };
      const id = idOf(await callTool(gateway, alice, 'pay', args));
      const decided = await decide(gateway, 'bob', id, { verdict: 'approve', reason: 'checked' });
      expect([decided.status, await decided.text()]).toEqual([202, expect.any(String)]);
      await gateway.deliverMessages();
      await callTool(gateway, alice, 'pay', args);
      await gateway.seal();

      const list = await ask('bob', '/api/sessions?server=crm&tool=pay&decision=hold');
      expect(list.status).toBe(200);
      const [session, ...others] = list.body.sessions;
      expect(others).toEqual([]);
      expect(session).toMatchObject({ server: 'crm', calls: 2, held: 1, refused: 1, unfinished: 0, approvals: [id] });

      const { body } = await ask('bob', `/api/sessions/${session.id}?content=yes`);
      expect(body.proof.state).toBe('sealed');
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const told = body.items.map((item: any) => [
        item.kind,
        item.status ?? item.event,
        item.verdict ?? item.decision?.verdict,
      ]);
      expect(told).toEqual([
        ['call', 'answered', 'allow'],
        ['call', 'refused', 'deny'],
        ['call', 'held', 'hold'],
        // Bob looked at it before he decided.
        ['view', undefined, undefined],
        ['approval', 'decided', 'approve'],
        ['approval', 'approved', undefined],
        ['call', 'answered', 'allow'],
        ['delivery', undefined, undefined],
      ]);
      const [paid, , held, , answered, , released, delivered] = body.items;
      expect(held).toMatchObject({ approval: id, justification: 'charged twice' });
      expect(answered).toMatchObject({
        reason: 'checked',
        by: { principal: { name: expect.stringContaining('bob') } },
      });
      expect(released).toMatchObject({ approval: id, exposure: [], justification: 'charged twice' });
      expect(delivered).toMatchObject({ approval: id, releaseCallId: released.call.id });
      expect(paid.justification).toBe('the invoice [masked:card]');
      expect(JSON.stringify(body)).not.toContain('4111');
    },
  );

  it(proves('sessions.justification', 'stands with a call that ran, and with one that was refused'), async () => {
    await callTool(gateway, alice, 'pay', { amount: 70, sallyport_justification: 'because' });
    await callTool(gateway, alice, 'pay', { amount: -5, sallyport_justification: 'for a refund' });
    const said = gateway
      .records()
      .flatMap(({ kind, justification }) => (justification === undefined ? [] : [[kind, justification]]));
    expect(said).toContainEqual(['intent', 'because']);
    expect(said).toContainEqual(['refusal', 'for a refund']);
  });

  it(
    proves('sessions.read-recorded', 'who looks stands in the transcript of the server that they looked at'),
    async () => {
      await gateway.seal();
      const { body } = await ask('bob', '/api/sessions?person=alice');
      await ask('bob', `/api/sessions/${body.sessions[0].id}`);
      const views = gateway
        .records()
        .filter(
          ({ kind, subject }) => kind === 'view' && (subject === 'person=alice' || subject === body.sessions[0].id),
        );
      expect(views.slice(-2)).toMatchObject([
        { what: 'sessions', by: { principal: { name: expect.stringContaining('bob') }, channel: 'api' }, exposure: [] },
        { what: 'session', by: { channel: 'api' } },
      ]);
      await gateway.seal();
      const looked = await ask('bob', '/api/sessions?person=bob');
      expect(looked.body.sessions[0].counts.views).toBeGreaterThanOrEqual(2);
    },
  );

  it(
    proves('sessions.audit-only', 'are nobody’s who may not audit, nor the gateway’s own for who audits a server'),
    async () => {
      await gateway.seal();
      const { body } = await ask('bob', '/api/sessions');
      const [{ id }] = body.sessions;
      expect((await ask('alice', `/api/sessions/${id}`)).status).toBe(404);
      expect((await ask('alice', '/api/sessions')).status).toBe(404);
      expect((await ask('bob', '/api/sessions?server=_gateway')).status).toBe(404);
      expect(body.sessions.every(({ server }: { server: string }) => server === 'crm')).toBe(true);
    },
  );
});
