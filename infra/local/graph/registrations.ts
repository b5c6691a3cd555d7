/**
 * What Microsoft Graph v1.0 keeps of app registrations: applications, their federated credentials and service principals,
 * and app roles given to these. In memory, with the rules that a registration meets: which change has to come first, what is
 * unique, what must be there. Apps of the directory have service principals; Microsoft Graph has its own.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Directory } from '../entra/directory.ts';
import { GRAPH_APP_ID } from './bearer.ts';
import { badRequest, GraphProblem, notFound } from './problem.ts';
import { type Application, applicationPatch, checkPatch, mergePatch, newApplication } from './registration-rules.ts';

export interface Served {
  readonly status: number;
  readonly body?: unknown;
}

export interface Registrations {
  /** Undefined for what is none of it. Throws `GraphProblem`. `path`: below `/v1.0/`. */
  perform(method: string, path: string, body: unknown, prefer: string | undefined): Served | undefined;
}

interface ServicePrincipal {
  readonly id: string;
  readonly appId: string;
}

interface Assignment {
  readonly id: string;
  readonly principalId: string;
  readonly resourceId: string;
  readonly appRoleId: string;
}

const federatedSchema = z.strictObject({
  name: z.string().min(3).max(120),
  issuer: z.url(),
  subject: z.string().min(1),
  audiences: z.array(z.string()).length(1),
});
const assignmentSchema = z.strictObject({ principalId: z.string(), resourceId: z.string(), appRoleId: z.string() });
const appIdSchema = z.strictObject({ appId: z.string() });

/** Their ids are the same in every tenant. */
const GRAPH_ROLES = {
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  'GroupMember.Read.All': '98830695-27a2-44f7-8c18-0c3ebc9698f6',
  'Application.Read.All': '9a5d68dd-52b0-4cc2-bd40-abcf420ac30b',
  'Member.Read.Hidden': '658aa5d8-239f-45c4-aa12-864f4fc7e490',
  'Directory.ReadWrite.All': '19dbc75e-c2e2-444c-a770-ec69d8559fc7',
} as const;

