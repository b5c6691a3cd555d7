/**
 * Hands the exchange an upstream credential (DESIGN §2.6): read from the vault, cached with a bound, wrapped so that it
 * cannot be printed. Never forwards what a client sent, never serves a value past its time when the vault is down,
 * and never puts a value into an error.
 */
import type { CredentialConfig } from '../config/config.ts';
import { Secret } from './secret.ts';

/** Where secrets are. Rejects when the secret is absent, disabled or the vault out of reach; its own deadline applies. */
export interface SecretSource {
  /** `version` names the version that was read, never anything of its value. */
  read(name: string): Promise<{ readonly value: string; readonly version: string }>;
}

/** What the upstream request builder puts on the request, and what the record may say of it. */
export interface UpstreamCredential {
  /** Lower case. */
  readonly header: string;
  /** The header's whole value, scheme included. */
  readonly value: Secret;
  readonly secret: string;
  readonly version: string;
}

export interface CredentialBroker {
  /** Rejects with `CredentialUnavailable`. Concurrent calls for one secret share one read. */
  credentialFor(config: CredentialConfig): Promise<UpstreamCredential>;
  /**
   * After an upstream's 401: forgets the secret, if it still is the `version` that was refused, so that a rotated one
   * is read. An upstream that refuses everything makes at most one read in `MIN_READ_INTERVAL_MS`.
   */
  invalidate(secretName: string, version: string): void;
}

/** Generic outside (the message), rich inside (`secret`, `cause`). */
export class CredentialUnavailable extends Error {
  override readonly name = 'CredentialUnavailable';
  /** The secret's name, for the log. */
  readonly secret: string;

  constructor(secret: string, cause: unknown) {
    super('the upstream credential is unavailable', { cause });
    this.secret = secret;
  }
}

export interface CredentialBrokerOptions {
  readonly source: SecretSource;
  readonly nowMs: () => number;
  /** How long a value is used before it is read again; default 5 minutes. */
  readonly ttlMs?: number;
  /** Secrets kept at once; the longest kept goes first. Default 256, more than a configuration names. */
  readonly maxEntries?: number;
}

interface Held {
  readonly value: Secret;
  readonly version: string;
  readonly readAtMs: number;
}

interface Failure {
  readonly error: CredentialUnavailable;
  readonly untilMs: number;
}

const DEFAULT_TTL_MS = 5 * 60_000;
const DEFAULT_MAX_ENTRIES = 256;
/** A dead vault is asked once a second for each secret, however many calls wait for it. */
const FAILURE_BACK_OFF_MS = 1_000;
/** A value younger than this is not read again because an upstream refused it. */
const MIN_READ_INTERVAL_MS = 5_000;
/** Common servers refuse header lines beyond this. */
const MAX_VALUE_CHARACTERS = 8_192;
/** Visible ASCII, spaces only between: what RFC 9110 §5.5 lets a header carry without doubt. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

export function createCredentialBroker(options: CredentialBrokerOptions): CredentialBroker {
  const { source, nowMs, ttlMs = DEFAULT_TTL_MS, maxEntries = DEFAULT_MAX_ENTRIES } = options;
  const held = new Map<string, Held>();
  const failures = new Map<string, Failure>();
  const pending = new Map<string, Promise<Held>>();

  const read = async (name: string): Promise<Held> => {
    try {
      const { value, version } = await source.read(name);
      requireHeaderValue(value);
      const entry = { value: new Secret(value), version, readAtMs: nowMs() };
      failures.delete(name);
      keepBounded(held, name, entry, maxEntries);
      return entry;
    } catch (cause) {
      const error = new CredentialUnavailable(name, cause);
      keepBounded(failures, name, { error, untilMs: nowMs() + FAILURE_BACK_OFF_MS }, maxEntries);
      throw error;
    }
  };

  const current = (name: string): Promise<Held> => {
    const entry = held.get(name);
    if (entry !== undefined && nowMs() - entry.readAtMs < ttlMs) return Promise.resolve(entry);
    const underWay = pending.get(name);
    if (underWay !== undefined) return underWay;
    const failure = failures.get(name);
    if (failure !== undefined && nowMs() < failure.untilMs) return Promise.reject(failure.error);
    const started = read(name).finally(() => pending.delete(name));
    pending.set(name, started);
    return started;
  };

  return {
    credentialFor: async (config) => {
      const entry = await current(config.secret);
      const value = config.scheme === undefined ? entry.value : new Secret(`${config.scheme} ${entry.value.reveal()}`);
      return { header: config.header.toLowerCase(), value, secret: config.secret, version: entry.version };
    },
    invalidate: (secretName, version) => {
      const entry = held.get(secretName);
      if (entry === undefined || entry.version !== version) return;
      if (nowMs() - entry.readAtMs >= MIN_READ_INTERVAL_MS) held.delete(secretName);
    },
  };
}

/** Throws without the value: a line break in it would let whoever writes the secret add headers. */
function requireHeaderValue(value: string): void {
  if (value.length > MAX_VALUE_CHARACTERS || !HEADER_VALUE.test(value)) {
    throw new Error(
      `the secret is empty, longer than ${MAX_VALUE_CHARACTERS} characters, or has one that a header cannot carry`,
    );
  }
}

/** A `Map` keeps insertion order: its first key is the one kept longest. */
function keepBounded<T>(map: Map<string, T>, key: string, value: T, maxEntries: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= maxEntries) return;
    map.delete(oldest);
  }
}
