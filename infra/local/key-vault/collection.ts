/**
 * What secrets and keys have in common on Key Vault's wire: get, list, versions, update, soft delete, recover, purge,
 * paged by absolute `nextLink`, times in Unix seconds. What differs (creating, showing, using) is given in.
 */
import { z } from 'zod';
import { badParameter } from './problem.ts';
import type { Changes, Deleted, Shelf, Version } from './shelf.ts';

export interface VaultRequest {
  readonly method: string;
  /** Path segments after the collection's name. */
  readonly rest: readonly string[];
  readonly url: URL;
  readonly body: unknown;
}

export interface VaultAnswer {
  readonly status: number;
  readonly body?: unknown;
}

export interface Collection<T> {
  /** `secrets` or `keys`. */
  readonly path: string;
  readonly shelf: Shelf<T>;
  /** The whole bundle; may refuse, e.g. a disabled secret. */
  readonly show: (name: string, version: Version<T>) => Record<string, unknown>;
  /** The description without a secret's value: for lists, updates and what is deleted. */
  readonly outline: (name: string, version: Version<T>, isVersioned: boolean) => Record<string, unknown>;
}

const DEFAULT_PAGE_SIZE = 25;
const RECOVERABLE_DAYS = 90;
const DAY_SECONDS = 86_400;

const changesSchema = z.object({
  contentType: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  attributes: z
    .object({ enabled: z.boolean().optional(), nbf: z.number().optional(), exp: z.number().optional() })
    .optional(),
});

/** Reads the properties that creating and updating share; a `BadParameter` problem when they are malformed. */
export function readChanges(body: unknown): Changes {
  const { contentType, tags, attributes } = parseBody(changesSchema, body ?? {});
  return {
    contentType,
    tags,
    enabled: attributes?.enabled,
    notBeforeSeconds: attributes?.nbf,
    expiresSeconds: attributes?.exp,
  };
}

export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw badParameter(z.prettifyError(parsed.error));
  return parsed.data;
}

export function attributesOf(version: Version<unknown>): Record<string, unknown> {
  return {
    enabled: version.enabled,
    ...(version.notBeforeSeconds === undefined ? {} : { nbf: version.notBeforeSeconds }),
    ...(version.expiresSeconds === undefined ? {} : { exp: version.expiresSeconds }),
    created: version.createdSeconds,
    updated: version.updatedSeconds,
    recoveryLevel: 'Recoverable+Purgeable',
    recoverableDays: RECOVERABLE_DAYS,
  };
}

/** Serves `/{path}/…`; `undefined` when the request is not one that both kinds have. */
export function serveLive<T>(collection: Collection<T>, request: VaultRequest): VaultAnswer | undefined {
  const { shelf, show, outline } = collection;
  const [name, second, ...more] = request.rest;
  if (more.length > 0) return undefined;
  if (name === undefined) {
    if (request.method !== 'GET') return undefined;
    return page(
      request.url,
      shelf.names().map((each) => outline(each, shelf.get(each), false)),
    );
  }
  if (request.method === 'GET' && second === 'versions') {
    return page(
      request.url,
      shelf.versions(name).map((version) => outline(name, version, true)),
    );
  }
  if (request.method === 'GET') return { status: 200, body: show(name, shelf.get(name, second)) };
  if (request.method === 'PATCH') {
    const version = shelf.change(name, second, readChanges(request.body));
    return { status: 200, body: outline(name, version, true) };
  }
  if (request.method === 'DELETE' && second === undefined) {
    return { status: 200, body: showDeleted(collection, request.url, name, shelf.delete(name)) };
  }
  return undefined;
}

/** Serves `/deleted{path}/…`. */
export function serveDeleted<T>(collection: Collection<T>, request: VaultRequest): VaultAnswer | undefined {
  const { shelf, show } = collection;
  const [name, action, ...more] = request.rest;
  if (more.length > 0) return undefined;
  const present = (each: string) => showDeleted(collection, request.url, each, shelf.getDeleted(each));
  if (name === undefined) {
    return request.method === 'GET' ? page(request.url, shelf.deletedNames().map(present)) : undefined;
  }
  if (request.method === 'POST' && action === 'recover') {
    return { status: 200, body: show(name, shelf.recover(name)) };
  }
  if (action !== undefined) return undefined;
  if (request.method === 'GET') return { status: 200, body: present(name) };
  if (request.method === 'DELETE') {
    shelf.purge(name);
    return { status: 204 };
  }
  return undefined;
}

function showDeleted<T>(
  collection: Collection<T>,
  url: URL,
  name: string,
  { newest, deletedSeconds }: Deleted<T>,
): Record<string, unknown> {
  return {
    ...collection.outline(name, newest, true),
    recoveryId: `${url.origin}/deleted${collection.path}/${name}`,
    deletedDate: deletedSeconds,
    scheduledPurgeDate: deletedSeconds + RECOVERABLE_DAYS * DAY_SECONDS,
  };
}

function page(url: URL, entries: readonly unknown[]): VaultAnswer {
  const size = readCount(url, 'maxresults', DEFAULT_PAGE_SIZE, 1);
  const start = readCount(url, '$skiptoken', 0, 0);
  const next = new URL(url);
  next.searchParams.set('$skiptoken', String(start + size));
  const nextLink = start + size < entries.length ? next.href : null;
  return { status: 200, body: { value: entries.slice(start, start + size), nextLink } };
}

function readCount(url: URL, name: string, fallback: number, least: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return fallback;
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < least) throw badParameter(`Invalid ${name}.`);
  return count;
}
