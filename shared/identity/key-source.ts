/**
 * Where the tenant's signing keys come from. Cached; one fetch at a time however many wait; fetched again for an
 * unknown key id, but not more often than a cooldown, so that made-up ids don't turn us against Entra.
 * An outage is never mistaken for a bad token: `keys-unavailable` becomes a 503, not a 401.
 */
import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import { err, ok, type Result } from '../result.ts';

export type KeyFailure =
  /** The tenant has no such key. */
  | { readonly reason: 'unknown-key' }
  /** Nobody can say whether it has. */
  | { readonly reason: 'keys-unavailable'; readonly cause: unknown };

export interface KeySource {
  /** An RSA public key for RS256, by its `kid`. Never rejects. */
  findKey(keyId: string): Promise<Result<CryptoKey, KeyFailure>>;
}

export interface RemoteKeySource extends KeySource {
  /** Fetches ahead of the first token, unless something is known already. Never rejects: the first token asks again. */
  warmUp(): Promise<void>;
}

export interface RemoteKeySourceOptions {
  /** The JWKS document, `{authority}/{tenant}/discovery/v2.0/keys`. */
  readonly url: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly nowMs: () => number;
  /** A signal that aborts after so many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
  /** One fetch, milliseconds; default 5,000. */
  readonly timeoutMs?: number;
  /** Keys older than this are fetched again in the background, milliseconds; default 1 hour. */
  readonly freshMs?: number;
  /** Keys older than this are not used, even if Entra is down, milliseconds; default 24 hours. */
  readonly staleMs?: number;
  /** Rest after a fetch that worked, milliseconds; default 30,000. */
  readonly cooldownMs?: number;
  /** Rest after one that failed, milliseconds; default 5,000. */
  readonly failureCooldownMs?: number;
}

type Keys = ReadonlyMap<string, CryptoKey>;

export function createRemoteKeySource(options: RemoteKeySourceOptions): RemoteKeySource {
  const { nowMs, freshMs = 3_600_000, staleMs = 86_400_000 } = options;
  const { cooldownMs = 30_000, failureCooldownMs = 5_000 } = options;
  let known: { readonly keys: Keys; readonly fetchedAtMs: number } | undefined;
  let last: { readonly atMs: number; readonly failure?: Error } | undefined;
  let pending: Promise<void> | undefined;

  /** Never rejects: its outcome is in `known` and `last`. */
  function refresh(): Promise<void> {
    pending ??= fetchKeys(options)
      .then(
        (keys) => {
          known = { keys, fetchedAtMs: nowMs() };
          last = { atMs: nowMs() };
        },
        (cause: unknown) => {
          last = { atMs: nowMs(), failure: new Error('signing keys could not be fetched', { cause }) };
        },
      )
      .finally(() => {
        pending = undefined;
      });
    return pending;
  }

  function mayRefresh(): boolean {
    if (last === undefined || pending !== undefined) return true;
    const restedMs = nowMs() - last.atMs;
    // A clock that was set back must not stretch the rest.
    return restedMs < 0 || restedMs >= (last.failure ? failureCooldownMs : cooldownMs);
  }

  function ageMs(): number {
    return known ? Math.max(0, nowMs() - known.fetchedAtMs) : Number.POSITIVE_INFINITY;
  }

  function lookUp(keyId: string): CryptoKey | undefined {
    return ageMs() <= staleMs ? known?.keys.get(keyId) : undefined;
  }

  return {
    async findKey(keyId) {
      const cached = lookUp(keyId);
      if (cached) {
        if (ageMs() > freshMs && mayRefresh()) void refresh();
        return ok(cached);
      }
      if (mayRefresh()) await refresh();
      const found = lookUp(keyId);
      if (found) return ok(found);
      return err(last?.failure ? { reason: 'keys-unavailable', cause: last.failure } : { reason: 'unknown-key' });
    },
    async warmUp() {
      if (known === undefined && mayRefresh()) await refresh();
    },
  };
}

const jwksSchema = z.object({ keys: z.array(z.unknown()) });

/** 342 base64url digits are 2,048 bits, the least that RS256 allows (RFC 7518 §3.3). */
const MODULUS_DIGITS = 342;

const signingKeySchema = z.object({
  kty: z.literal('RSA'),
  kid: z.string().min(1),
  n: z.string().min(MODULUS_DIGITS),
  e: z.string().min(1),
  use: z.literal('sig').optional(),
  alg: z.literal('RS256').optional(),
});

/** Keys of another kind are passed over; a document without one that fits counts as an outage. */
async function fetchKeys({ url, fetch, deadline, timeoutMs = 5_000 }: RemoteKeySourceOptions): Promise<Keys> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: deadline(timeoutMs),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { keys } = jwksSchema.parse(await response.json());
  const usable = keys.map((key) => signingKeySchema.safeParse(key).data).filter((key) => key !== undefined);
  const imported = await Promise.allSettled(
    usable.map(async ({ kid, n, e }) => [kid, await importJWK({ kty: 'RSA', n, e }, 'RS256')] as const),
  );
  const entries = imported.flatMap((settled) => (settled.status === 'fulfilled' ? [settled.value] : []));
  if (entries.length === 0) throw new Error('no signing key in the document');
  return new Map(entries);
}
