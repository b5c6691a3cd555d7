/** The solver against an oracle that tries every way to seat people, and policy’s "still needs" against every subset. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Approver, isPlaceFor, solveQuorums } from '../../shared/approvals/quorums.ts';
import { CHANNELS } from '../../shared/config/channels.ts';
import type { QuorumConfig } from '../../shared/config/config.ts';
import { proves } from '../requirements.ts';
import { createTestEngine, PERMIT_ALL, user } from '../unit/policy/policy-fixture.ts';

const GROUPS = ['finance', 'dba', 'legal'];

const quorum = fc.record({
  from: fc.uniqueArray(fc.record({ group: fc.constantFrom(...GROUPS), people: fc.integer({ min: 1, max: 2 }) }), {
    minLength: 1,
    maxLength: 2,
    selector: ({ group }) => group,
  }),
  channels: fc.subarray([...CHANNELS], { minLength: 1 }),
});

const quorums = fc
  .array(quorum, { maxLength: 4 })
  .map((some) => new Map<string, QuorumConfig>(some.map((each, index) => [`q${index}`, each])));

const people = fc
  .array(fc.record({ groups: fc.subarray(GROUPS), channels: fc.subarray([...CHANNELS]) }), { maxLength: 5 })
  .map((some) => some.map((each, index): Approver => ({ id: `p${index}`, ...each })));

/** Every wanted place in turn, by everybody who is still free: no matching, no cleverness. */
function canFill(wanted: readonly QuorumConfig[], free: readonly Approver[]): boolean {
  const places = wanted.flatMap(({ from, channels }) =>
    from.flatMap(({ group, people: count }) => Array.from({ length: count }, () => ({ group, channels }))),
  );
  const fill = ([place, ...others]: typeof places, left: readonly Approver[]): boolean =>
    place === undefined ||
    left.some(
      (person) =>
        person.groups.includes(place.group) &&
        person.channels.some((channel) => place.channels.includes(channel)) &&
        fill(
          others,
          left.filter((other) => other !== person),
        ),
    );
  return places.length <= free.length && fill(places, free);
}

function subsetsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: 2 ** items.length }, (_, bits) =>
    items.filter((_item, index) => (bits >> index) % 2 === 1),
  );
}

const isWithin = (some: readonly string[], others: readonly string[]): boolean =>
  some.every((each) => others.includes(each));

const setsOf = (sets: readonly (readonly string[])[]): readonly string[] => sets.map((set) => set.join(' ')).toSorted();

describe('the quorums that people fill together', () => {
  it(proves('quorum.maximal', 'are what trying every seating finds, each set once, whoever came first'), () => {
    let severalSets = 0;
    fc.assert(
      fc.property(quorums, people, (configured, approvers) => {
        const filled = subsetsOf([...configured]).filter((set) =>
          canFill(
            set.map(([, config]) => config),
            approvers,
          ),
        );
        const names = filled.map((set) => set.map(([name]) => name));
        const maximal = names.filter((set) => !names.some((other) => other !== set && isWithin(set, other)));
        const solved = solveQuorums(configured, approvers);
        expect(setsOf(solved)).toEqual(setsOf(maximal));
        expect(solveQuorums(configured, approvers.toReversed())).toEqual(solved);
        if (solved.length > 1) severalSets += 1;
      }),
      { numRuns: 1500 },
    );
    expect(severalSets).toBeGreaterThan(50);
  });

  it('are quorums in which somebody has a place', () => {
    fc.assert(
      fc.property(quorums, people, (configured, approvers) => {
        const placed = new Set(approvers.flatMap((person) => isPlaceFor(configured, person)));
        for (const name of solveQuorums(configured, approvers).flat()) expect(placed).toContain(name);
        for (const person of approvers) {
          const alone = solveQuorums(configured, [person]).flat();
          expect(isWithin(alone, isPlaceFor(configured, person))).toBe(true);
        }
      }),
    );
  });
});

const NAMES = ['finance', 'dba', 'legal'];

/** What only approvals can make true. */
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(...NAMES.map((name) => `context.approval.met.contains(Quorum::"${name}")`), 'false'),
    fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one} && ${other})`),
    fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one} || ${other})`),
  ),
}));

describe('what a call still needs', () => {
  it(proves('policy.met', 'suffices with what is met, and nothing of it could be left out'), () => {
    const call = { server: 'crm', tool: 'ping', arguments: {} };
    let held = 0;
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 2 }), (conditions) => {
        // The constant first: Cedar takes a condition that can only be true or false for a mistake.
        const forbids = conditions.map(
          (each, index) =>
            `@id("f${index}") forbid (principal, action == Action::"crm/ping", resource) unless { principal in Group::"finance" || ${each} };`,
        );
        const engine = createTestEngine({ policies: PERMIT_ALL + forbids.join('\n'), quorums: NAMES });
        const verdictOf = (met: readonly string[]) => engine.decideCall(user(), call, met).verdict;
        for (const met of subsetsOf(NAMES)) {
          const decision = engine.decideCall(user(), call, met);
          if (decision.verdict === 'deny') expect(verdictOf(NAMES)).toBe('deny');
          if (decision.verdict !== 'hold') continue;
          held += 1;
          const { quorums: needed } = decision;
          expect(needed.some((name) => met.includes(name))).toBe(false);
          expect(verdictOf([...met, ...needed])).toBe('allow');
          for (const one of needed) {
            expect(verdictOf([...met, ...needed.filter((name) => name !== one)])).not.toBe('allow');
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(held).toBeGreaterThan(20);
  });
});
