/** The Graph stand-in and the app's own client of it, over the wire: a real managed identity, real tokens, real HTTP. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { sampleDirectory, sampleGroups, sampleId } from '../../infra/local/entra/directory.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { type Graph, startGraph } from '../../infra/local/graph/start.ts';
import { createGraphGroupSource } from '../../shared/azure/graph-groups.ts';
import type { Principal } from '../../shared/identity/caller.ts';
import { err, ok } from '../../shared/result.ts';
import { proves } from '../requirements.ts';
import { startSampleEntra } from './entra-client.ts';

const grace: Principal = { kind: 'user', id: sampleId('b6'), guest: false };
const { support, finance } = sampleGroups;
const CHECK = 'checkMemberGroups$';
const unavailable = (cause: unknown = expect.anything()) => err({ reason: 'groups-unavailable', cause });

let entra: Entra;
let graph: Graph;
const servers: Server[] = [];

beforeAll(async () => {
  entra = await startSampleEntra();
  const others = Array.from({ length: 250 }, (_, n) => person(`member-${n}`, `f${n.toString(16).padStart(4, '0')}`));
  const directory = { ...sampleDirectory, users: [...sampleDirectory.users, ...others] };
  graph = await startGraph({ port: 0, keysUrl: entra.keysUrl, directory });
});
afterAll(() => Promise.all([entra.stop(), graph.stop()]));
beforeEach(() => {
  vi.stubEnv('IDENTITY_ENDPOINT', entra.identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', entra.identity.header);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  graph.faults.clear();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

function person(name: string, suffix: string) {
  const principalName = `${name}@sallyport.example`;
  return { name, displayName: name, objectId: sampleId(suffix), principalName, groups: [finance], isGuest: false };
}

function createSource(options: Partial<Parameters<typeof createGraphGroupSource>[0]> = {}) {
  return createGraphGroupSource({ url: graph.url, credential: new ManagedIdentityCredential(), ...options });
}

/** A credential with a token as the stand-in mints it, good or bad. */
function credentialWith(request: Parameters<Entra['issueToken']>[0]): TokenCredential {
  return {
    getToken: async () => ({ token: await entra.issueToken(request), expiresOnTimestamp: Date.now() + 60_000 }),
  };
}

/** An address that answers as told and notes what it was sent. */
async function startOther(
  answer: (url: string) => { status: number; headers?: Record<string, string>; body?: string },
) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    const { status, headers = {}, body = '' } = answer(request.url ?? '');
    response.writeHead(status, headers).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

describe('a lookup', () => {
  it(proves('graph.groups', 'gives those of the groups that somebody past the limit is in'), async () => {
    expect(await createSource().findMemberships(grace, [finance, support])).toEqual(ok([support]));
    const mallory: Principal = { kind: 'user', id: sampleId('b5'), guest: false };
    expect(await createSource().findMemberships(mallory, [finance, support])).toEqual(ok([]));
  });

  it('asks for an app as a service principal', async () => {
    const bot: Principal = { kind: 'app', id: sampleId('d2'), guest: false };
    expect(await createSource().findMemberships(bot, [finance])).toEqual(ok([]));
    expect(await createSource().findMemberships({ ...bot, kind: 'user' }, [finance])).toEqual(unavailable());
  });

  it(proves('graph.groups', 'of 45 groups is three requests of at most 20'), async () => {
    const groups = Array.from({ length: 45 }, (_, n) => sampleId(`e${n.toString(16).padStart(4, '0')}`));
    expect(await createSource().findMemberships(grace, groups)).toEqual(ok(groups));

    const other = await startOther(() => ({ status: 200, body: '{"value":[]}' }));
    expect(await createSource({ url: other.url }).findMemberships(grace, groups)).toEqual(ok([]));
    const sent = other.bodies.map(
      (body) => z.object({ groupIds: z.array(z.string()) }).parse(JSON.parse(body)).groupIds,
    );
    expect(sent.map(({ length }) => length).sort()).toEqual([20, 20, 5]);
    expect(sent.flat().sort()).toEqual(groups);
  });

  it('sends no token to another host than the one that it is for', async () => {
    const scopes: (string | string[])[] = [];
    const credential: TokenCredential = {
      getToken: async (scope) => {
        scopes.push(scope);
        return null;
      },
    };
    for (const url of ['https://graph.microsoft.us', graph.url]) {
      expect(await createSource({ url, credential }).findMemberships(grace, [support])).toEqual(unavailable());
    }
    expect(scopes).toEqual(['https://graph.microsoft.us/.default', 'https://graph.microsoft.com/.default']);
  });

  it('believes nothing that it did not ask for', async () => {
    const body = JSON.stringify({ value: [finance.toUpperCase(), support] });
    const other = await startOther(() => ({ status: 200, body }));
    expect(await createSource({ url: other.url }).findMemberships(grace, [finance])).toEqual(ok([finance]));
  });

  it('asks nobody for no groups, and never with an id that is not one', async () => {
    const other = await startOther(() => ({ status: 200, body: '{"value":[]}' }));
    const source = createSource({ url: other.url });
    expect(await source.findMemberships(grace, [])).toEqual(ok([]));
    expect(await source.findMemberships({ ...grace, id: '../groups' }, [finance])).toEqual(unavailable());
    expect(other.bodies).toEqual([]);
  });
});

