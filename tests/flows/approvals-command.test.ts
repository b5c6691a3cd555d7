/**
 * `sallyport approvals` against a real gateway: the whole stack, where bob answers what alice's agent was held for, and
 * the gateway in this process, where a clock can run ahead, for a call whose outcome nobody knows.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeStackFile } from '../../infra/local/stack-file.ts';
import { proves } from '../requirements.ts';
import { type Ended, runSallyport } from '../stack/sallyport-process.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { apiToken, callTool, decide, idOf, recordsOf, stateOf, textOf } from './support/held-calls.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';
import { APPROVING_POLICIES, callText, PAY_TOOL, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

describe('on the whole stack', () => {
  let stack: RunningStack;
  let data: string;
  let alice: string;

  beforeAll(async () => {
    [stack, data] = await Promise.all([startBuiltStack(), mkdtemp(join(tmpdir(), 'sallyport-command-'))]);
    const { url, entra, keyVault, graph, serviceBus, teams, azurite, crm } = stack;
    await writeStackFile(data, {
      ...{ gateway: url, entra: entra.url, keyVault: keyVault.url, graph: graph.url, teams: teams.url, crm: crm.url },
      ...{ serviceBus: serviceBus.url, blob: azurite.blobUrl, table: azurite.tableUrl, queue: azurite.queueUrl },
      pid: process.pid,
    });
    alice = await stack.token({ user: 'alice' });
  }, 60_000);
  afterAll(async () => {
    await stack?.stop();
    await rm(data, { recursive: true, force: true });
  });

  const run = (user: string, ...args: string[]): Promise<Ended> =>
    runSallyport(['approvals', ...args, '--local', '--data', data, '--user', user]);
  const refund = (amount: number) =>
    post(`${stack.url}/mcp/crm`, alice, callText('refund_payment', `{"payment_id":"P-50001","amount":${amount}}`));
  const refunds = (amount: number) => stack.crm.requests.filter(({ body }) => body.includes(`"amount":${amount}`));

  it(proves(
    'cli.approvals',
    'a call that bob lists, sees and approves runs once, and its agent collects it',
  ), async () => {
    const id = idOf(await refund(501));
    const [listed, foreign] = await Promise.all([run('bob', 'list', '--json'), run('alice', 'list')]);
    const { approvals } = JSON.parse(listed.stdout);
    expect(approvals).toMatchObject([{ id, server: 'crm', tool: 'refund_payment' }]);
    expect(foreign.stdout).toBe('nothing waits for you\n');

    const shown = await run('bob', 'show', approvals[0].code);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('A refund over 500 needs the approval of one person from finance.');
    expect(shown.stdout).toContain('  | {\n  |   "payment_id": "P-50001",\n  |   "amount": 501\n  | }');
    expect(refunds(501)).toEqual([]);

    const approved = await run('bob', 'approve', approvals[0].code, '--reason', 'Checked with the customer');
    expect([approved.code, approved.stderr]).toEqual([0, '']);
    await vi.waitFor(async () => expect(textOf(await refund(501))).toContain(`under approval ${id}`), {
      timeout: 20_000,
      interval: 250,
    });
    const seen = await run('bob', 'show', id);
    expect(seen.stdout).toMatch(/state {9}done/);
    expect(seen.stdout).toContain('through api');
    expect(refunds(501)).toHaveLength(1);
  }, 60_000);

  it(proves('cli.approvals', 'a call that bob denies is not made, and its agent hears why'), async () => {
    const id = idOf(await refund(502));
    const own = await run('alice', 'deny', id, '--reason', 'changed my mind');
    expect([own.code, own.stderr]).toEqual([1, 'This is your own request: somebody else has to decide it.\n']);
    expect(await run('bob', 'deny', id, '--reason', 'Not owed')).toMatchObject({ code: 0, stderr: '' });
    await vi.waitFor(async () => expect(textOf(await refund(502))).toContain('Not owed'), {
      timeout: 20_000,
      interval: 250,
    });
    const again = await run('bob', 'approve', id);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('too late')]);
    expect(refunds(502)).toEqual([]);
  }, 60_000);
});

describe('of a call whose outcome nobody knows', () => {
  const LEASE_MS = 270_000;
  let gateway: TestGateway;
  let id: string;
  let alice: string;

  /** Finance approves, and here it runs the gateway too. */
  const POLICIES = `${APPROVING_POLICIES}
@id("finance-administers")
permit (principal in Group::"finance", action == Action::"administer", resource);
`;

  beforeAll(async () => {
    const tools = [READ_TOOL, PAY_TOOL, SECRET_TOOL];
    const yaml = 'limits: { firstByteMs: 500, deadlineMs: 800 }';
    gateway = await startTestGateway({ policies: POLICIES, tools, yaml });
    gateway.graph.groups = 'directory';
    alice = await gateway.token({ user: 'alice', ttlSeconds: 400_000 });
    id = idOf(await callTool(gateway, alice, 'pay', { amount: 900 }));
    await decide(gateway, 'bob', id, { verdict: 'approve', reason: 'checked' });
    gateway.upstream.script = () => undefined;
    await gateway.deliverMessages();
    gateway.ahead = LEASE_MS + 1_000;
    await gateway.sweep();
    expect(stateOf(gateway, id)).toBe('unknown');
  }, 30_000);
  afterAll(() => gateway?.stop());

  async function run(user: string, ...args: string[]): Promise<Ended> {
    const flags = ['--url', new URL(gateway.url).origin, '--token-env', 'SALLYPORT_TEST_TOKEN'];
    return runSallyport(['approvals', ...args, ...flags], { SALLYPORT_TEST_TOKEN: await apiToken(gateway, user) });
  }

  it(proves(
    'oversight.commands',
    'an operator finds it, says what became of it, and the agent hears that',
  ), async () => {
    const [found, hidden] = await Promise.all([run('bob', 'attention'), run('alice', 'attention')]);
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(found.stdout).toMatch(new RegExp(`^${id} {2}crm/pay {2}by alice\\S* {2}unknown {2}unknown outcome\\n$`));
    expect(hidden).toEqual({ code: 0, stdout: 'nothing needs you\n', stderr: '' });

    const own = await run('alice', 'resolve', id, '--as', 'failed', '--reason', 'I say so');
    expect(own).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no such approval, or it is not for you to resolve.\n',
    });
    const resolved = await run('bob', 'resolve', id, '--as', 'failed', '--reason', 'The ledger has no such payment');
    expect(resolved).toEqual({ code: 0, stdout: 'resolved: failed\n', stderr: '' });
    expect(stateOf(gateway, id)).toBe('failed');
    expect(recordsOf(gateway, id).slice(-3)).toMatchObject([
      { event: 'decision-refused', by: { principal: { name: 'alice@sallyport.example' } } },
      { event: 'decided', by: { channel: 'api' }, reason: 'The ledger has no such payment' },
      { event: 'resolved', detail: 'failed' },
    ]);

    const [again, left] = await Promise.all([
      run('bob', 'resolve', id, '--as', 'done', '--reason', 'second thoughts'),
      run('bob', 'attention'),
    ]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('What became of it is known')]);
    expect(left.stdout).toBe('nothing needs you\n');
    // Nothing took effect: the same call is a new request.
    expect(idOf(await callTool(gateway, alice, 'pay', { amount: 900 }))).not.toBe(id);
  }, 60_000);

  it('a wrong command says what is wrong with 2, and asks the gateway nothing', async () => {
    const told = [
      run('bob', 'resolve', 'K7Q2M9', '--as', 'done', '--reason', 'r'),
      run('bob', 'resolve', id, '--as', 'lost', '--reason', 'r'),
      run('bob', 'resolve', id, '--as', 'done', '--reason', ' '),
    ];
    const wrong = [/^name the approval by its id/, /^--as is done or failed/, /^--reason needs/];
    const ended = await Promise.all(told);
    expect(ended).toMatchObject(
      ended.map((_, index) => ({ code: 2, stdout: '', stderr: expect.stringMatching(wrong[index] ?? /^$/) })),
    );
  });
});
