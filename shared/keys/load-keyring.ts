/**
 * Reads the keyring once per process: every row is unwrapped, in parallel, and the masters never leave this closure.
 * The first process ever makes version 1; of two that do so at once, both end with the row that stands.
 * What someone who can write the table can do (DESIGN §7): delete rows, so that names and sealed values of those
 * versions are no longer found, or bring the whole keyring back to an earlier one. They cannot plant a master they
 * know (the wrapper authenticates its work) nor put one version's master in another's place (it names its version).
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { createKeyDeriver, type DeriveKey } from './derive.ts';
import type { KeyPurpose, Keyring } from './keyring.ts';
import {
  type KeyringStore,
  KeyringUnavailable,
  type KeyWrapper,
  MASTER_BYTES,
  MAX_VERSION,
  packMaster,
  type StoredMaster,
  unpackMaster,
} from './master.ts';
import { openSealed, sealBytes } from './seal.ts';
import { textBytes } from './text-bytes.ts';

export interface KeyringOptions {
  readonly store: KeyringStore;
  readonly wrapper: KeyWrapper;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
}

/** 128 bits of the MAC: nobody can search for collisions without the key. */
const NAME_HEX_DIGITS = 32;
const NONCE_BYTES = 12;

/** Rejects with `KeyringUnavailable`; the message names the version that could not be opened. */
export async function loadKeyring(options: KeyringOptions): Promise<Keyring> {
  const stored = await readStored(options.store);
  const rows = stored.length > 0 ? stored : await createFirst(options);
  const masters = new Map(
    await Promise.all(rows.map(async (row) => [row.version, await unwrapMaster(options.wrapper, row)] as const)),
  );
  if (masters.size !== rows.length) throw new KeyringUnavailable('the keyring has a version twice');
  return createKeyring(masters, options.randomBytes);
}

/**
 * Adds the next version and returns its number. Processes that run already neither seal with it nor open what it
 * sealed: restart them together. When another operator adds one at the same moment, theirs is the new version.
 */
export async function addKeyVersion(options: KeyringOptions): Promise<number> {
  const rows = await readStored(options.store);
  const version = Math.max(0, ...rows.map((row) => row.version)) + 1;
  if (version > MAX_VERSION) throw new KeyringUnavailable(`the keyring holds at most ${MAX_VERSION} versions`);
  const standing = await insertMaster(options, version);
  if (!standing.some((row) => row.version === version)) {
    throw new KeyringUnavailable(`keyring version ${version} was written and is not there`);
  }
  return version;
}

async function createFirst(options: KeyringOptions): Promise<readonly StoredMaster[]> {
  const rows = await insertMaster(options, 1);
  if (rows.length === 0) throw new KeyringUnavailable('keyring version 1 was written and is not there');
  return rows;
}

/** Wraps a new master, proves that it unwraps before any process depends on it, inserts it, and reads what stands. */
async function insertMaster(options: KeyringOptions, version: number): Promise<readonly StoredMaster[]> {
  const master = options.randomBytes(MASTER_BYTES);
  let row: StoredMaster;
  try {
    row = { version, ...(await options.wrapper.wrap(packMaster(version, master))) };
  } catch (cause) {
    throw new KeyringUnavailable(`keyring version ${version} could not be wrapped`, { cause });
  }
  if (!timingSafeEqual(await unwrapMaster(options.wrapper, row), master)) {
    throw new KeyringUnavailable(`keyring version ${version} did not survive wrapping`);
  }
  try {
    await options.store.insert(row);
  } catch (cause) {
    // The response may be lost and the row stand all the same: only reading tells.
    const rows = await readStored(options.store);
    if (rows.some((standing) => standing.version === version)) return rows;
    throw new KeyringUnavailable(`keyring version ${version} could not be stored`, { cause });
  }
  return readStored(options.store);
}

async function readStored(store: KeyringStore): Promise<readonly StoredMaster[]> {
  let rows: readonly StoredMaster[];
  try {
    rows = await store.list();
  } catch (cause) {
    throw new KeyringUnavailable('the keyring could not be read', { cause });
  }
  const odd = rows.find((row) => !Number.isInteger(row.version) || row.version < 1 || row.version > MAX_VERSION);
  if (odd !== undefined) throw new KeyringUnavailable(`the keyring has a row with version ${odd.version}`);
  return rows;
}

async function unwrapMaster(wrapper: KeyWrapper, row: StoredMaster): Promise<Uint8Array> {
  let packed: Uint8Array;
  try {
    packed = await wrapper.unwrap(row.keyId, row.wrapped);
  } catch (cause) {
    throw new KeyringUnavailable(`keyring version ${row.version} could not be unwrapped`, { cause });
  }
  const master = unpackMaster(row.version, packed);
  if (master === undefined) throw new KeyringUnavailable(`keyring version ${row.version} holds something else`);
  return master;
}

function createKeyring(masters: ReadonlyMap<number, Uint8Array>, randomBytes: KeyringOptions['randomBytes']): Keyring {
  const derive = createKeyDeriver(masters);
  const newestFirst = [...masters.keys()].sort((a, b) => b - a);
  const version = Math.max(...newestFirst);
  return {
    version,
    name: (purpose, data) => nameUnder(derive, version, purpose, data),
    names: (purpose, data) => newestFirst.map((each) => nameUnder(derive, each, purpose, data)),
    seal: (purpose, aad, plaintext) => {
      const key = requireKey(derive(version, purpose, 'seal'));
      return sealBytes(key, version, { purpose, aad }, randomBytes(NONCE_BYTES), plaintext);
    },
    open: (purpose, aad, sealed) => openSealed(derive, { purpose, aad }, sealed),
  };
}

function nameUnder(derive: DeriveKey, version: number, purpose: KeyPurpose, data: string): string {
  const mac = createHmac('sha256', requireKey(derive(version, purpose, 'name'))).update(textBytes(data));
  return `k${version}-${mac.digest('hex').slice(0, NAME_HEX_DIGITS)}`;
}

function requireKey(key: KeyObject | undefined): KeyObject {
  if (key === undefined) throw new Error('a live version has a key');
  return key;
}
