/**
 * App roles, given to identities (service principals) on a resource's service principal: Graph's permissions are such roles,
 * and so is the right of the Teams workflow. Gives what is missing, and names what is there beside it.
 */
import { z } from 'zod';
import { CommandFailure } from '../cli/outcome.ts';
import type { GraphApi } from './graph-api.ts';

export interface Resource {
  /** Object id of its service principal. */
  readonly id: string;
  /** Ids by name. */
  readonly roles: Readonly<Record<string, string>>;
}

const principalSchema = z.object({
  id: z.string(),
  appRoles: z.array(z.object({ id: z.string(), value: z.string().nullish() })).default([]),
});

const assignmentsSchema = z.array(z.object({ principalId: z.string(), resourceId: z.string(), appRoleId: z.string() }));

/** `make`: where it is not there. Throws `CommandFailure` for one that is not there otherwise. */
export async function readServicePrincipal(
  graph: GraphApi,
  appId: string,
  { make = false, isNew = false }: { readonly make?: boolean; readonly isNew?: boolean },
): Promise<Resource> {
  const path = `/v1.0/servicePrincipals(appId='${appId}')`;
  const query = `${path}?$select=id,appRoles`;
  const found = await graph.read(query);
  if (found !== undefined) return toResource(found);
  if (!make) throw new CommandFailure(`the tenant has no service principal of ${appId}`);
  const change = { what: 'its service principal', method: 'PATCH', path, body: { appId } } as const;
  await graph.change(change, { isUpsert: true, isNew });
  if (graph.isDryRun) return { id: '{service principal}', roles: {} };
  return toResource(await graph.read(query, { isNew: true }));
}

function toResource(json: unknown): Resource {
  const { id, appRoles } = principalSchema.parse(json);
  return { id, roles: Object.fromEntries(appRoles.map((role) => [role.value ?? '', role.id])) };
}

/** Names of further roles that the principal has on this resource. */
export async function assignRoles(
  graph: GraphApi,
  options: {
    /** What a role of this resource is called. */
    readonly what: string;
    readonly principal: string;
    readonly resource: Resource;
    readonly roles: readonly string[];
    /** Whether the roles were made just now: Graph knows them everywhere a little later. */
    readonly isNew?: boolean;
  },
): Promise<readonly string[]> {
  const { what, principal, resource, roles, isNew = false } = options;
  const path = `/v1.0/servicePrincipals/${principal}/appRoleAssignments`;
  const held = assignmentsSchema
    .parse(await graph.readAll(path))
    .filter(({ resourceId }) => resourceId === resource.id)
    .map(({ appRoleId }) => appRoleId);
  for (const name of roles) {
    const appRoleId = resource.roles[name];
    if (appRoleId === undefined) throw new CommandFailure(`there is no ${what} called ${name}`);
    if (held.includes(appRoleId)) continue;
    const body = { principalId: principal, resourceId: resource.id, appRoleId };
    await graph.change({ what: `${what} ${name} for ${principal}`, method: 'POST', path, body }, { isNew });
  }
  const wanted = new Set(roles);
  return Object.entries(resource.roles).flatMap(([name, id]) => (held.includes(id) && !wanted.has(name) ? [name] : []));
}

/** Object ids of all that have this role. */
export async function findAssignees(
  graph: GraphApi,
  { resource, role, isNew }: { readonly resource: string; readonly role: string; readonly isNew: boolean },
): Promise<readonly string[]> {
  const path = `/v1.0/servicePrincipals/${resource}/appRoleAssignedTo`;
  const assignments = assignmentsSchema.parse(await graph.readAll(path, { isNew }));
  return assignments.filter(({ appRoleId }) => appRoleId === role).map(({ principalId }) => principalId.toLowerCase());
}
