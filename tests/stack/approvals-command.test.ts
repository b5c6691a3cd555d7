/** `sallyport approvals`, as processes, over HTTP, with tokens of the Entra stand-in; the inbox keeps what it is told. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approvalRoutes } from '../../shared/api/routes/approvals.ts';
import type { ApprovalView, DecisionInput, Inbox, Person } from '../../shared/approvals/inbox.ts';
import type { HttpAnswer, HttpCall } from '../../shared/mcp/http.ts';
import { proves } from '../requirements.ts';
import { APPROVAL, CODE, view } from '../unit/api/api-scene.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { runSallyport } from './sallyport-process.ts';

const EVIL = '\u001b[2J\u202eliar';
const OTHER = `k1-${'c'.repeat(32)}-1-${'d'.repeat(12)}`;

/** For finance only; one decision ends it. */
function createFinanceInbox() {
  const decided: { readonly person: Person; readonly input: DecisionInput }[] = [];
  const shown: ApprovalView[] = [];
  const mayDecide = ({ groups }: Person): boolean => groups.includes('finance');
  const find = (id: string): ApprovalView | undefined => shown.find((each) => each.id === id);
  const inbox: Inbox = {
    async list(person, limit) {
      const pending = mayDecide(person) ? shown.filter(({ state }) => state === 'pending') : [];
      return { approvals: pending.slice(0, limit), total: pending.length };
    },
    show: async (person, id) => (mayDecide(person) ? find(id) : undefined),
    find: async (person, id) => (mayDecide(person) ? find(id) : undefined),
    async decide(person, input) {
      const found = find(input.approval);
      if (!found || !mayDecide(person)) return { kind: 'refused', code: 'not-found', text: 'Not there.' };
      if (input.evidence !== found.evidence) return { kind: 'refused', code: 'changed', text: `It changed. ${EVIL}` };
      decided.push({ person, input });
      return { kind: 'taken', verdict: input.verdict, isRepeat: decided.length > 1 };
    },
    findByCode: async (code) => shown.filter((each) => each.code === code).map(({ id }) => id),
  };
  return { inbox, decided, shown };
}

const scene = createFinanceInbox();
let server: ApiServer;
let api: (call: HttpCall) => Promise<HttpAnswer>;
beforeAll(async () => {
  server = await startApiServer([approvalRoutes(scene.inbox)]);
  api = server.answer;
});
beforeEach(() => {
  server.answer = api;
  scene.decided.length = 0;
  scene.shown.splice(0, Number.POSITIVE_INFINITY, { ...view, justification: EVIL });
});
afterAll(() => server?.stop());

/** What stands in the place of the Azure CLI: it keeps what it is asked, and gives this token or says that nobody is. */
async function createFakeAz(token?: string): Promise<string> {
  const answer = JSON.stringify({ accessToken: token, expires_on: Math.floor(Date.now() / 1_000) + 300, tenant: 't' });
  const script = token === undefined ? 'echo "Please run az login" >&2; exit 1' : `echo '${answer}'`;
  const folder = join(server.data, `az-${token === undefined ? 'out' : 'in'}`);
  await mkdir(folder);
  await writeFile(join(folder, 'az'), `#!/bin/sh\necho "$@" > ${folder}/asked\n${script}\n`, { mode: 0o755 });
  return folder;
}

const run = (...args: string[]) => runSallyport(['approvals', ...args]);
const as = (user: string): string[] => ['--local', '--data', server.data, '--user', user];

