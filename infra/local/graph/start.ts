/**
 * A stand-in for Microsoft Graph v1.0 over the sample tenant: which groups somebody is in, who is in a group, one user; and
 * app registrations, as `infra/entra/register.ts` makes them. It wants a token for Graph, as the managed identity gets it. Throttling and outages come from the test switch.
 * It does NOT imitate: permissions, nested groups and hidden membership (membership here is what the directory says),
 * groups of service principals (none), groups without members, `$select` of lists but of
 * `transitiveMembers/microsoft.graph.user` (no other cast, and no `ConsistencyLevel`), `$filter`, `$count`, `$batch`,
 * `$expand`, delta queries, `client-request-id`, throttling by itself, the beta endpoint. Of registrations: `$select`, paging,
 * deletion, making one by POST, secrets and certificates, consent, verified domains, the moment until a change is seen
 * everywhere; and no token of the Entra stand-in follows from one.
 */
import { randomUUID } from 'node:crypto';
import { type Directory, sampleDirectory } from '../entra/directory.ts';
import { readJson, sendJson } from '../http.ts';
import { type Handler, type StandIn, startStandIn } from '../stand-in.ts';
import { createBearerCheck, GRAPH_APP_ID } from './bearer.ts';
import { createDirectoryObjects, type DirectoryObjects } from './directory-objects.ts';
import { badRequest, GraphProblem } from './problem.ts';
import { createRegistrations } from './registrations.ts';

export interface GraphOptions {
  /** 0: any free one. */
  readonly port: number;
  /** The authority's key set, with which every token is verified. */
  readonly keysUrl: string;
  /** Default: the sample tenant. */
  readonly directory?: Directory;
}

/** The service root without `/v1.0`, the test switch, and how to stop it. */
export type Graph = StandIn;

export function startGraph({ port, keysUrl, directory = sampleDirectory }: GraphOptions): Promise<Graph> {
  const checkBearer = createBearerCheck({ tenantId: directory.tenantId, keysUrl });

  function createHandler(url: string): Handler {
    const objects = createDirectoryObjects(directory, url);
    const registrations = createRegistrations(directory);

    return async (request, response) => {
      const requestId = randomUUID();
      response.setHeader('request-id', requestId);
      try {
        await checkBearer(request.headers.authorization);
        const target = new URL(request.url ?? '/', url);
        const body = await readJson(request);
        const { method = 'GET' } = request;
        const [, path] = /^\/v1\.0\/(.*)$/.exec(decode(target.pathname)) ?? [];
        const prefer = String(request.headers.prefer ?? '');
        const served = path === undefined ? undefined : registrations.perform(method, path, body, prefer);
        if (served === undefined) sendJson(response, 200, answer(objects, method, target, body));
        else if (served.body === undefined) response.writeHead(served.status).end();
        else sendJson(response, served.status, served.body);
      } catch (error) {
        if (!(error instanceof GraphProblem)) throw error;
        if (error.status === 401)
          response.setHeader('www-authenticate', `Bearer realm="", client_id="${GRAPH_APP_ID}"`);
        sendJson(response, error.status, error.toBody(requestId, new Date()));
      }
    };
  }

  return startStandIn({ name: 'graph', port, createHandler });
}

/** Throws `GraphProblem`, also for what it does not serve. */
function answer(objects: DirectoryObjects, method: string, url: URL, body: unknown): unknown {
  const [version, collection, id = '', ...parts] = url.pathname.slice(1).split('/').map(decode);
  const part = parts.join('/');
  const operation = version === 'v1.0' ? `${method} ${collection}/${part}` : '';
  switch (operation) {
    case 'GET users/':
      return objects.user(id, url);
    case 'GET users/memberOf':
      return objects.groupsOf(id, url);
    case 'POST users/checkMemberGroups':
      return objects.checkUser(id, body);
    case 'POST servicePrincipals/checkMemberGroups':
      return objects.checkServicePrincipal(id, body);
    case 'GET groups/members':
      return objects.membersOf(id, url);
    case 'GET groups/transitiveMembers/microsoft.graph.user':
      return objects.usersIn(id, url);
    default:
      throw badRequest(`Resource not found for the segment '${part || collection}'.`);
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest('Malformed request URI.');
  }
}
