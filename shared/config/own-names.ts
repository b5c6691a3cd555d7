/**
 * Names that the gateway keeps for itself (DESIGN §5): it adds arguments and tools that begin with `sallyport_`, and takes
 * them out again before it forwards. A server's own would be lost among them, so a tool that has one is refused at load.
 */
import { isArray, isObject, type Json, type JsonObject } from '../json/value.ts';
import type { Path } from './problems.ts';

/** Whatever the case: an upstream may read names in any. With `u`, `ſ` is an `s`. */
const OWN_NAME = /^sallyport_/iu;

export const OWN_NAME_MISTAKE = 'is a name that the gateway keeps for itself: it begins with sallyport_';

export function isOwnName(text: string): boolean {
  return OWN_NAME.test(text);
}

/**
 * Where a tool's definition uses such a name: its own, or a key anywhere in its inputSchema, because a property need not
 * stand at the top to end up there (`$ref`, `allOf`). Paths within the definition.
 */
export function findOwnNames({ name, inputSchema }: JsonObject): readonly Path[] {
  const isOwn = typeof name === 'string' && isOwnName(name);
  return [...(isOwn ? [['name']] : []), ...findKeys(inputSchema ?? null, ['inputSchema'])];
}

function findKeys(schema: Json, path: Path): readonly Path[] {
  if (isArray(schema)) return schema.flatMap((item, index) => findKeys(item, [...path, index]));
  if (!isObject(schema)) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    const place = [...path, key];
    return isOwnName(key) ? [place] : findKeys(value, place);
  });
}
