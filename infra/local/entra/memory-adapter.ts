/**
 * Where oidc-provider keeps codes, grants and refresh tokens: in memory, one store per stand-in, nothing after its end.
 * Clients come from `findClient`, asked each time: what it says of one may change.
 */
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

export function createMemoryAdapter(findClient: (id: string) => AdapterPayload | undefined): AdapterFactory {
  const entries = new Map<string, Entry>();

  function find(matches: (key: string, payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, { payload, expiresAtMs }] of entries) {
      if (expiresAtMs <= Date.now()) entries.delete(key);
      else if (matches(key, payload)) return payload;
    }
    return undefined;
  }

  return (model): Adapter => ({
    async upsert(id, payload, expiresInSeconds) {
      const expiresAtMs =
        expiresInSeconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresInSeconds * 1000;
      entries.set(`${model}:${id}`, { payload, expiresAtMs });
    },
    find: async (id) => (model === 'Client' ? findClient(id) : find((key) => key === `${model}:${id}`)),
    findByUid: async (uid) => find((key, payload) => key.startsWith(`${model}:`) && payload.uid === uid),
    findByUserCode: async (code) => find((key, payload) => key.startsWith(`${model}:`) && payload.userCode === code),
    async consume(id) {
      const entry = entries.get(`${model}:${id}`);
      if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000);
    },
    async destroy(id) {
      entries.delete(`${model}:${id}`);
    },
    async revokeByGrantId(grantId) {
      for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
    },
  });
}