describe('while Graph does not answer', () => {
  it(proves('graph.down', '429 and 503 are tried once more, then nobody can say'), async () => {
    const source = createSource();
    graph.faults.add({ does: 'fail', status: 429, retryAfterSeconds: 0, path: CHECK });
    expect(await source.findMemberships(grace, [support])).toEqual(ok([support]));
    graph.faults.add({ does: 'fail', status: 503, path: CHECK });
    expect(await source.findMemberships(grace, [support])).toEqual(ok([support]));
    graph.faults.add({ does: 'fail', status: 503, path: CHECK, times: 2 });
    expect(await source.findMemberships(grace, [support])).toEqual(unavailable());
    graph.faults.add({ does: 'fail', status: 500, path: CHECK });
    expect(await source.findMemberships(grace, [support])).toEqual(unavailable());
    expect(graph.faults.list()).toEqual([]);
  });

  it('a Retry-After past the deadline is not waited for', async () => {
    graph.faults.add({ does: 'fail', status: 429, retryAfterSeconds: 3_600, path: CHECK, times: 2 });
    const refused = await createSource().findMemberships(grace, [support]);
    expect(refused).toEqual(unavailable(expect.objectContaining({ message: expect.stringContaining('429') })));
    expect(graph.faults.list()).toMatchObject([{ times: 1 }]);
  });

  it.each<[string, Parameters<Graph['faults']['add']>[0]]>([
    ['a hang', { does: 'hang', path: CHECK }],
    ['a cut connection', { does: 'drop', path: CHECK }],
  ])(proves('graph.down', '%s: nobody can say, within the deadline'), async (_how, fault) => {
    graph.faults.add(fault);
    expect(await createSource({ deadlineMs: 500 }).findMemberships(grace, [support])).toEqual(unavailable());
  });

  it(proves('graph.down', 'a closed port, or no token for it: nobody can say'), async () => {
    const gone = createSource({ url: 'http://127.0.0.1:1' });
    expect(await gone.findMemberships(grace, [support])).toEqual(unavailable());
    const never: TokenCredential = { getToken: () => new Promise(() => undefined) };
    const silent = createSource({ credential: never, deadlineMs: 50 });
    expect(await silent.findMemberships(grace, [support])).toEqual(unavailable());
    const nothing = createSource({ credential: { getToken: async () => null } });
    expect(await nothing.findMemberships(grace, [support])).toEqual(unavailable());
  });

  it('a redirect is not followed: the token stays here', async () => {
    const elsewhere = await startOther(() => ({ status: 200, body: JSON.stringify({ value: [support] }) }));
    const other = await startOther((path) => ({ status: 307, headers: { location: elsewhere.url + path } }));
    expect(await createSource({ url: other.url }).findMemberships(grace, [support])).toEqual(unavailable());
    expect(elsewhere.bodies).toEqual([]);
  });

  it('an answer of another shape: nobody can say', async () => {
    const other = await startOther(() => ({ status: 200, body: '{"value":{}}' }));
    expect(await createSource({ url: other.url }).findMemberships(grace, [support])).toEqual(unavailable());
  });
});

