/** `infra/entra/register.ts` against the Graph stand-in, over the wire: what it asks, in which order, and what comes of it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { runRegister } from '../../infra/entra/register.ts';
import { sampleId } from '../../infra/local/entra/directory.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { type Graph, startGraph } from '../../infra/local/graph/start.ts';
import { proves } from '../requirements.ts';
import { startSampleEntra } from './entra-client.ts';

const IDENTITY = sampleId('d3');
const FLOW = sampleId('d6');
const VS_CODE = 'aebc6443-996d-45c2-90f0-388ff96faa56';
const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
const ALL = [
  ...['--public-url', 'https://gateway.example.com', '--servers', 'crm,erp'],
  ...['--identity', IDENTITY, '--flow-identity', FLOW, '--vs-code', '--azure-cli'],
];
const GRAPH = 'https://graph.microsoft.com';

let entra: Entra;
let graph: Graph;
/** What was sent to Graph but reads, oldest first: `METHOD path`, and the body. */
let sent: { readonly request: string; readonly body: unknown; readonly prefer: string | null }[];
let pauses: number[];

beforeAll(async () => {
  entra = await startSampleEntra();
});
afterAll(() => entra.stop());
beforeEach(async () => {
  graph = await startGraph({ port: 0, keysUrl: entra.keysUrl });
  [sent, pauses] = [[], []];
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', async (target: URL | string, init: RequestInit = {}) => {
    const url = new URL(String(target));
    const { method = 'GET' } = init;
    if (url.origin === graph.url && method !== 'GET') {
      const body: unknown = JSON.parse(String(init.body));
      sent.push({ request: `${method} ${url.pathname}`, body, prefer: new Headers(init.headers).get('prefer') });
    }
    return real(target, init);
  });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await graph.stop();
});

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

