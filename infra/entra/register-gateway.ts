/**
 * Makes the gateway's app registration, or what of it is missing:
 * the application ▸ its parts, one request each, in the order that Entra takes ▸ the federated credential ▸ the service
 * principal ▸ Graph's permissions for the app's identity ▸ the role of the Teams workflow.
 * Every step looks first, so a run that stopped is gone on from by another, and one more changes nothing.
 */
import { CommandFailure } from '../cli/outcome.ts';
import {
  APPLICATION_FIELDS,
  type Application,
  applicationSchema,
  applyPatch,
  createSteps,
  findDrift,
} from './application.ts';
import { assignRoles, findAssignees, readServicePrincipal } from './assign-roles.ts';
import { GRAPH_PERMISSIONS, names, type Wanted } from './desired.ts';
import { ensureFederatedCredential } from './federated-credential.ts';
import type { Change, GraphApi } from './graph-api.ts';

export interface RegistrationOptions extends Wanted {
  /** In the registration's unique name, by which it is found again, and what it is called if it is made. */
  readonly name: string;
  /** One that is there already, made by hand; in the place of the unique name. */
  readonly clientId?: string;
  /** Of the tenant’s tokens: issuer of the federated credential. */
  readonly issuer: string;
  /** Object id of the gateway's managed identity. */
  readonly identity?: string;
  /** Of the Teams workflow's. */
  readonly flowIdentity?: string;
  /** Of Graph, for the gateway's identity, beside those that it always needs. */
  readonly graphPermissions: readonly string[];
  readonly newId: () => string;
}

export interface Registration {
  readonly clientId: string;
  readonly objectId: string;
  readonly servicePrincipalId: string;
  /** Ids by name. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, string>>;
  readonly identifierUris: readonly string[];
  /** Made; in a dry run, to be made. */
  readonly changes: readonly Change[];
  /** What stands otherwise than wanted, and was left. */
  readonly drift: readonly string[];
}

const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

/** Throws `CommandFailure`; what was changed until then stands. */
export async function registerGateway(graph: GraphApi, options: RegistrationOptions): Promise<Registration> {
  const found = await findApplication(graph, options);
  const isNew = found === undefined;
  let application = found ?? (await makeApplication(graph, options));
  for (const step of createSteps(options.newId)) {
    const patch = step(application, options);
    if (patch === undefined) continue;
    const path = `/v1.0/applications/${application.id}`;
    await graph.change({ what: patch.what, method: 'PATCH', path, body: patch.body }, { isNew });
    application = applyPatch(application, patch);
  }
  const { identity, flowIdentity } = options;
  const trusts = await ensureFederatedCredential(graph, { application, isNew, ...options });
  const own = await readServicePrincipal(graph, application.appId, { make: true, isNew });
  const ofGraph =
    identity === undefined
      ? []
      : await assignRoles(graph, {
          what: 'permission of Microsoft Graph',
          principal: identity,
          resource: await readServicePrincipal(graph, GRAPH_APP_ID, {}),
          roles: [...new Set([...GRAPH_PERMISSIONS, ...options.graphPermissions])],
        });
  const flowRoles = Object.fromEntries(application.appRoles.map(({ value, id }) => [value ?? '', id]));
  if (flowIdentity !== undefined) {
    const resource = { id: own.id, roles: flowRoles };
    await assignRoles(graph, { what: 'role', principal: flowIdentity, resource, roles: [names.flowRole], isNew });
  }
  const others = await findAssignees(graph, { resource: own.id, role: flowRoles[names.flowRole] ?? '', isNew });
  return {
    clientId: application.appId,
    objectId: application.id,
    servicePrincipalId: own.id,
    scopes: idsOf(application.api.oauth2PermissionScopes),
    roles: flowRoles,
    identifierUris: application.identifierUris,
    changes: graph.changes,
    drift: [
      ...findDrift(application, options),
      ...trusts,
      ...ofGraph.map((name) => `the gateway’s identity has ${name} of Microsoft Graph, which it does not need`),
      ...others
        .filter((id) => id !== flowIdentity?.toLowerCase())
        .map((id) => `${id} has the role ${names.flowRole}: the gateway takes it only of the workflow that it names`),
    ],
  };
}

async function findApplication(graph: GraphApi, options: RegistrationOptions): Promise<Application | undefined> {
  const path = `${keyOf(options)}?$select=${APPLICATION_FIELDS}`;
  const json = await graph.read(path);
  if (json !== undefined) return readApplication(json);
  if (options.clientId !== undefined) throw new CommandFailure(`there is no app registration ${options.clientId}`);
  return undefined;
}

/** By a name that nobody else can take: two runs at once make one registration, and a lost answer no second. */
async function makeApplication(graph: GraphApi, options: RegistrationOptions): Promise<Application> {
  const body = { displayName: options.name, signInAudience: 'AzureADMyOrg' };
  const change = { what: `app registration ${options.name}`, method: 'PATCH', path: keyOf(options), body } as const;
  await graph.change(change, { isUpsert: true });
  if (graph.isDryRun) {
    return applicationSchema.parse({ id: '{object id}', appId: '{client id}', api: {}, ...body });
  }
  return readApplication(await graph.read(`${keyOf(options)}?$select=${APPLICATION_FIELDS}`, { isNew: true }));
}

function keyOf({ name, clientId }: RegistrationOptions): string {
  if (clientId !== undefined) return `/v1.0/applications(appId='${clientId}')`;
  return `/v1.0/applications(uniqueName='${uniqueNameOf(name)}')`;
}

function uniqueNameOf(name: string): string {
  return `sallyport-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
}

function readApplication(json: unknown): Application {
  const parsed = applicationSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CommandFailure('Graph describes the app registration in a way that this command does not know');
}

function idsOf(all: Application['api']['oauth2PermissionScopes']): Record<string, string> {
  return Object.fromEntries(all.map(({ value, id }) => [value ?? '', id]));
}
