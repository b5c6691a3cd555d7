/**
 * What the gateway changes in a result by its own will, and nowhere else: lists are cut to what the caller may see, and
 * what was made for one caller says so to caches (FACTS §1.3).
 */
import { isArray, isObject, type JsonObject } from '../json/value.ts';
import type { ListShape } from './methods.ts';
import type { Era } from './protocol.ts';

/** A list result without the items that `maySee` refuses; order, cursor and other members stay. */
export function filterList(
  result: JsonObject,
  shape: ListShape,
  era: Era,
  maySee: (name: string, item: JsonObject) => boolean,
): JsonObject {
  const { member, key } = shape;
  const items = result[member];
  if (!isArray(items)) return asPrivate(result, era);
  const visible = items.filter((item) => {
    const name = isObject(item) ? item[key] : undefined;
    return typeof name === 'string' && isObject(item) && maySee(name, item);
  });
  return asPrivate({ ...result, [member]: visible }, era);
}

/** Made for one caller: no cache may give it to another, or to the same one after policy changed. */
export function asPrivate(result: JsonObject, era: Era): JsonObject {
  return era === 'modern' ? { ...result, ttlMs: 0, cacheScope: 'private' } : result;
}

/** The same for a result that turned out to be masked, where it says anything of caches at all. */
export function asPrivateIfCacheable(result: JsonObject): JsonObject {
  return 'ttlMs' in result || 'cacheScope' in result ? { ...result, ttlMs: 0, cacheScope: 'private' } : result;
}
