/** Which quorums people fill together, by hand-made cases. */
import { describe, expect, it } from 'vitest';
import { type Approver, isPlaceFor, solveQuorums } from '../../../shared/approvals/quorums.ts';
import type { Channel } from '../../../shared/config/channels.ts';
import type { QuorumConfig } from '../../../shared/config/config.ts';
import { proves } from '../../requirements.ts';

/** `{ dual: 'finance 1 dba 2' }`: one of finance and two of dba. */
function quorums(wanted: Readonly<Record<string, string>>, channels: readonly Channel[] = ['page']) {
  return new Map(
    Object.entries(wanted).map(([name, text]): [string, QuorumConfig] => {
      const words = text.split(' ');
      const from = words.flatMap((group, index) =>
        index % 2 === 0 ? [{ group, people: Number(words[index + 1]) }] : [],
      );
      return [name, { from, channels }];
    }),
  );
}

function person(id: string, groups: string, ...channels: Channel[]): Approver {
  return { id, groups: groups.split(' '), channels: channels.length === 0 ? ['page'] : channels };
}

describe('people and quorums', () => {
  const both = quorums({ finance: 'finance 1', dba: 'dba 1' });

  it(proves('quorum.distinct', 'bob of finance and dba takes a place in one of them, not in both'), () => {
    expect(solveQuorums(both, [person('bob', 'finance dba')])).toEqual([['finance'], ['dba']]);
    expect(solveQuorums(both, [person('bob', 'finance dba'), person('carol', 'finance')])).toEqual([
      ['finance', 'dba'],
    ]);
    expect(solveQuorums(both, [person('bob', 'finance dba'), person('carol', 'support')])).toEqual([
      ['finance'],
      ['dba'],
    ]);
  });

  it(proves('quorum.distinct', 'nor in two places of one quorum'), () => {
    const dual = quorums({ dual: 'finance 1 dba 2' });
    const bob = person('bob', 'finance dba');
    expect(solveQuorums(dual, [bob, person('carol', 'dba')])).toEqual([[]]);
    expect(solveQuorums(dual, [bob, person('carol', 'dba'), person('dave', 'dba')])).toEqual([['dual']]);
  });

  it(proves('quorum.distinct', 'nor by standing in the list twice'), () => {
    const two = quorums({ two: 'finance 2' });
    const bob = person('bob', 'finance');
    expect(solveQuorums(two, [bob, bob])).toEqual([[]]);
    expect(solveQuorums(two, [bob, person('bob', 'finance', 'teams-reply', 'page')])).toEqual([[]]);
  });

  it(proves('quorum.distinct', 'who sits moves for who comes, along a chain'), () => {
    const chain = quorums({ a: 'g1 1', b: 'g2 1', c: 'g3 1', d: 'g4 1' });
    const people = [person('p', 'g1 g2'), person('q', 'g2 g3'), person('r', 'g3 g4'), person('s', 'g1')];
    expect(solveQuorums(chain, people)).toEqual([['a', 'b', 'c', 'd']]);
  });

  it(proves('quorum.distinct', 'count only by a channel that the quorum counts'), () => {
    const onPage = quorums({ finance: 'finance 1' });
    const anywhere = quorums({ finance: 'finance 1' }, ['teams-reply', 'page']);
    const replied = person('bob', 'finance', 'teams-reply');
    expect(solveQuorums(onPage, [replied])).toEqual([[]]);
    expect(solveQuorums(anywhere, [replied])).toEqual([['finance']]);
    expect(solveQuorums(onPage, [person('bob', 'finance', 'teams-flow', 'page')])).toEqual([['finance']]);
    expect(solveQuorums(onPage, [{ id: 'bob', groups: ['finance'], channels: [] }])).toEqual([[]]);
  });
});

describe('sets of quorums', () => {
  it(proves('quorum.maximal', 'that exclude each other are all found, in configured order'), () => {
    const three = quorums({ wide: 'finance 2', one: 'finance 1', other: 'dba 1' });
    const people = [person('bob', 'finance'), person('carol', 'finance dba')];
    expect(solveQuorums(three, people)).toEqual([['wide'], ['one', 'other']]);
  });

  it(proves('quorum.maximal', 'come in the same order whoever answered first'), () => {
    const three = quorums({ a: 'x 1', b: 'y 1', c: 'x 1 y 1' });
    const people = [person('p', 'x y'), person('q', 'y'), person('r', 'x')];
    const [p, q, r] = people;
    if (p === undefined || q === undefined || r === undefined) throw new Error('three people');
    const orders = [people, [p, r, q], [q, p, r], [q, r, p], [r, p, q], [r, q, p]];
    expect(solveQuorums(three, people)).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ]);
    for (const order of orders) expect(solveQuorums(three, order)).toEqual(solveQuorums(three, people));
  });

  it('are one empty set where nothing is filled, or nobody asks', () => {
    expect(solveQuorums(quorums({ finance: 'finance 1' }), [])).toEqual([[]]);
    expect(solveQuorums(new Map(), [person('bob', 'finance')])).toEqual([[]]);
  });

  it('are found at once where there is nothing to choose, however many quorums there are', () => {
    const names = Array.from({ length: 40 }, (_, index) => `q${index}`);
    const many = quorums(Object.fromEntries(names.map((name) => [name, `${name} 1`])));
    const people = names.map((name) => person(name, name));
    expect(solveQuorums(many, people)).toEqual([names]);
    expect(solveQuorums(many, people.slice(0, 3))).toEqual([['q0', 'q1', 'q2']]);
  });
});

describe('a place for a person', () => {
  it('is where a group and a channel fit, in configured order', () => {
    const some = new Map([
      ...quorums({ finance: 'finance 1', dual: 'dba 1 finance 2', legal: 'legal 1' }),
      ...quorums({ teams: 'finance 1' }, ['teams-reply']),
    ]);
    expect(isPlaceFor(some, person('bob', 'finance'))).toEqual(['finance', 'dual']);
    expect(isPlaceFor(some, person('bob', 'finance', 'teams-reply'))).toEqual(['teams']);
    expect(isPlaceFor(some, person('mallory', 'support'))).toEqual([]);
    expect(isPlaceFor(some, { id: 'bob', groups: ['finance'], channels: [] })).toEqual([]);
  });
});
