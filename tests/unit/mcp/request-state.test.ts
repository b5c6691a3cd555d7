import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../shared/identity/caller.ts';
import type { Keyring } from '../../../shared/keys/keyring.ts';
import { loadKeyring } from '../../../shared/keys/load-keyring.ts';
import { openRequestState, sealRequestState } from '../../../shared/mcp/request-state.ts';
import { proves } from '../../requirements.ts';
import { createMemoryTable, createMemoryWrapper } from '../keys/memory-vault.ts';

const caller: Caller = {
  tenant: 't',
  principal: { kind: 'user', id: 'u', guest: false },
  agent: { id: 'a' },
  groups: [],
  tokenId: 'x',
  expiresAt: 0,
};
const request = {
  kind: 'request',
  id: 1,
  method: 'tools/call',
  params: { name: 'pay', arguments: { a: 1, b: [2] } },
} as const;

describe('requestState', () => {
  let keyring: Keyring;
  beforeAll(async () => {
    keyring = await loadKeyring({ store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes });
  });
  const seal = () => sealRequestState(keyring, caller, 'crm', request, 'theirs', 1_000);
  const open = (sealed: string, nowMs = 2_000, as = caller, of: Parameters<typeof openRequestState>[3] = request) =>
    openRequestState(keyring, as, 'crm', of, sealed, nowMs);

  it(proves('mcp.request-state', 'opens for the same call, whatever the id and the order of its arguments'), () => {
    expect(open(seal())).toBe('theirs');
    const again = { ...request, id: 2, params: { arguments: { b: [2], a: 1 }, name: 'pay' } };
    expect(open(seal(), 2_000, caller, again)).toBe('theirs');
  });

  it(proves('mcp.request-state', 'is too old after half an hour'), () => {
    const sealed = seal();
    expect(open(sealed, 1_000 + 30 * 60_000 - 1)).toBe('theirs');
    expect(open(sealed, 1_000 + 30 * 60_000)).toBeUndefined();
  });

  it('does not open for another agent, server, method or argument', () => {
    const sealed = seal();
    expect(open(sealed, 2_000, { ...caller, agent: { id: 'other' } })).toBeUndefined();
    expect(openRequestState(keyring, caller, 'hr', request, sealed, 2_000)).toBeUndefined();
    expect(open(sealed, 2_000, caller, { ...request, method: 'prompts/get' })).toBeUndefined();
    const other = { ...request, params: { ...request.params, arguments: { a: 1, b: [3] } } };
    expect(open(sealed, 2_000, caller, other)).toBeUndefined();
  });
});