export function createRegistrations(directory: Directory): Registrations {
  const applications = new Map<string, Application>();
  const credentials = new Map<string, (z.output<typeof federatedSchema> & { readonly id: string })[]>();
  const graphPrincipal = { id: randomUUID(), appId: GRAPH_APP_ID };
  const principals: ServicePrincipal[] = [
    graphPrincipal,
    ...directory.apps
      .filter(({ kind }) => kind !== 'api')
      .map(({ servicePrincipalId: id, clientId: appId }) => ({ id, appId })),
  ];
  const assignments: Assignment[] = [];

  function findApplication(key: string): Application | undefined {
    const [, alternate, value = ''] = /^\((appId|uniqueName)='([^']+)'\)$/.exec(key) ?? [];
    const all = [...applications.values()];
    if (alternate === 'appId') return all.find(({ appId }) => appId === value);
    if (alternate === 'uniqueName') return all.find(({ uniqueName }) => uniqueName === value);
    return applications.get(key.slice(1));
  }

  function demandApplication(key: string): Application {
    return findApplication(key) ?? fail(notFound(key));
  }

  function patchApplication(key: string, body: unknown, isUpsert: boolean): Served {
    const [, uniqueName] = /^\(uniqueName='([^']+)'\)$/.exec(key) ?? [];
    const found = findApplication(key);
    if (found === undefined && !(isUpsert && uniqueName !== undefined)) throw notFound(key);
    const parsed = applicationPatch.safeParse(body);
    if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
    const before = found ?? newApplication(randomUUID(), randomUUID(), uniqueName ?? '');
    const others = [...applications.values()].filter(({ id }) => id !== before.id);
    const mistake = checkPatch(before, parsed.data, others);
    if (mistake !== undefined) throw badRequest(mistake);
    const application = mergePatch(before, parsed.data);
    applications.set(application.id, application);
    return found === undefined ? { status: 201, body: application } : { status: 204 };
  }

  function federated(method: string, key: string, id: string | undefined, body: unknown): Served | undefined {
    const { id: owner } = demandApplication(key);
    const all = credentials.get(owner) ?? [];
    if (method === 'GET' && id === undefined) return { status: 200, body: { value: all } };
    if (method === 'POST' && id === undefined) {
      const made = { id: randomUUID(), ...parse(federatedSchema, body) };
      if (all.some(({ name }) => name === made.name)) {
        throw new GraphProblem(409, 'Request_MultipleObjectsWithSameKeyValue', 'The name is taken.');
      }
      credentials.set(owner, [...all, made]);
      return { status: 201, body: made };
    }
    if (method !== 'PATCH') return undefined;
    const change = parse(federatedSchema.partial().omit({ name: true }), body);
    if (!all.some((one) => one.id === id)) throw notFound(id ?? '');
    credentials.set(
      owner,
      all.map((one) => (one.id === id ? { ...one, ...Object.fromEntries(Object.entries(change)) } : one)),
    );
    return { status: 204 };
  }

  function rolesOf({ appId }: ServicePrincipal) {
    if (appId === GRAPH_APP_ID) return Object.entries(GRAPH_ROLES).map(([value, id]) => ({ id, value }));
    return findApplication(`(appId='${appId}')`)?.appRoles ?? [];
  }

  function principalOf(key: string): ServicePrincipal | undefined {
    const [, appId] = /^\(appId='([^']+)'\)$/.exec(key) ?? [];
    return principals.find((one) => (appId === undefined ? `/${one.id}` === key : one.appId === appId));
  }

  function show(principal: ServicePrincipal): Served {
    return { status: 200, body: { ...principal, appRoles: rolesOf(principal) } };
  }

  function upsertPrincipal(key: string, body: unknown, isUpsert: boolean): Served {
    const found = principalOf(key);
    if (found !== undefined) return { status: 204 };
    const { appId } = parse(appIdSchema, body);
    if (!isUpsert) throw notFound(key);
    if (findApplication(`(appId='${appId}')`) === undefined) throw badRequest(`The appId '${appId}' is unknown.`);
    const made = { id: randomUUID(), appId };
    principals.push(made);
    return { ...show(made), status: 201 };
  }

  function assign(principal: ServicePrincipal, body: unknown): Served {
    const wanted = parse(assignmentSchema, body);
    const resource = principalOf(`/${wanted.resourceId}`) ?? fail(notFound(wanted.resourceId));
    if (wanted.principalId !== principal.id) throw badRequest('The principalId is not of this service principal.');
    if (!rolesOf(resource).some(({ id }) => id === wanted.appRoleId)) {
      throw badRequest('Permission being assigned was not found on application');
    }
    const isThere = ({ principalId, resourceId, appRoleId }: Assignment) =>
      principalId === wanted.principalId && resourceId === wanted.resourceId && appRoleId === wanted.appRoleId;
    if (assignments.some(isThere)) throw badRequest('Permission being assigned already exists on the object');
    const made = { id: randomUUID(), ...wanted };
    assignments.push(made);
    return { status: 201, body: made };
  }

  return {
    perform(method, path, body, prefer) {
      const isUpsert = prefer === 'create-if-missing';
      const [, collection, key = '', part, id] =
        /^(applications|servicePrincipals)(\([^)]*\)|\/[^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? [];
      if (collection === 'applications') {
        if (part === 'federatedIdentityCredentials') return federated(method, key, id, body);
        if (method === 'GET' && part === undefined) return { status: 200, body: demandApplication(key) };
        return method === 'PATCH' && part === undefined ? patchApplication(key, body, isUpsert) : undefined;
      }
      if (collection === undefined || part === 'checkMemberGroups') return undefined;
      if (method === 'PATCH' && part === undefined) return upsertPrincipal(key, body, isUpsert);
      const principal = principalOf(key) ?? fail(notFound(key));
      if (method === 'POST' && part === 'appRoleAssignments') return assign(principal, body);
      if (method !== 'GET') return undefined;
      if (part === undefined) return show(principal);
      const by = { appRoleAssignments: 'principalId', appRoleAssignedTo: 'resourceId' } as const;
      if (part !== 'appRoleAssignments' && part !== 'appRoleAssignedTo') return undefined;
      return { status: 200, body: { value: assignments.filter((one) => one[by[part]] === principal.id) } };
    },
  };
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
  return parsed.data;
}

function fail(problem: GraphProblem): never {
  throw problem;
}