describe('the door', () => {
  const good = { app: 'gateway-identity', version: 1, audience: 'https://graph.microsoft.com' } as const;

  it.each<[string, Parameters<Entra['issueToken']>[0]]>([
    ['for the vault', { ...good, audience: 'https://vault.azure.net' }],
    ['that has expired', { ...good, ttlSeconds: -1 }],
    ['of another tenant', { ...good, tenant: sampleId('9') }],
    ['signed with another key', { ...good, key: 'foreign' }],
    ['that is not signed', { ...good, alg: 'none' }],
  ])(proves('graph.down', 'is shut to a token %s, and nobody can say'), async (_which, request) => {
    expect(await createSource({ credential: credentialWith(good) }).findMemberships(grace, [support])).toEqual(
      ok([support]),
    );
    const refused = await createSource({ credential: credentialWith(request) }).findMemberships(grace, [support]);
    expect(refused).toEqual(unavailable(expect.objectContaining({ message: expect.stringContaining('401') })));
  });

  it('answers in Graph’s shape', async () => {
    const bare = await fetch(`${graph.url}/v1.0/users/${grace.id}`);
    expect([bare.status, await bare.json()]).toMatchObject([401, { error: { code: 'InvalidAuthenticationToken' } }]);
    const authorization = `Bearer ${await entra.issueToken(good)}`;
    const ask = async (path: string, body?: unknown) => {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`${graph.url}/v1.0/${path}`, { ...init, headers: { authorization } });
      return [response.status, await response.json()];
    };
    expect(await ask(`users/${sampleId('99')}`)).toMatchObject([404, { error: { code: 'Request_ResourceNotFound' } }]);
    expect(await ask('users/alice')).toMatchObject([404, {}]);
    expect(await ask(`users/${grace.id}`)).toMatchObject([200, { id: grace.id, displayName: 'Grace Gray' }]);
    expect(await ask(`users/${grace.id}/memberOf?$top=1`)).toMatchObject([200, { value: [{ id: support }] }]);
    const check = (groupIds: unknown) => ask(`users/${grace.id}/checkMemberGroups`, { groupIds });
    for (const wrong of [Array.from({ length: 21 }, () => support), ['support'], undefined]) {
      expect(await check(wrong)).toMatchObject([400, { error: { code: 'Request_BadRequest' } }]);
    }
    expect(await ask('users/a/b/c')).toMatchObject([
      400,
      { error: { innerError: { 'request-id': expect.any(String) } } },
    ]);
  });

  it('has nothing to say about a client that hangs up in the middle of a request', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const authorization = `Bearer ${await entra.issueToken(good)}`;
    const headers = { authorization, 'content-length': 100, expect: '100-continue' };
    const request = httpRequest(`${graph.url}/v1.0/users/${grace.id}/checkMemberGroups`, { method: 'POST', headers });
    request.on('error', () => undefined).flushHeaders();
    // The stand-in waits for the body when it lets the client go on.
    await once(request, 'continue');
    const closed = new Promise((resolve) => request.once('close', resolve));
    request.destroy();
    await closed;
    expect((await fetch(`${graph.url}/_faults`)).status).toBe(200);
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });

  it('lists a group’s members page by page', async () => {
    const authorization = `Bearer ${await entra.issueToken(good)}`;
    const pageSchema = z.object({
      value: z.array(z.object({ id: z.string() })),
      '@odata.nextLink': z.url().optional(),
    });
    const sizes: number[] = [];
    const ids = new Set<string>();
    let next: string | undefined = `${graph.url}/v1.0/groups/${finance}/members`;
    while (next !== undefined) {
      const page = pageSchema.parse(await (await fetch(next, { headers: { authorization } })).json());
      sizes.push(page.value.length);
      for (const { id } of page.value) ids.add(id);
      next = page['@odata.nextLink'];
    }
    expect(sizes).toEqual([100, 100, 51]);
    expect(ids.size).toBe(251);
  });
});
