/**
 * One secret from the vault, kept for a while (DESIGN §2.6): shared reads, a bound on its age, and a way to read it again
 * at once when it was refused, so that a rotated one is found. Never serves a value past its time when the vault is
 * down, never puts a value into an error, and asks a vault that fails, or a sender of rubbish, no storm of questions.
 */
import type { SecretSource } from './broker.ts';
import { Secret } from './secret.ts';

export interface SecretVersion {
  readonly value: Secret;
  readonly version: string;
}

export interface KeptSecret {
  /** Rejects when the vault can't say. */
  current(): Promise<SecretVersion>;
  /**
   * A version other than the one that was refused, read from the vault now; undefined where there is none, or where it
   * was read less than `minRefreshMs` ago. Rejects when the vault can't say.
   */
  newerThan(version: string): Promise<SecretVersion | undefined>;
}

export interface KeptSecretOptions {
  readonly source: SecretSource;
  readonly name: string;
  readonly nowMs: () => number;
  /** How long a value is used before it is read again; default 5 minutes. */
  readonly ttlMs?: number;
  /** The least time between two reads because of a refusal; default a minute. */
  readonly minRefreshMs?: number;
}

const DEFAULT_TTL_MS = 5 * 60_000;
const DEFAULT_MIN_REFRESH_MS = 60_000;
const FAILURE_BACK_OFF_MS = 1_000;

export function createKeptSecret(options: KeptSecretOptions): KeptSecret {
  const { source, name, nowMs, ttlMs = DEFAULT_TTL_MS, minRefreshMs = DEFAULT_MIN_REFRESH_MS } = options;
  let held: (SecretVersion & { readonly readAtMs: number }) | undefined;
  let pending: Promise<SecretVersion> | undefined;
  let failed: { readonly error: unknown; readonly untilMs: number } | undefined;
  let refreshedAtMs = Number.NEGATIVE_INFINITY;

  async function readNow(): Promise<SecretVersion> {
    try {
      const { value, version } = await source.read(name);
      held = { value: new Secret(value), version, readAtMs: nowMs() };
      failed = undefined;
      return held;
    } catch (error) {
      failed = { error, untilMs: nowMs() + FAILURE_BACK_OFF_MS };
      throw error;
    }
  }

  function read(): Promise<SecretVersion> {
    if (pending !== undefined) return pending;
    if (failed !== undefined && nowMs() < failed.untilMs) return Promise.reject(failed.error);
    pending = readNow().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  async function current(): Promise<SecretVersion> {
    return held !== undefined && nowMs() - held.readAtMs < ttlMs ? held : read();
  }

  return {
    current,
    async newerThan(version) {
      const known = await current();
      if (known.version !== version) return known;
      if (nowMs() - refreshedAtMs < minRefreshMs) return undefined;
      refreshedAtMs = nowMs();
      const fresh = await read();
      return fresh.version === version ? undefined : fresh;
    },
  };
}
