import { describe, expect, it } from 'vitest';
import { toBlockKey } from '../../../../shared/identity/blocks/block.ts';
import { ALICE } from './blocks-fixture.ts';

describe('the key of a block', () => {
  it('has ids of people and apps in lower case, and others as they are', () => {
    const upper = ALICE.toUpperCase();
    expect(toBlockKey('principal', upper, 'crm')).toEqual({ kind: 'principal', value: ALICE, server: 'crm' });
    expect(toBlockKey('agent', upper)).toEqual({ kind: 'agent', value: ALICE });
    expect(toBlockKey('token', 'aB_-1')).toEqual({ kind: 'token', value: 'aB_-1' });
    expect(toBlockKey('session', 'k1-AA')).toEqual({ kind: 'session', value: 'k1-AA' });
  });

  it.each([
    ['a principal by name', 'principal', 'alice', undefined],
    ['an agent with something after its id', 'agent', `${ALICE}\n`, undefined],
    ['an empty token', 'token', '', undefined],
    ['a token with a space', 'token', 'a b', undefined],
    ['a session that is too long', 'session', 'x'.repeat(129), undefined],
    ['a server that can be none', 'principal', ALICE, '../crm'],
    ['an agent on a server', 'agent', ALICE, 'crm'],
  ] as const)('is none for %s', (_, kind, value, server) => {
    expect(toBlockKey(kind, value, server)).toBeUndefined();
  });
});
