/** Group object ids become the names that policies use; what nobody can say is a refusal. */
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../shared/identity/caller.ts';
import { createGroupResolver, type GroupSource } from '../../../shared/identity/groups.ts';
import { err, ok } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';
import { alice, assistant, now, support, tenant } from './tokens.ts';

const finance = '5a11e000-0000-4000-8000-0000000000a2';
const groups = new Map([
  ['support', support],
  ['finance', finance],
]);

function callerIn(held: Caller['groups']): Caller {
  const principal = { kind: 'user', id: alice, guest: false } as const;
  return { tenant, principal, agent: { id: assistant }, groups: held, tokenId: 't', expiresAt: now };
}

const unasked: GroupSource = {
  findMemberships: async () => {
    throw new Error('the token said it all');
  },
};

describe('createGroupResolver', () => {
  it('names the groups of the token, in the order of gateway.yaml, and leaves out what has no name', async () => {
    const resolver = createGroupResolver({ groups, source: unasked });
    expect(await resolver.resolve(callerIn([finance, tenant, support]))).toEqual(ok(['support', 'finance']));
    expect(await resolver.resolve(callerIn([]))).toEqual(ok([]));
  });

  it(proves('identity.overage', 'refuses by name while nobody can say which groups a token left out'), async () => {
    const source: GroupSource = { findMemberships: async () => err({ reason: 'groups-unavailable' }) };
    const resolver = createGroupResolver({ groups, source });
    expect(await resolver.resolve(callerIn('overage'))).toEqual(err({ reason: 'groups-unavailable' }));
  });

  it('asks the source for the configured groups alone', async () => {
    const source: GroupSource = {
      findMemberships: async (principal, groupIds) => ok(principal.id === alice ? groupIds.slice(1) : []),
    };
    expect(await createGroupResolver({ groups, source }).resolve(callerIn('overage'))).toEqual(ok(['finance']));
  });
});
