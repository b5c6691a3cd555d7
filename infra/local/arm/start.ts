/**
 * A stand-in for Azure Resource Manager, for tests: the blob containers of one storage account and their immutability
 * policies. It wants a token for Resource Manager, and an ETag that fits for a lock; what is locked stays so.
 * It does NOT imitate: other resources and operations, roles, api-versions but their being there, legal holds, what a
 * policy does to blobs, throttling by itself, `x-ms-*` headers.
 */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { sendJson } from '../http.ts';
import { type Handler, type StandIn, startStandIn } from '../stand-in.ts';

export interface Policy {
  readonly days: number;
  readonly state: 'Locked' | 'Unlocked';
  readonly allowProtectedAppendWrites?: boolean;
  readonly allowProtectedAppendWritesAll?: boolean;
}

export interface ArmOptions {
  /** The authority's key set, with which every token is verified. */
  readonly keysUrl: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly account: string;
  /** By container; undefined: without a policy. */
  readonly containers: Readonly<Record<string, Policy | undefined>>;
}

export interface Arm extends StandIn {
  policyOf(container: string): Policy | undefined;
  /** As somebody else would, in the portal. */
  change(container: string, policy: Policy): void;
  /** `METHOD path`, oldest first. */
  readonly asked: readonly string[];
}

const PAGE_SIZE = 2;
const AUDIENCE = 'https://management.azure.com';

export async function startArm(options: ArmOptions): Promise<Arm> {
  const { subscription, resourceGroup, account } = options;
  const keys = createRemoteJWKSet(new URL(options.keysUrl));
  const containers = new Map(
    Object.entries(options.containers).map(([name, policy]) => [name, { policy, version: 1 }]),
  );
  const asked: string[] = [];
  const base = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}/blobServices/default/containers`;

  function change(container: string, policy: Policy): void {
    containers.set(container, { policy, version: (containers.get(container)?.version ?? 0) + 1 });
  }

  const show = (container: string) => {
    const { policy, version = 0 } = containers.get(container) ?? {};
    const { days = 0, ...rest } = policy ?? {};
    const id = `${base}/${container}/immutabilityPolicies/default`;
    const properties = { immutabilityPeriodSinceCreationInDays: days, ...rest };
    return { id, name: 'default', etag: policy === undefined ? '' : etagOf(version), properties };
  };

  function createHandler(url: string): Handler {
    return async (request, response) => {
      const target = new URL(request.url ?? '/', url);
      const { pathname: path, searchParams } = target;
      const refuse = (status: number, code: string, message: string) =>
        sendJson(response, status, { error: { code, message } });
      asked.push(`${request.method} ${path}`);
      if (!(await isGood(request.headers.authorization))) return refuse(401, 'InvalidAuthenticationToken', 'No token.');
      if (!searchParams.has('api-version')) return refuse(400, 'MissingApiVersionParameter', 'No api-version.');
      if (!path.startsWith(base)) return refuse(404, 'ResourceNotFound', `The resource ${path} was not found.`);
      const [, container = '', resource = '', name = '', verb = ''] = path.slice(base.length).split('/');
      if (container === '') return sendJson(response, 200, page(target));
      const isPolicy = containers.has(container) && `${resource}/${name}` === 'immutabilityPolicies/default';
      if (!isPolicy) return refuse(404, 'ContainerNotFound', `The container ${container} was not found.`);
      const operation = `${request.method} ${verb}`;
      if (operation === 'GET ') return sendJson(response, 200, show(container));
      if (operation !== 'POST lock') return refuse(405, 'MethodNotAllowed', 'No such operation.');
      const { policy, version = 0 } = containers.get(container) ?? {};
      if (policy === undefined || request.headers['if-match'] !== etagOf(version)) {
        return refuse(
          412,
          'PreconditionFailed',
          'The condition specified using HTTP conditional header(s) is not met.',
        );
      }
      change(container, { ...policy, state: 'Locked' });
      sendJson(response, 200, show(container));
    };
  }

  function page(target: URL): unknown {
    const from = Number(target.searchParams.get('$skipToken') ?? 0);
    const names = [...containers.keys()].slice(from, from + PAGE_SIZE);
    const next = new URL(target);
    next.searchParams.set('$skipToken', String(from + PAGE_SIZE));
    const value = names.map((name) => ({ id: `${base}/${name}`, name, properties: {} }));
    return { value, ...(from + PAGE_SIZE < containers.size && { nextLink: next.href }) };
  }

  async function isGood(authorization: string | undefined): Promise<boolean> {
    const [, token = ''] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    const verified = await jwtVerify(token, keys, { algorithms: ['RS256'], audience: AUDIENCE }).catch(() => undefined);
    return verified !== undefined;
  }

  const standIn = await startStandIn({ name: 'arm', port: 0, createHandler });
  return { ...standIn, asked, change, policyOf: (container) => containers.get(container)?.policy };
}

function etagOf(version: number): string {
  return `"8d${version.toString(16).padStart(6, '0')}"`;
}