describe('sallyport approvals', () => {
  it(proves('cli.approvals', 'lists what waits for the person, and for nobody else'), async () => {
    const [bob, alice] = await Promise.all([run('list', ...as('bob')), run('list', ...as('alice'))]);
    expect(bob).toMatchObject({ code: 0, stderr: '' });
    expect(bob.stdout).toMatch(/^K7Q2M9 {2}crm\/refund_payment {2}by alice@sallyport\.example {2}through Assistant/);
    expect(alice).toEqual({ code: 0, stdout: 'nothing waits for you\n', stderr: '' });
  });

  it(proves('cli.approvals', 'shows a call by its short code or its id'), async () => {
    const [byCode, byId, json] = await Promise.all([
      run('show', 'k7q2-m9', ...as('bob')),
      run('show', APPROVAL, ...as('bob')),
      run('show', APPROVAL, '--json', ...as('bob')),
    ]);
    expect(byCode).toEqual(byId);
    expect(byCode.stdout).toContain(`  id            ${APPROVAL}`);
    expect(JSON.parse(json.stdout)).toMatchObject({ id: APPROVAL, arguments: { card: '[card]' }, mayDecide: true });
  });

  it(proves('cli.untrusted-text', 'prints nothing that a terminal would obey, as JSON neither'), async () => {
    const outputs = await Promise.all([run('show', CODE, ...as('bob')), run('list', '--json', ...as('bob'))]);
    for (const { stdout } of outputs) expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(outputs[1]?.stdout ?? '')).toMatchObject({ approvals: [{ justification: EVIL }] });
  });

  it(proves('cli.approvals', 'approves what it has shown'), async () => {
    const { code, stdout } = await run('approve', CODE, '--reason', 'Checked', ...as('bob'));
    expect({ code, said: stdout.trimEnd().split('\n').at(-1) }).toEqual({
      code: 0,
      said: 'approve: taken, and applied soon',
    });
    expect(stdout).toContain('"card": "[card]"');
    expect(scene.decided).toEqual([
      {
        person: expect.objectContaining({
          principal: expect.objectContaining({ id: '5a11e000-0000-4000-8000-0000000000b2' }),
          agent: { id: '5a11e000-0000-4000-8000-0000000000c5' },
        }),
        input: { approval: APPROVAL, verdict: 'approve', reason: 'Checked', evidence: 'evidence-1' },
      },
    ]);
  });

  it(proves('cli.approvals', 'denies with a reason, and says when it was said before'), async () => {
    const first = await run('deny', APPROVAL, '--reason', 'Not owed', '--json', ...as('bob'));
    const again = await run('deny', APPROVAL, '--reason', 'Not owed', ...as('bob'));
    expect(JSON.parse(first.stdout)).toEqual({
      approval: APPROVAL,
      verdict: 'deny',
      repeated: false,
    });
    expect(again.stdout).toContain('deny: you had said so before');
    expect(scene.decided[0]?.input).toMatchObject({ verdict: 'deny', reason: 'Not owed' });
  });

  it(proves('cli.approvals', 'exits with 1 where the gateway says no, and decides nothing'), async () => {
    const changed = scene.inbox.show;
    const [foreign, unknown] = await Promise.all([
      run('show', APPROVAL, ...as('alice')),
      run('approve', 'ZZZZZZ', ...as('bob')),
    ]);
    expect(foreign).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no such approval, or it is not for you.\n',
    });
    expect(unknown).toEqual({ code: 1, stdout: '', stderr: 'There is no approval ZZZZZZ, or it is not for you.\n' });

    scene.inbox.show = async (person, id) => {
      const seen = await changed(person, id);
      return seen && { ...seen, evidence: 'older' };
    };
    const late = await run('approve', APPROVAL, '--json', ...as('bob'));
    scene.inbox.show = changed;
    expect(late).toEqual({ code: 1, stdout: '', stderr: 'It changed. \\u{1b}[2J\\u{202e}liar\n' });

    scene.shown.splice(0, 1, { ...view, mayDecide: false, whyNot: 'It is your own request.' });
    const own = await run('approve', CODE, ...as('bob'));
    expect(own).toMatchObject({ code: 1, stderr: 'It is your own request.\n' });
    expect(scene.decided).toEqual([]);
  });

  it(proves('cli.approvals', 'asks for the id where several share a code'), async () => {
    scene.shown.push({ ...view, id: OTHER });
    const { code, stderr } = await run('approve', CODE, ...as('bob'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `several have this code, name one by its id:\n${APPROVAL}\n${OTHER}\n`,
    });
    expect(scene.decided).toEqual([]);
  });

  it.each<readonly [string, string[], RegExp]>([
    ['no gateway', ['list'], /^say which gateway: --url GATEWAY, or --local\n$/],
    ['two gateways', ['list', '--local', '--url', 'https://gateway.example.com'], /^say which gateway/],
    ['nobody', ['list', '--local'], /^--local needs --user/],
    [
      'somebody at a remote gateway',
      ['list', '--url', 'https://gateway.example.com', '--user', 'bob'],
      /^--user belongs/,
    ],
    ['a remote gateway without TLS', ['list', '--url', 'http://gateway.example.com'], /^--url must be https/],
    ['a path', ['list', '--url', 'https://gateway.example.com/mcp'], /^--url is the gateway’s address/],
    ['a denial without a reason', ['deny', APPROVAL, '--local'], /--reason/],
    ['a reason too long', ['approve', APPROVAL, '--local', '--reason', 'x'.repeat(501)], /^--reason: at most 500/],
    [
      'a variable that is not set',
      ['list', '--url', 'https://gateway.example.com', '--token-env', 'NO_TOKEN'],
      /^NO_TOKEN is not set/,
    ],
    ['no limit', ['list', '--local', '--limit', 'all'], /^--limit must be a number/],
  ])(proves('cli.approvals', 'exits with 2 on %s'), async (_name, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it(proves('cli.approvals', 'takes a token of a variable for --url'), async () => {
    const token = await server.entra.issueToken({ user: 'bob', agent: 'cli' });
    const args = ['approvals', 'list', '--json', '--url', server.url, '--token-env', 'BOBS_TOKEN'];
    const { code, stdout } = await runSallyport(args, { BOBS_TOKEN: token });
    expect({ code, listed: JSON.parse(stdout) }).toMatchObject({ code: 0, listed: { total: 1 } });
  });

  it(proves('cli.approvals', 'takes the sign-in of az, and asks it for a token of that gateway alone'), async () => {
    const token = await server.entra.issueToken({ user: 'bob', agent: 'cli' });
    const folder = await createFakeAz(token);
    const args = ['approvals', 'list', '--json', '--url', `${server.url}/`];
    const { code, stdout } = await runSallyport(args, { PATH: `${folder}:${process.env.PATH}` });
    expect({ code, listed: JSON.parse(stdout) }).toMatchObject({ code: 0, listed: { total: 1 } });
    const asked = await readFile(join(folder, 'asked'), 'utf8');
    expect(asked).toMatch(/^account get-access-token /);
    expect(asked.trim().split(' ')).toContain(`${server.url}/api`);
  });

  it(proves('cli.approvals', 'says how to sign in where nobody is'), async () => {
    const folder = await createFakeAz();
    const { code, stdout, stderr } = await runSallyport(['approvals', 'list', '--url', server.url], { PATH: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`there is no token for ${server.url}/api: az login --scope ${server.url}/api/.default`);
  });

  it(proves('cli.approvals', 'says in a line what the token lacks'), async () => {
    const token = await server.entra.issueToken({ user: 'bob' });
    const args = ['approvals', 'approve', APPROVAL, '--url', server.url, '--token-env', 'BOBS_TOKEN'];
    const { code, stderr } = await runSallyport(args, { BOBS_TOKEN: token });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `The token is not for ${server.url}/api/Sallyport.Manage.\n` });
    expect(scene.decided).toEqual([]);
  });
});

describe('a gateway that is none', () => {
  const json = { 'content-type': 'application/json' };

  it.each<readonly [string, HttpAnswer, string]>([
    ['answers otherwise', { status: 200, headers: json, body: '{"approvals":1}' }, 'was answered with something else'],
    ['answers no JSON', { status: 502, headers: {}, body: '<html>' }, 'answered 502'],
    ['sends elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'got no answer'],
  ])(proves('cli.approvals', 'that %s makes it exit with 2'), async (_name, answer, message) => {
    server.answer = async () => answer;
    const { code, stdout, stderr } = await run('list', ...as('bob'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it('that takes a decision and loses the answer: it says that it may have taken effect', async () => {
    server.answer = async (call) => {
      const answer = await api(call);
      return call.method === 'POST' ? { status: 302, headers: { location: 'http://127.0.0.1:1/' } } : answer;
    };
    const { code, stderr } = await run('approve', CODE, ...as('bob'));
    expect(code).toBe(2);
    expect(stderr).toContain('it may have taken effect, and can be said again');
    expect(scene.decided.length).toBe(1);
  });
});
