/** Whose token opens the API: over the wire, against the Entra stand-in. The one that lets an agent call never does. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TokenRequest } from '../../infra/local/entra/issue-token.ts';
import { approvalRoutes } from '../../shared/api/routes/approvals.ts';
import { proves } from '../requirements.ts';
import { createInbox, type RecordingInbox } from '../unit/api/api-scene.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

let server: ApiServer;
let inbox: RecordingInbox;
beforeAll(async () => {
  inbox = createInbox();
  server = await startApiServer([approvalRoutes(inbox)]);
});
beforeEach(() => {
  inbox.asked.length = 0;
  server.logged.length = 0;
});
afterAll(() => server?.stop());

async function ask(authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const response = await fetch(`${server.url}/api/approvals`, { headers });
  const { status } = response;
  return { status, challenge: response.headers.get('www-authenticate'), body: await response.json() };
}

const askWith = async (request: TokenRequest) => ask(`Bearer ${await server.entra.issueToken(request)}`);

describe('a token of', () => {
  const manage = { user: 'bob', agent: 'cli' };

  it.each<readonly [string, TokenRequest]>([
    ['the CLI, version 2', manage],
    ['the CLI, version 1', { ...manage, version: 1 }],
    ['any app that was given the scope', { user: 'bob', agent: 'assistant', scope: 'Sallyport.Manage' }],
  ])(proves('api.door', '%s is taken for the person'), async (_name, request) => {
    expect(await askWith(request)).toMatchObject({ status: 200 });
    expect(inbox.asked[0]?.person).toMatchObject({
      principal: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b2' },
      groups: ['finance'],
    });
  });

  it(proves('api.door', 'the API’s own audience is taken'), async () => {
    expect(await askWith({ ...manage, audience: `${server.url}/api` })).toMatchObject({ status: 200 });
  });

  it.each<readonly [string, TokenRequest, number, string]>([
    ['an agent that bob calls through', { user: 'bob' }, 403, 'scope'],
    ['one that opens MCP servers as well', { ...manage, scope: 'Sallyport.Manage Mcp.Invoke' }, 403, 'excess-scope'],
    ['no scope', { ...manage, scope: '' }, 403, 'scope'],
    ['an app by itself', { app: 'reporting-bot' }, 403, 'scope'],
    ['an app by itself that manages', { app: 'reporting-bot', roles: ['Sallyport.Manage.All'] }, 403, 'people-only'],
    [
      'a person with the app’s role only',
      { ...manage, scope: '', claims: { roles: ['Sallyport.Manage.All'] } },
      403,
      'scope',
    ],
    ['another tenant', { ...manage, tenant: '5a11e000-0000-4000-8000-000000000002' }, 401, 'token'],
    ['an MCP server’s audience', { ...manage, audience: 'http://127.0.0.1:7071/mcp/crm' }, 401, 'token'],
    ['another app whose scope has the same name', { ...manage, audience: 'api://another-app' }, 401, 'token'],
    ['yesterday', { ...manage, ttlSeconds: -61 }, 401, 'token'],
    ['nobody’s key', { ...manage, key: 'foreign' }, 401, 'token'],
    ['no signature', { ...manage, alg: 'none' }, 401, 'token'],
  ])(proves('api.door', '%s is refused, and the inbox is not asked'), async (_name, request, status, code) => {
    expect(await askWith(request)).toMatchObject({ status, body: { error: { code } } });
    expect(inbox.asked).toEqual([]);
  });

  it(proves('api.door', 'nobody at all is told which scope it takes'), async () => {
    expect(await ask()).toMatchObject({
      status: 401,
      challenge: `Bearer scope="${server.url}/api/Sallyport.Manage"`,
      body: { error: { code: 'no-token' } },
    });
  });

  it('a bad token is told nothing of why; the log knows', async () => {
    const answer = await askWith({ ...manage, ttlSeconds: -61 });
    expect(answer.challenge).toBe(`Bearer error="invalid_token", scope="${server.url}/api/Sallyport.Manage"`);
    expect(JSON.stringify(answer.body)).not.toContain('exp');
    expect(server.logged).toEqual([expect.stringMatching(/^warn api-refused .*"code":"expired"/)]);
  });
});
