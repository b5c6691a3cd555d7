/**
 * Who may use which entity: the shared key's signatures as Service Bus takes them through `$cbs`. One key with all
 * rights; does not imitate Entra tokens, nor rules with only some of the rights.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SharedKey {
  readonly name: string;
  readonly value: string;
}

/** What one connection has proved; each proof lasts until it expires. */
export interface Grants {
  /** False: the token is not good for this audience, and nothing has changed. */
  add(audience: string, token: string): boolean;
  /** Entities are names as on the wire, without a leading slash; a grant covers what lies under it. */
  covers(entity: string): boolean;
}

export function createGrants(key: SharedKey, nowMs: () => number): Grants {
  const expiryMs = new Map<string, number>();
  return {
    add(audience, token) {
      const signed = verifyToken(key, token);
      if (!signed || signed.expiresMs <= nowMs() || !isUnder(pathOf(audience), pathOf(signed.resource))) return false;
      expiryMs.set(pathOf(audience), signed.expiresMs);
      return true;
    },
    covers: (entity) =>
      [...expiryMs].some(([path, untilMs]) => untilMs > nowMs() && isUnder(entity.toLowerCase(), path)),
  };
}

/** `SharedAccessSignature sr=…&sig=…&se=…&skn=…`; undefined when it is not signed with the key. */
function verifyToken(key: SharedKey, token: string): { resource: string; expiresMs: number } | undefined {
  const [scheme, query = ''] = token.split(' ');
  const fields = new Map(
    query.split('&').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  const resource = fields.get('sr') ?? '';
  const expires = fields.get('se') ?? '';
  const expected = createHmac('sha256', key.value).update(`${resource}\n${expires}`).digest('base64');
  const given = Buffer.from(safelyDecode(fields.get('sig') ?? ''));
  const isSigned = given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
  if (scheme !== 'SharedAccessSignature' || safelyDecode(fields.get('skn') ?? '') !== key.name || !isSigned)
    return undefined;
  return { resource: safelyDecode(resource), expiresMs: Number(expires) * 1000 };
}

function safelyDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The entity in `sb://host/entity`, in lower case. */
function pathOf(audience: string): string {
  return audience
    .toLowerCase()
    .replace(/^[a-z]+:\/\/[^/]*/, '')
    .replace(/^\/+|\/+$/g, '');
}

function isUnder(path: string, parent: string): boolean {
  return parent === '' || path === parent || path.startsWith(`${parent}/`);
}
