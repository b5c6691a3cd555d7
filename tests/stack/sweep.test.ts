/**
 * The fault sweep's fast subset: at the calls where a fault hurts most, every kind of fault, each followed by a recovery on a
 * fresh process and a look at everything that must be true then. `npm run sweep` does the same at every call.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { type Bundle, bundleInstance } from '../sweep/bundle-instance.ts';
import { type Case, describeCall, describeCase, type Kind } from '../sweep/fault.ts';
import { type Evidence, judge } from '../sweep/invariants.ts';
import { runSweep, type Swept } from '../sweep/run-sweep.ts';

/** Where an effect and the knowledge of it come apart. */
const DANGEROUS = [
  'table: head and request in one batch #1',
  'table: insert decision #1',
  'table: request → approved #1',
  'table: request → claimed #1',
  'table: request → sent #1',
  'upstream: tools/call #1',
  'blob: append outcome #1',
  'table: request → done #1',
];
/** Around the first upstream byte: what only fails or hangs leaves a process that knows, and takes its time to. */
const NARROW = ['table: request → sent #1', 'upstream: tools/call #1', 'blob: append outcome #1'];
const STRUCK: Readonly<Record<Kind, readonly string[]>> = {
  fail: NARROW,
  lose: DANGEROUS,
  hang: NARROW,
  kill: DANGEROUS,
};

describe('a held call, struck at its most dangerous moments', () => {
  let bundle: Bundle;
  let swept: Swept;

  beforeAll(async () => {
    bundle = await bundleInstance();
    const isWanted = ({ call, kind }: Case) => STRUCK[kind].includes(describeCall(call));
    swept = await runSweep({ script: bundle.script, lanes: 3, isWanted });
  }, 300_000);
  afterAll(() => bundle?.remove());

  /** What was wrong, in words; the number of cases shows that all of them ran. */
  function look(kind: Kind) {
    const cases = swept.cases.filter(({ planned }) => planned.kind === kind);
    const wrong = cases.flatMap(({ planned, result }) =>
      result.violations.map(({ invariant, detail }) => `${describeCase(planned)}: ${invariant}: ${detail}`),
    );
    return { cases: cases.filter(({ result }) => result.hasStruck).length, wrong };
  }

  const intact = (kind: Kind) => ({ cases: STRUCK[kind].length, wrong: [] });

  it(proves('sweep.path', 'makes the same calls each time, those among them'), () => {
    expect(swept.calls.map(describeCall)).toEqual(expect.arrayContaining(DANGEROUS));
  });

  it(proves('sweep.fail', 'survives a service that can’t be reached'), () => {
    expect(look('fail')).toEqual(intact('fail'));
  });

  it(proves('sweep.lose', 'survives a response that is lost'), () => {
    expect(look('lose')).toEqual(intact('lose'));
  });

  it(proves('sweep.hang', 'survives a service that hangs'), () => {
    expect(look('hang')).toEqual(intact('hang'));
  });

  it(proves('sweep.kill', 'survives SIGKILL'), () => {
    expect(look('kill')).toEqual(intact('kill'));
  });

  it('leaves transcripts that verify, the whole of them', () => {
    expect(swept.transcripts.faults).toEqual([]);
    expect(swept.transcripts.segments).toBeGreaterThan(swept.cases.length);
  });

  it('runs the call in every case where it says that it ran, and in no other', () => {
    for (const { planned, result } of swept.cases) {
      const most = result.ended === 'done' || result.ended === 'unknown' ? 1 : 0;
      const least = result.ended === 'done' ? 1 : 0;
      expect([least, most], describeCase(planned)).toContain(result.executions);
    }
  });
});

describe('what is looked at after a fault', () => {
  const id = 'k1-00-1-00';
  const good: Evidence = {
    heard: [{ kind: 'answered', isError: false, text: 'refunded', approval: id }],
    told: ['taken'],
    approval: id,
    state: { requests: [{ id, state: 'done', attention: undefined }], decisions: 1, indexed: [] },
    executions: 1,
    records: [
      { kind: 'approval', approval: id, event: 'decided' },
      { kind: 'intent', approval: id, call: { id: 'call' } },
      { kind: 'outcome', callId: 'call' },
    ],
    faults: [],
  };
  const inState = (state: string): Evidence['state'] => ({
    ...good.state,
    requests: [{ id, state, attention: undefined }],
  });
  const wrong: readonly (readonly [string, Partial<Evidence>, string])[] = [
    ['a second execution', { executions: 2 }, 'at most once'],
    ['an answer to a call that never ran', { executions: 0 }, 'at most once'],
    ['an execution of what failed', { state: inState('failed') }, 'at most once'],
    ['an execution that nobody decided', { told: [] }, 'never without an approval'],
    [
      'an execution without a decision in the table',
      { state: { ...good.state, decisions: 0 } },
      'never without an approval',
    ],
    ['an execution without a record of the decision', { records: good.records.slice(1) }, 'never without an approval'],
    ['an execution without an outcome', { records: good.records.slice(0, 2) }, 'intent and outcome'],
    ['an execution without an intent', { records: good.records.slice(0, 1) }, 'intent and outcome'],
    ['a lease that nobody ends', { executions: 0, state: inState('sent') }, 'nothing stuck'],
    ['a request that nobody can decide', { executions: 0, told: [], state: inState('pending') }, 'nothing stuck'],
    ['a doubt that nobody is told of', { state: inState('unknown') }, 'nothing stuck'],
    ['a decision without an effect', { executions: 0, state: inState('cancelled') }, 'no decision lost'],
    ['an answer that no client can read', { heard: [{ kind: 'unclear', detail: '500' }] }, 'a clear answer'],
    ['a kept answer that is not handed over', { heard: [{ kind: 'unavailable' }] }, 'a clear answer'],
    ['a transcript that was changed', { faults: ['a segment: chain-broken'] }, 'transcripts verify'],
  ];

  it(proves('sweep.honest', 'finds nothing where nothing is wrong'), () => {
    expect(judge(good)).toEqual([]);
  });

  it.each(wrong)(proves('sweep.honest', 'finds %s'), (_what, part, invariant) => {
    expect(judge({ ...good, ...part }).map((violation) => violation.invariant)).toContain(invariant);
  });
});
