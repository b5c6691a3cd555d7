/**
 * `/keys`: creating EC P-256 and RSA keys, and using them: sign, verify, wrapkey, unwrapkey. A private part never
 * leaves. Everything else is in collection.ts.
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
import { createKeyMaterial, type KeyMaterial, publicPart, sign, unwrap, verify, wrap } from './key-material.ts';
import { VaultProblem } from './problem.ts';
import type { Shelf, Version } from './shelf.ts';

const createSchema = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256').default('P-256'), key_ops: z.array(z.string()).optional() }),
  z.object({
    kty: z.literal('RSA'),
    key_size: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]).default(2048),
    key_ops: z.array(z.string()).optional(),
  }),
]);

const bytes = z.base64url().transform((text) => Buffer.from(text, 'base64url'));
const useSchema = z.object({ alg: z.string(), value: bytes });
const verifySchema = useSchema.extend({ digest: bytes });

export function createKeys(vaultUrl: string, shelf: Shelf<KeyMaterial>): Collection<KeyMaterial> {
  const common = (version: Version<KeyMaterial>) => ({
    attributes: attributesOf(version),
    tags: version.tags ?? {},
  });
  const idOf = (name: string, version: Version<KeyMaterial>) => `${vaultUrl}/keys/${name}/${version.id}`;
  const show = (name: string, version: Version<KeyMaterial>) => ({
    key: { kid: idOf(name, version), ...publicPart(version.content) },
    ...common(version),
  });
  return {
    path: 'keys',
    shelf,
    show,
    outline: (name, version, isVersioned) => ({
      kid: isVersioned ? idOf(name, version) : `${vaultUrl}/keys/${name}`,
      // An updated or deleted key is described with its public part; in a list it does no harm.
      key: show(name, version).key,
      ...common(version),
    }),
  };
}

/** `POST /keys/{name}/create`. */
export async function createKey(
  keys: Collection<KeyMaterial>,
  request: VaultRequest,
): Promise<VaultAnswer | undefined> {
  const [name, action, ...more] = request.rest;
  if (request.method !== 'POST' || name === undefined || action !== 'create' || more.length > 0) return undefined;
  const wanted = parseBody(createSchema, request.body);
  const changes = readChanges(request.body);
  const size = wanted.kty === 'RSA' ? wanted.key_size : undefined;
  const material = await createKeyMaterial(wanted.kty, size, wanted.key_ops);
  return { status: 200, body: keys.show(name, keys.shelf.add(name, material, changes)) };
}

/** `POST /keys/{name}/{version}/{sign|verify|wrapkey|unwrapkey}`; without a version, the newest. */
export function useKey(keys: Collection<KeyMaterial>, request: VaultRequest): VaultAnswer | undefined {
  const [name, second, third] = request.rest;
  const operation = third ?? second;
  if (request.method !== 'POST' || name === undefined || operation === undefined) return undefined;
  const use = operations[operation];
  if (!use) return undefined;
  const version = keys.shelf.get(name, third === undefined ? undefined : second);
  if (!version.enabled) {
    const message = `Operation ${operation} is not allowed on a disabled key.`;
    throw new VaultProblem(403, 'Forbidden', message, 'KeyDisabled');
  }
  const value = use(version.content, request.body);
  if (typeof value === 'boolean') return { status: 200, body: { value } };
  const { kid } = keys.outline(name, version, true);
  return { status: 200, body: { kid, value: value.toString('base64url') } };
}

const operations: Readonly<Record<string, (key: KeyMaterial, body: unknown) => Buffer | boolean>> = {
  sign: (key, body) => withValue(body, (algorithm, value) => sign(key, algorithm, value)),
  wrapkey: (key, body) => withValue(body, (algorithm, value) => wrap(key, algorithm, value)),
  unwrapkey: (key, body) => withValue(body, (algorithm, value) => unwrap(key, algorithm, value)),
  verify: (key, body) => {
    const { alg, digest, value } = parseBody(verifySchema, body);
    return verify(key, alg, digest, value);
  },
};

function withValue(body: unknown, use: (algorithm: string, value: Buffer) => Buffer): Buffer {
  const { alg, value } = parseBody(useSchema, body);
  return use(alg, value);
}
