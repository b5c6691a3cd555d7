/** Signing keys: few fetches, none for nothing, and an outage that is never taken for a bad token. */
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRemoteKeySource, type RemoteKeySourceOptions } from '../../../shared/identity/key-source.ts';
import { proves } from '../../requirements.ts';

const HOUR_MS = 3_600_000;

let first: JWK;
let second: JWK;
beforeAll(async () => {
  [first, second] = await Promise.all([createJwk('key-1'), createJwk('key-2')]);
});

async function createJwk(kid: string): Promise<JWK> {
  const { publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(publicKey)), kid, use: 'sig' };
}

/** Entra with a clock: counts fetches, publishes what the test says, and fails when told to. */
function createEntra(published: readonly unknown[], options: Partial<RemoteKeySourceOptions> = {}) {
  const entra = {
    keys: published,
    isDown: false,
    fetches: 0,
    atMs: 1_000_000,
    requests: [] as (readonly [string, RequestInit])[],
  };
  const source = createRemoteKeySource({
    url: 'https://login.example.com/keys',
    nowMs: () => entra.atMs,
    deadline: () => new AbortController().signal,
    async fetch(url, init) {
      entra.fetches += 1;
      entra.requests.push([url, init]);
      await Promise.resolve();
      if (entra.isDown) throw new TypeError('fetch failed');
      return Response.json({ keys: entra.keys });
    },
    ...options,
  });
  const ask = async (keyId: string) => {
    const found = await source.findKey(keyId);
    return found.ok ? 'found' : found.error.reason;
  };
  /** Lets a refresh in the background come to its end. */
  const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
  return { entra, source, ask, settle };
}

