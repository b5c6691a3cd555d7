/**
 * Who may use which entity: what a connection has proved through `$cbs`, as Service Bus takes it, and for how long. The
 * proof is the shared key's signature or an Entra token (entra-token.ts), never either. One key with all rights; does not
 * imitate rules with only some of the rights.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SharedKey {
  readonly name: string;
  readonly value: string;
}

/** What `put-token` brings: its kind by the name that Service Bus gives it, and the token itself. */
export interface PutToken {
  readonly type: string;
  readonly token: string;
}

export interface Proof {
  /** The entity it is for; empty: the whole namespace. */
  readonly path: string;
  readonly expiresMs: number;
}

/** Undefined: it proves nothing. Never rejects. */
export type CheckToken = (put: PutToken) => Proof | undefined | Promise<Proof | undefined>;

/** What one connection has proved; each proof lasts until it expires. */
export interface Grants {
  /** False: the token is not good for this audience, and nothing has changed. */
  add(audience: string, put: PutToken): Promise<boolean>;
  /** Entities are names as on the wire, without a leading slash; a grant covers what lies under it. */
  covers(entity: string): boolean;
}

export function createGrants(check: CheckToken, nowMs: () => number): Grants {
  const expiryMs = new Map<string, number>();
  return {
    async add(audience, put) {
      const proof = await check(put);
      if (!proof || proof.expiresMs <= nowMs() || !isUnder(pathOf(audience), proof.path)) return false;
      expiryMs.set(pathOf(audience), proof.expiresMs);
      return true;
    },
    covers: (entity) =>
      [...expiryMs].some(([path, untilMs]) => untilMs > nowMs() && isUnder(entity.toLowerCase(), path)),
  };
}

export function createKeyCheck(key: SharedKey): CheckToken {
  return ({ token }) => verifySignature(key, token);
}

/** `SharedAccessSignature sr=…&sig=…&se=…&skn=…`; undefined when it is not signed with the key. */
function verifySignature(key: SharedKey, token: string): Proof | undefined {
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
  return { path: pathOf(safelyDecode(resource)), expiresMs: Number(expires) * 1000 };
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
