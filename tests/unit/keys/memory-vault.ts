/**
 * A vault and a table in memory, for tests of the keyring: the wrapper authenticates what it wraps (AES-GCM), the table
 * inserts and never replaces, and either can be told to fail, to lose a response, or to wait.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyringStore, KeyWrapper, StoredMaster } from '../../../shared/keys/master.ts';

export function createMemoryWrapper(): KeyWrapper & { unwraps: number } {
  const key = randomBytes(32);
  const wrapper = {
    unwraps: 0,
    wrap: async (master: Uint8Array) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      const wrapped = Buffer.concat([nonce, cipher.update(master), cipher.final(), cipher.getAuthTag()]);
      return { keyId: 'memory/1', wrapped };
    },
    unwrap: async (keyId: string, wrapped: Uint8Array) => {
      wrapper.unwraps += 1;
      if (keyId !== 'memory/1') throw new Error('no such key');
      const bytes = Buffer.from(wrapped);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    },
  };
  return wrapper;
}

export interface MemoryTable extends KeyringStore {
  readonly rows: Map<number, StoredMaster>;
  /** The next insert lands and its response does not come back. */
  loseNextResponse: boolean;
}

export function createMemoryTable(): MemoryTable {
  const table: MemoryTable = {
    rows: new Map(),
    loseNextResponse: false,
    list: async () => [...table.rows.values()],
    insert: async (master) => {
      // Both racers have listed an empty table before either inserts.
      await new Promise((resolve) => setImmediate(resolve));
      if (table.rows.has(master.version)) return 'exists';
      table.rows.set(master.version, master);
      if (table.loseNextResponse) {
        table.loseNextResponse = false;
        throw new Error('socket hang up');
      }
      return 'inserted';
    },
  };
  return table;
}
