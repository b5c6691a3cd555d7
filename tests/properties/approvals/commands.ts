/**
 * What may happen to held calls, as data: what instances are asked to do, in which order their operations land and what
 * goes wrong with them, and what changes around them. Numbers pick from what there is when the command comes.
 */
import fc from 'fast-check';
import { CALLS, PEOPLE, POLICY_SET_NAMES, type PolicySet, REQUESTERS } from '../../unit/approvals/scene.ts';
import { MISHAPS, type Mishap } from './gate.ts';

export type Act =
  | { readonly kind: 'call'; readonly requester: number; readonly call: number; readonly repeat: boolean }
  | {
      readonly kind: 'decide';
      readonly person: number;
      readonly verdict: 'approve' | 'deny';
      readonly channel: 'page' | 'teams-reply';
      readonly pick: number;
    }
  | { readonly kind: 'ask' | 'withdraw'; readonly requester: number; readonly pick: number }
  | { readonly kind: 'deliver'; readonly pick: number; readonly twice: boolean }
  | { readonly kind: 'sweep' };

export type Command =
  | {
      readonly kind: 'run';
      readonly acts: readonly { readonly act: Act; readonly instance: number }[];
      /** Whose operation lands next, again and again. */
      readonly order: readonly number[];
      readonly mishaps: readonly { readonly at: number; readonly mishap: Mishap }[];
    }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'land' | 'lose-message'; readonly pick: number }
  | { readonly kind: 'block' | 'regroup'; readonly person: number }
  | { readonly kind: 'policies'; readonly set: PolicySet }
  | { readonly kind: 'repin' | 'graph' | 'rotate' };

/** A second, longer than a release may wait to send, past a lease, past an orphan's time, past expiry, past what is kept. */
export const ADVANCES_MS = [1_000, 26_000, 271_000, 11 * 60_000, 3_600_000, 5 * 3_600_000] as const;

const pick = fc.nat(1_000);
const requester = fc.nat(REQUESTERS.length - 1);
const person = fc.nat(PEOPLE.length - 1);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      requester,
      call: fc.nat(CALLS.length - 1),
      repeat: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      // Mostly those who may: the others are refused, and that is soon seen.
      person: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(1, 2, 3) }, person),
      verdict: fc.constantFrom('approve' as const, 'approve' as const, 'approve' as const, 'deny' as const),
      channel: fc.constantFrom('page' as const, 'teams-reply' as const),
      pick,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('deliver' as const), pick, twice: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('ask' as const, 'withdraw' as const), requester, pick }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'sweep' as const }) },
);

const mishaps = fc.array(fc.record({ at: fc.nat(24), mishap: fc.constantFrom(...MISHAPS) }), { maxLength: 2 });
const order = fc.array(fc.nat(5), { maxLength: 12 });

const runOf = (acts: fc.Arbitrary<Act>): fc.Arbitrary<Command> =>
  fc.record({
    kind: fc.constant('run' as const),
    acts: fc.array(fc.record({ act: acts, instance: fc.nat(2) }), { minLength: 1, maxLength: 3 }),
    order,
    mishaps: fc.oneof(fc.constant([]), mishaps),
  });

const change: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom('block' as const, 'regroup' as const), person }),
  fc.record({
    kind: fc.constant('policies' as const),
    set: fc.oneof(fc.constant('finance' as const), fc.constantFrom(...POLICY_SET_NAMES)),
  }),
  fc.record({ kind: fc.constantFrom('repin' as const, 'graph' as const, 'rotate' as const) }),
);

const time: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('advance' as const),
  ms: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...ADVANCES_MS.slice(0, 3)) }, fc.constantFrom(...ADVANCES_MS)),
});

const other: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: runOf(act) },
  { weight: 3, arbitrary: time },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('land' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose-message' as const), pick }) },
  { weight: 1, arbitrary: change },
);

/** What mostly happens: asked, approved, delivered, asked again. Each may go wrong, and other things come between. */
const usual: fc.Arbitrary<readonly Command[]> = fc
  .record({ requester, call: fc.nat(CALLS.length - 1), repeat: fc.boolean() })
  .chain((call) => {
    const asks = runOf(fc.constant({ kind: 'call', ...call }));
    const delivers = runOf(fc.record({ kind: fc.constant('deliver' as const), pick, twice: fc.boolean() }));
    const approves = runOf(
      fc.record({
        kind: fc.constant('decide' as const),
        person: fc.constantFrom(1, 2, 3),
        verdict: fc.constant('approve' as const),
        channel: fc.constant('page' as const),
        pick,
      }),
    );
    const between = fc.array(other, { maxLength: 1 });
    return fc
      .tuple(
        asks.map(one),
        between,
        approves.map(one),
        between,
        delivers.map(one),
        between,
        delivers.map(one),
        asks.map(one),
      )
      .map((steps) => steps.flat());
  });

export const commands = fc
  .array(fc.oneof({ weight: 4, arbitrary: other.map(one) }, { weight: 1, arbitrary: usual }), {
    maxLength: 24,
    size: 'max',
  })
  .map((groups) => groups.flat());

function one<T>(value: T): readonly T[] {
  return [value];
}
