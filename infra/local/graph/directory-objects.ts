/**
 * What Microsoft Graph v1.0 answers about the tenant's people, apps and groups. Pure: directory and request in, answer
 * out; throws `GraphProblem`. Ids are object ids in any case; a user principal name stands for a user's id.
 */
import { z } from 'zod';
import { type Directory, findUser, type User } from '../entra/directory.ts';
import { badRequest, notFound } from './problem.ts';

/** As many groups as Graph checks in one request. */
export const GROUPS_PER_CHECK = 20;
const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 999;

/** `userType` comes only to who selects it. */
const DEFAULT_PROPERTIES = ['id', 'displayName', 'mail', 'userPrincipalName'];

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const checkSchema = z.object({ groupIds: z.array(z.string().regex(GUID).toLowerCase()) });

export interface DirectoryObjects {
  /** `url`: for `$select`. */
  user(id: string, url: URL): unknown;
  checkUser(id: string, body: unknown): unknown;
  checkServicePrincipal(id: string, body: unknown): unknown;
  /** `url`: of the request, for `$top` and `$skiptoken`; the next page's link is made from it. */
  groupsOf(userId: string, url: URL): unknown;
  membersOf(groupId: string, url: URL): unknown;
  /** Of the same: the stand-in's directory has no groups within groups. With `userType` for who selects it. */
  usersIn(groupId: string, url: URL): unknown;
}

/** `url`: the stand-in's own, no trailing slash. */
export function createDirectoryObjects(directory: Directory, url: string): DirectoryObjects {
  const context = `${url}/v1.0/$metadata`;

  function demandUser(id: string): User {
    const user = findUser(directory, id);
    // `findUser` knows short names too, which Graph does not.
    if (!user || user.name === id.toLowerCase()) throw notFound(id);
    return user;
  }

  function demandMembers(groupId: string): readonly User[] {
    const members = directory.users.filter(({ groups }) => groups.includes(groupId.toLowerCase()));
    // The directory lists no groups: one without a member is one that it has never heard of.
    if (members.length === 0) throw notFound(groupId);
    return members;
  }

  function check(held: readonly string[], body: unknown): unknown {
    const parsed = checkSchema.safeParse(body);
    if (!parsed.success) throw badRequest("Invalid value specified for property 'groupIds'.");
    const { groupIds } = parsed.data;
    if (groupIds.length > GROUPS_PER_CHECK) {
      throw badRequest(`The number of values specified for 'groupIds' exceeds the limit of ${GROUPS_PER_CHECK}.`);
    }
    return { '@odata.context': `${context}#Collection(Edm.String)`, value: groupIds.filter((id) => held.includes(id)) };
  }

  function page(all: readonly unknown[], request: URL): unknown {
    const top = readNumber(request, '$top', PAGE_SIZE);
    if (top < 1 || top > MAX_PAGE_SIZE) throw badRequest(`Invalid page size specified: '${top}'.`);
    const from = readNumber(request, '$skiptoken', 0);
    const next = new URL(request.pathname + request.search, url);
    next.searchParams.set('$skiptoken', String(from + top));
    return {
      '@odata.context': `${context}#directoryObjects`,
      ...(from + top < all.length ? { '@odata.nextLink': next.href } : {}),
      value: all.slice(from, from + top),
    };
  }

  return {
    user(id, request) {
      return { '@odata.context': `${context}#users/$entity`, ...select(demandUser(id), request) };
    },
    checkUser: (id, body) => check(demandUser(id).groups, body),
    checkServicePrincipal(id, body) {
      if (!directory.apps.some((app) => app.servicePrincipalId === id.toLowerCase())) throw notFound(id);
      return check([], body);
    },
    groupsOf: (userId, request) =>
      page(
        demandUser(userId).groups.map((id) => ({ '@odata.type': '#microsoft.graph.group', id })),
        request,
      ),
    membersOf: (groupId, request) =>
      page(
        demandMembers(groupId).map((user) => ({ '@odata.type': '#microsoft.graph.user', ...describeUser(user) })),
        request,
      ),
    usersIn: (groupId, request) =>
      page(
        demandMembers(groupId).map((user) => select(user, request)),
        request,
      ),
  };
}

function select(user: User, request: URL): Record<string, unknown> {
  const known = { ...describeUser(user), userType: user.isGuest ? 'Guest' : 'Member' };
  const selected = request.searchParams.get('$select')?.split(',') ?? DEFAULT_PROPERTIES;
  return Object.fromEntries(Object.entries(known).filter(([name]) => selected.includes(name)));
}

function describeUser({ objectId, displayName, principalName }: User): Record<string, unknown> {
  return { id: objectId, displayName, mail: principalName, userPrincipalName: principalName };
}

function readNumber(url: URL, name: string, otherwise: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  if (!/^\d{1,6}$/.test(text)) throw badRequest(`Invalid value '${text}' for ${name} query option found.`);
  return Number(text);
}
