/**
 * `/secrets`: setting a secret makes a new version; a disabled one cannot be read. Everything else is in collection.ts.
 */
import { z } from 'zod';
import {
  attributesOf,
  type Collection,
  parseBody,
  readChanges,
  type VaultAnswer,
  type VaultRequest,
} from './collection.ts';
import { VaultProblem } from './problem.ts';
import type { Shelf, Version } from './shelf.ts';

const setSchema = z.object({ value: z.string() });

export function createSecrets(vaultUrl: string, shelf: Shelf<string>): Collection<string> {
  const describe = (name: string, version: Version<string>, isVersioned: boolean) => ({
    id: `${vaultUrl}/secrets/${name}${isVersioned ? `/${version.id}` : ''}`,
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    attributes: attributesOf(version),
    tags: version.tags ?? {},
  });
  return {
    path: 'secrets',
    shelf,
    outline: describe,
    show(name, version) {
      if (!version.enabled) {
        const message = 'Operation get is not allowed on a disabled secret.';
        throw new VaultProblem(403, 'Forbidden', message, 'SecretDisabled');
      }
      return { value: version.content, ...describe(name, version, true) };
    },
  };
}

/** `PUT /secrets/{name}`. */
export function setSecret(secrets: Collection<string>, request: VaultRequest): VaultAnswer | undefined {
  const [name, ...more] = request.rest;
  if (request.method !== 'PUT' || name === undefined || more.length > 0) return undefined;
  const { value } = parseBody(setSchema, request.body);
  const version = secrets.shelf.add(name, value, readChanges(request.body));
  return { status: 200, body: { value, ...secrets.outline(name, version, true) } };
}
