/** The verifier over real HTTP, against the Entra stand-in: its tokens, its keys, and its outages. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TokenRequest } from '../../infra/local/entra/issue-token.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { createGroupResolver, type GroupSource } from '../../shared/identity/groups.ts';
import { createRemoteKeySource } from '../../shared/identity/key-source.ts';
import { createTokenVerifier } from '../../shared/identity/verify-token.ts';
import { err } from '../../shared/result.ts';
import { proves } from '../requirements.ts';
import { CRM, startSampleEntra } from './entra-client.ts';

let entra: Entra;
beforeAll(async () => {
  entra = await startSampleEntra();
});
beforeEach(() => entra.faults.clear());
afterAll(() => entra?.stop());

/** A process of its own: no key known yet. */
function createProcess({ timeoutMs = 1_000, aheadMs = (): number => 0 } = {}) {
  const nowMs = () => Date.now() + aheadMs();
  const keys = createRemoteKeySource({ url: entra.keysUrl, fetch, nowMs, deadline: AbortSignal.timeout, timeoutMs });
  const verifier = createTokenVerifier({
    tenantId: entra.tenantId,
    clientId: entra.clientId,
    v1Issuer: entra.v1Issuer,
    v2Issuer: entra.issuer,
    audiences: [],
    keys,
    scope: 'Mcp.Invoke',
    role: 'Mcp.Invoke.All',
    clockSkewSeconds: 60,
    nowMs,
  });
  return {
    async verify(request: TokenRequest) {
      return verifier.verify(`Bearer ${await entra.issueToken(request)}`, CRM);
    },
  };
}

async function reasonOf(request: TokenRequest, process = createProcess()): Promise<string> {
  const verified = await process.verify(request);
  return verified.ok ? 'accepted' : verified.error.reason;
}

describe('over the wire', () => {
  it.each([
    ['a person, version 2', { user: 'alice' }, 'user', '5a11e000-0000-4000-8000-0000000000b1'],
    ['a person, version 1', { user: 'bob', version: 1 }, 'user', '5a11e000-0000-4000-8000-0000000000b2'],
    [
      'a person, for this server’s URL',
      { user: 'alice', audience: CRM },
      'user',
      '5a11e000-0000-4000-8000-0000000000b1',
    ],
    ['an app, version 2', { app: 'reporting-bot' }, 'app', '5a11e000-0000-4000-8000-0000000000d2'],
    ['an app, version 1', { app: 'reporting-bot', version: 1 }, 'app', '5a11e000-0000-4000-8000-0000000000d2'],
  ] as const)(proves('identity.accepted', '%s is accepted'), async (_name, request, kind, id) => {
    expect(await createProcess().verify(request)).toMatchObject({ ok: true, value: { principal: { kind, id } } });
  });

  it.each<readonly [string, TokenRequest, string]>([
    ['alg none', { user: 'alice', alg: 'none' }, 'wrong-algorithm'],
    ['HS256 with the public key', { user: 'alice', alg: 'HS256' }, 'wrong-algorithm'],
    ['a foreign key under a known id', { user: 'alice', key: 'foreign' }, 'bad-signature'],
    ['a foreign key under its own id', { user: 'alice', key: 'unknown' }, 'unknown-key'],
    ['expired', { user: 'alice', ttlSeconds: -61 }, 'expired'],
    ['not yet valid', { user: 'alice', validFromSeconds: 120 }, 'not-yet-valid'],
    ['another server', { user: 'alice', audience: 'http://127.0.0.1:7071/mcp/payroll' }, 'wrong-audience'],
    ['another tenant', { user: 'alice', tenant: '5a11e000-0000-4000-8000-000000000002' }, 'wrong-issuer'],
    [
      'another tenant that claims our issuer',
      { user: 'alice', claims: { tid: '5a11e000-0000-4000-8000-000000000002' } },
      'wrong-tenant',
    ],
    ['no scope', { user: 'alice', scope: '' }, 'insufficient-scope'],
    ['no role', { app: 'reporting-bot', roles: [] }, 'insufficient-scope'],
  ])(proves('identity.table', '%s is refused'), async (_name, request, reason) => {
    expect(await reasonOf(request)).toBe(reason);
  });

  it(proves('identity.overage', 'a person in 251 groups is refused by name while nobody can be asked'), async () => {
    const verified = await createProcess().verify({ user: 'grace' });
    if (!verified.ok) throw new Error(verified.error.reason);
    const groups = new Map([['support', '5a11e000-0000-4000-8000-0000000000a1']]);
    const source: GroupSource = { findMemberships: async () => err({ reason: 'groups-unavailable' }) };
    const resolver = createGroupResolver({ groups, source });
    expect(await resolver.resolve(verified.value)).toEqual({ ok: false, error: { reason: 'groups-unavailable' } });
  });

  it.each([
    ['fails', { does: 'fail', status: 503 }],
    ['hangs', { does: 'hang' }],
    ['is cut off', { does: 'drop' }],
    ['is too slow', { does: 'wait', ms: 2_000 }],
  ] as const)(proves('identity.keys', 'a key document that %s is an outage, and heals'), async (_name, fault) => {
    let aheadMs = 0;
    const process = createProcess({ timeoutMs: 300, aheadMs: () => aheadMs });
    entra.faults.add({ path: '/discovery/', ...fault });
    expect(await reasonOf({ user: 'alice' }, process)).toBe('keys-unavailable');
    aheadMs += 5_000;
    expect(await reasonOf({ user: 'alice' }, process)).toBe('accepted');
  });
});