async function run(flags: readonly string[], audience = GRAPH): Promise<Run> {
  const lines = { log: [] as string[], error: [] as string[] };
  for (const name of ['log', 'error'] as const) {
    vi.spyOn(console, name).mockImplementation((text: unknown) => void lines[name].push(String(text)));
  }
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  process.exitCode = undefined;
  const credential = async () => ({
    getToken: async () => ({
      token: await entra.issueToken({ user: 'dave', audience, version: 1 }),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  });
  const pause = async (ms: number) => void pauses.push(ms);
  const where = ['--graph', graph.url, '--authority', entra.url];
  await runRegister(['node', 'register', ...where, ...flags], { credential, pause });
  return { stdout: lines.log.join('\n'), stderr: lines.error.join('\n'), code: Number(process.exitCode ?? 0) };
}

const registrationSchema = z.looseObject({
  tenantId: z.string(),
  clientId: z.string(),
  objectId: z.string(),
  servicePrincipalId: z.string(),
  scopes: z.record(z.string(), z.string()),
  roles: z.record(z.string(), z.string()),
  changes: z.array(z.object({ what: z.string() })),
  drift: z.array(z.string()),
});

async function register(flags: readonly string[] = ALL) {
  const { stdout, stderr, code } = await run([...flags, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return registrationSchema.parse(JSON.parse(stdout));
}

async function ask(path: string): Promise<unknown> {
  const authorization = `Bearer ${await entra.issueToken({ user: 'dave', audience: GRAPH, version: 1 })}`;
  const response = await fetch(`${graph.url}/v1.0/${path}`, { headers: { authorization } });
  return response.json();
}

/** As somebody else would, in the portal. */
async function change(path: string, body: unknown): Promise<void> {
  const authorization = `Bearer ${await entra.issueToken({ user: 'dave', audience: GRAPH, version: 1 })}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const response = await fetch(`${graph.url}/v1.0/${path}`, { method: 'PATCH', headers, body: JSON.stringify(body) });
  expect(response.status).toBe(204);
}

const requests = () => sent.map(({ request, body }) => `${request} ${Object.keys(body as object).join(' ')}`);

describe('the registration', () => {
  it(proves('entra.register', 'is made by these requests, in this order'), async () => {
    const { objectId, clientId, servicePrincipalId } = await register();
    const app = `PATCH /v1.0/applications/${objectId}`;
    expect(requests()).toEqual([
      "PATCH /v1.0/applications(uniqueName='sallyport-sallyport') displayName signInAudience",
      `${app} api`,
      `${app} identifierUris`,
      `${app} api`,
      `${app} appRoles`,
      `${app} api`,
      `${app} web`,
      `${app} groupMembershipClaims optionalClaims`,
      `POST /v1.0/applications/${objectId}/federatedIdentityCredentials name issuer subject audiences`,
      `PATCH /v1.0/servicePrincipals(appId='${clientId}') appId`,
      `POST /v1.0/servicePrincipals/${IDENTITY}/appRoleAssignments principalId resourceId appRoleId`,
      `POST /v1.0/servicePrincipals/${IDENTITY}/appRoleAssignments principalId resourceId appRoleId`,
      `POST /v1.0/servicePrincipals/${FLOW}/appRoleAssignments principalId resourceId appRoleId`,
    ]);
    expect(sent[1]?.body).toEqual({ api: { requestedAccessTokenVersion: 2 } });
    expect(sent.filter(({ prefer }) => prefer === 'create-if-missing')).toHaveLength(2);
    expect(sent.at(-1)?.body).toMatchObject({ resourceId: servicePrincipalId });
  });

  it(proves('entra.register', 'has all that the gateway, its pages, its agents and the workflow need'), async () => {
    const { objectId, clientId, scopes, roles, tenantId } = await register();
    expect(tenantId).toBe(entra.tenantId);
    expect(await ask(`applications/${objectId}`)).toMatchObject({
      displayName: 'Sallyport',
      signInAudience: 'AzureADMyOrg',
      api: {
        requestedAccessTokenVersion: 2,
        preAuthorizedApplications: [
          { appId: VS_CODE, delegatedPermissionIds: [scopes['Mcp.Invoke']] },
          { appId: AZURE_CLI, delegatedPermissionIds: [scopes['Sallyport.Manage']] },
        ],
      },
      identifierUris: [
        `api://${clientId}`,
        'https://gateway.example.com/api',
        'https://gateway.example.com/mcp/crm',
        'https://gateway.example.com/mcp/erp',
      ],
      web: { redirectUris: ['https://gateway.example.com/ui/sign-in/callback'] },
      groupMembershipClaims: 'SecurityGroup',
      optionalClaims: {
        accessToken: [{ name: 'acct' }, { name: 'groups' }, { name: 'idtyp' }],
        idToken: [{ name: 'acct' }, { name: 'groups' }],
      },
      passwordCredentials: [],
    });
    expect(Object.keys(roles)).toEqual(['Mcp.Invoke.All', 'Sallyport.Manage.All', 'Approvals.Respond']);
    expect(await ask(`applications/${objectId}/federatedIdentityCredentials`)).toMatchObject({
      value: [{ issuer: entra.issuer, subject: IDENTITY, audiences: ['api://AzureADTokenExchange'] }],
    });
    expect(await ask(`servicePrincipals/${FLOW}/appRoleAssignments`)).toMatchObject({
      value: [{ appRoleId: roles['Approvals.Respond'] }],
    });
    expect(await ask(`servicePrincipals/${IDENTITY}/appRoleAssignments`)).toMatchObject({ value: [{}, {}] });
  });

  it(proves('entra.idempotent', 'is left as it is by a second run, which says so'), async () => {
    const first = await register();
    sent.length = 0;
    const { stdout } = await run(ALL);
    expect(stdout).toMatch(/^nothing to change\n/);
    expect(sent).toEqual([]);
    expect(await register()).toEqual({ ...first, changes: [] });
  });

  it(proves('entra.idempotent', 'is begun before there is an address, and finished with the same ids'), async () => {
    const first = await register(['--servers', 'crm']);
    expect(first.changes.map(({ what }) => what)).not.toContainEqual(expect.stringContaining('redirect'));
    const second = await register();
    expect(second).toMatchObject({ clientId: first.clientId, scopes: first.scopes, roles: first.roles });
    const named = await register([...ALL, '--client-id', first.clientId]);
    expect(named).toMatchObject({ objectId: first.objectId, changes: [] });
  });

  it(proves('entra.idempotent', 'gets a new server, and another identity in the place of the old one'), async () => {
    const { objectId } = await register();
    const other = sampleId('d2');
    const again = [...ALL.slice(0, 3), 'crm,erp,hr', '--identity', other];
    const { changes } = await register(again);
    expect(changes.map(({ what }) => what)).toEqual([
      'identifier URIs https://gateway.example.com/mcp/hr',
      `trust in the gateway’s identity, in the place of ${IDENTITY}`,
      `permission of Microsoft Graph GroupMember.Read.All for ${other}`,
      `permission of Microsoft Graph User.Read.All for ${other}`,
    ]);
    expect(await ask(`applications/${objectId}/federatedIdentityCredentials`)).toMatchObject({
      value: [{ subject: other }],
    });
  });

  it(proves('entra.idempotent', 'shows what somebody else made of it, and leaves it'), async () => {
    const { objectId } = await register([...ALL, '--graph-permission', 'Directory.ReadWrite.All']);
    await change(`applications/${objectId}`, { passwordCredentials: [{ displayName: 'by hand' }] });
    await change(`applications/${objectId}`, {
      web: { redirectUris: ['https://gateway.example.com/ui/sign-in/callback', 'https://evil.example/'] },
    });
    const { changes, drift } = await register(ALL.filter((flag) => flag !== '--flow-identity' && flag !== FLOW));
    expect(changes).toEqual([]);
    expect(drift).toEqual([
      'it has a client secret, which the gateway does not use: remove it',
      'another redirect URI: https://evil.example/',
      'the gateway’s identity has Directory.ReadWrite.All of Microsoft Graph, which it does not need',
      `${FLOW} has the role Approvals.Respond: the gateway takes it only of the workflow that it names`,
    ]);
  });

  it(proves('entra.register', 'is only spoken of in a dry run: each request, as it would be made'), async () => {
    const { stdout, code } = await run([...ALL, '--dry-run']);
    expect([code, sent]).toEqual([0, []]);
    expect(stdout).toContain("PATCH /v1.0/applications(uniqueName='sallyport-sallyport')");
    expect(stdout).toContain('PATCH /v1.0/applications/{object id}');
    expect(stdout).toContain('"requestedAccessTokenVersion": 2');
    expect(stdout).toContain(`POST /v1.0/servicePrincipals/${FLOW}/appRoleAssignments`);
    const spoken = stdout.match(/^ {2}(PATCH|POST) /gm)?.length;
    await register();
    expect(sent).toHaveLength(spoken ?? 0);
  });

  it.each(Array.from({ length: 13 }, (_, index) => index))(
    proves('entra.idempotent', 'is gone on from where request %i failed, without or with its effect'),
    async (index) => {
      for (const when of ['before', 'after'] as const) {
        await graph.stop();
        graph = await startGraph({ port: 0, keysUrl: entra.keysUrl });
        await register(ALL);
        const whole = sent.splice(0).map(({ request }) => request.split(/[/(']/)[2]);
        await graph.stop();
        graph = await startGraph({ port: 0, keysUrl: entra.keysUrl });
        let writes = -1;
        const through = globalThis.fetch;
        vi.stubGlobal('fetch', async (target: URL | string, init: RequestInit = {}) => {
          if (init.method === 'PATCH' || init.method === 'POST') writes += 1;
          if (writes === index && init.method !== 'GET') graph.faults.add({ does: 'drop', when, times: 1 });
          return through(target, init);
        });
        const { code, stderr } = await run(ALL);
        expect(code).toBe(2);
        expect(stderr).toMatch(/it may have taken effect: run it again/);
        vi.stubGlobal('fetch', through);
        graph.faults.clear();
        await register();
        // The one that failed is asked for again where it had no effect, and no other is asked for twice.
        const asked = sent.splice(0).map(({ request }) => request.split(/[/(']/)[2]);
        expect(asked).toHaveLength(whole.length + (when === 'before' ? 1 : 0));
        const { changes } = await register();
        expect(changes).toEqual([]);
        sent.length = 0;
      }
    },
  );

  it('waits out throttling, and for what was just made to be seen', async () => {
    graph.faults.add({ method: 'PATCH', does: 'fail', status: 429, retryAfterSeconds: 3 });
    graph.faults.add({ method: 'PATCH', path: '/applications/[0-9a-f-]+$', does: 'fail', status: 404, times: 2 });
    await register();
    expect(pauses).toEqual([3_000, 1_000, 2_000]);
  });

  it('gives up on what Graph refuses, in Graph’s words', async () => {
    await register(['--name', 'Other', '--public-url', 'https://gateway.example.com', '--servers', 'crm']);
    const { code, stderr } = await run(ALL);
    expect(code).toBe(2);
    expect(stderr).toMatch(/identifier URIs .* answered 400 .*Another object with the same value/);
    expect(stderr).toContain('run it again, and it goes on from there');
  });

  it.each<[string, string[], RegExp]>([
    [
      'an address with a path',
      ['--public-url', 'https://x.example/mcp', '--servers', 'crm'],
      /--public-url is an address without a path/,
    ],
    ['an address in the open', ['--public-url', 'http://x.example', '--servers', 'crm'], /--public-url/],
    ['an address without servers', ['--public-url', 'https://x.example'], /needs --servers/],
    ['a server that is none', ['--servers', 'crm,../x'], /no name of a server/],
    ['an id that is none', ['--identity', 'me'], /me is no id/],
    ['one client for both', ['--client', AZURE_CLI, '--azure-cli'], /opens neither/],
    ['one identity for both', ['--identity', FLOW, '--flow-identity', FLOW], /an identity of its own/],
    ['an unknown registration', ['--client-id', sampleId('99')], /there is no app registration/],
    [
      'an unknown permission',
      ['--identity', IDENTITY, '--graph-permission', 'All.All'],
      /no permission of Microsoft Graph called All.All/,
    ],
  ])('says what is wrong with %s', async (_what, flags, expected) => {
    const { code, stderr } = await run(flags);
    expect(code).toBe(2);
    expect(stderr).toMatch(expected);
  });

  it('needs a token for Graph', async () => {
    expect(await run(ALL, 'https://vault.azure.net')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('401'),
    });
  });
});
