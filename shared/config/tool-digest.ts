/**
 * The digest that pins a tool: SHA-256 of the RFC 8785 canonical form of what a model or a policy reads of it.
 * `sallyport pin`, the loader and the drift check share this one function. It ignores `_meta` and icons: neither
 * is read by policy, and upstreams change them at will. It never throws on what an upstream sent.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { isArray, isExactNumber, isObject, type Json, type JsonObject } from '../json/value.ts';

const PINNED_MEMBERS = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

/**
 * Lower-case hex, 64 digits. Undefined for a definition that has no canonical form (a number beyond a double's
 * range, a lone surrogate): it can't be pinned, and compares unequal to every pinned digest.
 */
export function digestTool(definition: JsonObject): string | undefined {
  const pinned: Record<string, Json> = {};
  for (const member of PINNED_MEMBERS) {
    const value = definition[member];
    if (value === undefined) continue;
    const canonical = asDoubles(value);
    if (canonical === undefined) return undefined;
    pinned[member] = canonical;
  }
  const text = canonicalize(pinned);
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}

/** RFC 8785 §3.2.2.3: numbers are IEEE doubles, so 1.0 and 1 are the same. Undefined where the value is not I-JSON. */
function asDoubles(value: Json): Json | undefined {
  if (isExactNumber(value)) return finite(Number(value.rawJSON));
  if (typeof value === 'number') return finite(value);
  if (typeof value === 'string') return value.isWellFormed() ? value : undefined;
  if (isArray(value)) {
    const items = value.map(asDoubles);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (!isObject(value)) return value;
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    const canonical = asDoubles(member);
    if (canonical === undefined || !key.isWellFormed()) return undefined;
    members.push([key, canonical]);
  }
  return Object.fromEntries(members);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