describe('createRemoteKeySource', () => {
  it(proves('identity.keys', 'fetches once for many that wait, and then answers from its cache'), async () => {
    const { entra, ask } = createEntra([first]);
    expect(entra.fetches).toBe(0);
    expect(await Promise.all([ask('key-1'), ask('key-1'), ask('key-1')])).toEqual(['found', 'found', 'found']);
    entra.atMs += HOUR_MS;
    expect(await ask('key-1')).toBe('found');
    expect(entra.fetches).toBe(1);
  });

  it('fetches ahead once, and the first token waits for nothing', async () => {
    const { entra, source, ask } = createEntra([first]);
    await Promise.all([source.warmUp(), source.warmUp()]);
    expect(entra.fetches).toBe(1);
    await source.warmUp();
    expect(await ask('key-1')).toBe('found');
    expect(entra.fetches).toBe(1);
  });

  it('fetches ahead in vain without a word: the first token says so', async () => {
    const { entra, source, ask } = createEntra([first]);
    entra.isDown = true;
    await source.warmUp();
    expect(await ask('key-1')).toBe('keys-unavailable');
    expect(entra.fetches).toBe(1);
  });

  it('gives an RSA public key for RS256', async () => {
    const { source } = createEntra([first]);
    const found = await source.findKey('key-1');
    const key: CryptoKey | undefined = found.ok ? found.value : undefined;
    expect(key).toMatchObject({ type: 'public', usages: ['verify'], algorithm: { name: 'RSASSA-PKCS1-v1_5' } });
  });

  it('asks only the one address, follows no redirect, and has its own deadline', async () => {
    const { signal } = new AbortController();
    const deadlines: number[] = [];
    const { entra, ask } = createEntra([first], {
      timeoutMs: 1_234,
      deadline: (ms) => {
        deadlines.push(ms);
        return signal;
      },
    });
    await ask('key-1');
    expect(entra.requests).toEqual([
      ['https://login.example.com/keys', { headers: { accept: 'application/json' }, redirect: 'error', signal }],
    ]);
    expect(deadlines).toEqual([1_234]);
  });

  it(proves('identity.keys', 'fetches again for an unknown key id, and finds a key that is new'), async () => {
    const { entra, ask } = createEntra([first]);
    await ask('key-1');
    entra.keys = [first, second];
    entra.atMs += 30_000;
    expect(await ask('key-2')).toBe('found');
    expect(entra.fetches).toBe(2);
  });

  it('does not fetch for every made-up key id', async () => {
    const { entra, ask } = createEntra([first]);
    await ask('key-1');
    for (let index = 0; index < 50; index += 1) expect(await ask(`made-up-${index}`)).toBe('unknown-key');
    entra.atMs += 29_999;
    expect(await ask('made-up')).toBe('unknown-key');
    expect(entra.fetches).toBe(1);
  });

  it('forgets a key that is no longer published', async () => {
    const { entra, ask } = createEntra([first]);
    await ask('key-1');
    entra.keys = [second];
    entra.atMs += 30_000;
    expect(await ask('key-2')).toBe('found');
    expect(await ask('key-1')).toBe('unknown-key');
  });

  it('renews old keys in the background, and nobody waits for it', async () => {
    const { entra, ask, settle } = createEntra([first]);
    await ask('key-1');
    entra.keys = [second];
    entra.atMs += HOUR_MS + 1;
    expect(await ask('key-1')).toBe('found');
    await settle();
    expect(entra.fetches).toBe(2);
    expect(await ask('key-2')).toBe('found');
  });

  it(proves('identity.keys', 'says keys-unavailable, not unknown-key, when it never reached Entra'), async () => {
    const { entra, ask } = createEntra([first]);
    entra.isDown = true;
    expect(await Promise.all([ask('key-1'), ask('key-1')])).toEqual(['keys-unavailable', 'keys-unavailable']);
    expect(entra.fetches).toBe(1);
    entra.atMs += 4_999;
    expect(await ask('key-1')).toBe('keys-unavailable');
    expect(entra.fetches).toBe(1);
    entra.isDown = false;
    entra.atMs += 1;
    expect(await ask('key-1')).toBe('found');
  });

  it(proves('identity.keys', 'lives through an outage on the keys it has, for a day and no longer'), async () => {
    const { entra, ask, settle } = createEntra([first]);
    await ask('key-1');
    entra.isDown = true;
    entra.atMs += 24 * HOUR_MS;
    expect(await ask('key-1')).toBe('found');
    await settle();
    expect(await ask('made-up')).toBe('keys-unavailable');
    entra.atMs += 1;
    expect(await ask('key-1')).toBe('keys-unavailable');
  });

  it('keeps the cause of an outage', async () => {
    const { entra, source } = createEntra([first]);
    entra.isDown = true;
    const found = await source.findKey('key-1');
    expect(found).toMatchObject({ error: { cause: { cause: { message: 'fetch failed' } } } });
  });

  it('is not held back by a clock that was set back', async () => {
    const { entra, ask } = createEntra([first]);
    await ask('key-1');
    entra.keys = [first, second];
    entra.atMs -= 10 * HOUR_MS;
    expect(await ask('key-2')).toBe('found');
  });

  it('passes over keys that are for something else', async () => {
    const { privateKey: _private, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const elliptic = { ...(await exportJWK(publicKey)), kid: 'elliptic' };
    const others = [
      elliptic,
      { ...first, kid: 'encryption', use: 'enc' },
      { ...first, kid: 'pss', alg: 'PS256' },
      { ...first, kid: 'short', n: 'AQAB' },
      { kty: 'oct', kid: 'secret', k: 'AAAA' },
      null,
      'text',
    ];
    const { ask } = createEntra([...others, first]);
    expect(await ask('key-1')).toBe('found');
    for (const keyId of ['elliptic', 'encryption', 'pss', 'short', 'secret'])
      expect(await ask(keyId)).toBe('unknown-key');
  });

  it.each([
    ['an error', () => new Response('no', { status: 500 })],
    ['something that is no JSON', () => new Response('<html>')],
    ['JSON of another kind', () => Response.json([])],
    ['a document without a key', () => Response.json({ keys: [] })],
  ])('takes %s for an outage and keeps the keys it has', async (_name, answer) => {
    let isBroken = true;
    const { entra, ask } = createEntra([], {
      fetch: async () => (isBroken ? answer() : Response.json({ keys: [first] })),
    });
    expect(await ask('key-1')).toBe('keys-unavailable');
    isBroken = false;
    entra.atMs += 5_000;
    expect(await ask('key-1')).toBe('found');
    isBroken = true;
    entra.atMs += 30_000;
    expect(await ask('key-2')).toBe('keys-unavailable');
    expect(await ask('key-1')).toBe('found');
  });
});
