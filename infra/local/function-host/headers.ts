/**
 * Header lists as they stood on the wire (Node's `rawHeaders`: name, value, name, value …), so that a repeated header
 * stays repeated and in its order when it is passed on. Pure.
 */

/** Of this connection only (RFC 9110 §7.6.1); `expect` is answered by whoever reads it first. */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export type HeaderList = readonly (readonly [name: string, value: string])[];

export function toHeaderList(raw: readonly string[]): HeaderList {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));
}

/** Never `Connection`'s to name: without them the next hop reads another request, or none. */
const framing = new Set(['content-length', 'host']);

/** Without what belongs to one connection, and without what `Connection` names. */
export function dropHopByHop(list: HeaderList): HeaderList {
  const named = list
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase()));
  const dropped = new Set([...hopByHop, ...named.filter((name) => !framing.has(name))]);
  return list.filter(([name]) => !dropped.has(name.toLowerCase()));
}

/** Each of `values` stands once, whatever the list had under its name. */
export function setHeaders(list: HeaderList, values: Readonly<Record<string, string>>): HeaderList {
  const kept = list.filter(([name]) => !Object.hasOwn(values, name.toLowerCase()));
  return [...kept, ...Object.entries(values)];
}

/** One value a name, lower case; several are joined by a comma, as the Functions host hands them to an app. */
export function joinHeaders(list: HeaderList): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of list) {
    const key = name.toLowerCase();
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}
