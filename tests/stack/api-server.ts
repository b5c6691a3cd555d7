/**
 * The API behind `node:http`, with the authenticator that the gateway uses, tokens of the Entra stand-in, and a `stack.json`
 * by which commands find both. The inbox is the test's own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Entra } from '../../infra/local/entra/start.ts';
import { writeStackFile } from '../../infra/local/stack-file.ts';
import type { AddRoutes } from '../../shared/api/api-app.ts';
import { createApi } from '../../shared/api/create-api.ts';
import { createApiAuthenticator } from '../../shared/gateway/authenticate-api.ts';
import { createRemoteKeySource } from '../../shared/identity/key-source.ts';
import type { HttpAnswer, HttpCall } from '../../shared/mcp/http.ts';
import { ok } from '../../shared/result.ts';
import { startSampleEntra } from './entra-client.ts';

export interface ApiServer {
  readonly url: string;
  readonly entra: Entra;
  /** The data folder of a stack that has this gateway. */
  readonly data: string;
  readonly logged: string[];
  /** Replaces the API: what a wrong or broken gateway answers. */
  answer: (call: HttpCall) => Promise<HttpAnswer>;
  stop(): Promise<void>;
}

const GROUPS: Readonly<Record<string, string>> = { a1: 'support', a2: 'finance', a3: 'auditors', a4: 'administrators' };

export async function startApiServer(routes: readonly AddRoutes[]): Promise<ApiServer> {
  const logged: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(name, `${value}`);
    const hasBody = method === 'POST' || method === 'DELETE';
    const body = hasBody ? (Readable.toWeb(request) as ReadableStream<Uint8Array>) : null;
    const { signal } = new AbortController();
    const answered = await api.answer({ method, url: `${url}${path}`, headers, params: {}, body, signal });
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(answered.status, answered.headers);
    response.end(answered.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [entra, data] = await Promise.all([
    startSampleEntra({ publicUrl: url }),
    mkdtemp(join(tmpdir(), 'sallyport-api-')),
  ]);
  const log = (level: string, event: string, facts?: object): number =>
    logged.push(`${level} ${event} ${JSON.stringify(facts)}`);

  const api: ApiServer = {
    url,
    entra,
    data,
    logged,
    answer: createApi({
      version: '0',
      routes,
      authenticate: createApiAuthenticator(
        {
          identity: {
            scope: 'Mcp.Invoke',
            role: 'Mcp.Invoke.All',
            apiScope: 'Sallyport.Manage',
            apiRole: 'Sallyport.Manage.All',
            flowRole: 'Approvals.Respond',
            resource: 'exact',
            audiences: ['api://another-app'],
            clockSkewSeconds: 60,
          },
        },
        {
          publicUrl: url,
          entra: {
            tenantId: entra.tenantId,
            clientId: entra.clientId,
            v1Issuer: entra.v1Issuer,
            v2Issuer: entra.issuer,
            keysUrl: entra.keysUrl,
          },
          nowMs: Date.now,
        },
        createRemoteKeySource({ url: entra.keysUrl, fetch, nowMs: Date.now, deadline: AbortSignal.timeout }),
      ),
      resolveGroups: async ({ groups }) =>
        ok(groups === 'overage' ? [] : groups.flatMap((id) => GROUPS[id.slice(-2)] ?? [])),
      checkBlocks: async () => ok(undefined),
      takePlace: () => ok({ leave: () => undefined }),
      noteRefusal: async () => undefined,
      clientAddress: () => '127.0.0.1',
      deadline: AbortSignal.timeout,
      log,
    }),
    async stop() {
      server.closeAllConnections();
      await Promise.all([
        new Promise((resolve) => server.close(resolve)),
        entra.stop(),
        rm(data, { recursive: true, force: true }),
      ]);
    },
  };
  const other = 'http://127.0.0.1:1';
  await writeStackFile(data, {
    gateway: url,
    entra: entra.url,
    keyVault: other,
    graph: other,
    serviceBus: 'sb://127.0.0.1:1',
    teams: other,
    blob: other,
    table: other,
    queue: other,
    crm: other,
    pid: process.pid,
  });
  return api;
}
