/**
 * The sweep itself: the story without a fault gives its calls, each call gives a case for each kind of fault, and lanes run
 * them side by side.
 */
import { type Call, type Case, describeCall, describeCase, KINDS, type Kind, WAYS } from './fault.ts';
import { type Lane, startLane } from './lane.ts';
import { watchTranscripts } from './read-transcripts.ts';
import { type CaseResult, runCase } from './run-case.ts';

export interface Done {
  readonly number: number;
  readonly planned: Case;
  readonly result: CaseResult;
}

export interface SweepOptions {
  readonly script: string;
  readonly lanes: number;
  readonly kinds?: readonly Kind[];
  /** Both ways of each kind: 8n cases instead of 4n. */
  readonly bothWays?: boolean;
  readonly isWanted?: (planned: Case, number: number) => boolean;
  readonly onCase?: (done: Done, of: number) => void;
}

export interface Swept {
  readonly calls: readonly Call[];
  readonly cases: readonly Done[];
  /** Every transcript of every lane, verified once more when all was over. */
  readonly transcripts: { readonly segments: number; readonly faults: readonly string[] };
}

export function hasFailed({ cases, transcripts }: Swept): boolean {
  return transcripts.faults.length > 0 || cases.some(({ result }) => result.violations.length > 0);
}

/** Payments of the sample that can be refunded by more than 500: every fifth. */
const FIRST_PAYMENT = 50_001;
const EACH = 5;
const TRIES = 3;
const CLEAN_RUNS = 5;

export async function runSweep(options: SweepOptions): Promise<Swept> {
  const lanes = await Promise.all(Array.from({ length: options.lanes }, () => startLane(options.script)));
  const payments = lanes.map(createPayments);
  try {
    const [lane, payment] = [lanes[0], payments[0]];
    if (lane === undefined || payment === undefined) throw new Error('a sweep needs a lane');
    const calls = await countCalls(lane, payment);
    const planned = planCases(calls, options);
    const cases: Done[] = [];
    const left = planned.values();
    await Promise.all(
      lanes.map(async (lane, index) => {
        for (const { number, one } of left) {
          const result = await runUntilStruck(lane, payments[index] ?? createPayments(), one);
          const done = { number, planned: one, result };
          cases.push(done);
          options.onCase?.(done, planned.length);
        }
      }),
    );
    const verified = await Promise.all(lanes.map((lane) => watchTranscripts(lane).verifyAll()));
    return {
      calls,
      cases: cases.toSorted((left, right) => left.number - right.number),
      transcripts: {
        segments: verified.reduce((sum, { segments }) => sum + segments, 0),
        faults: verified.flatMap(({ faults }) => faults),
      },
    };
  } finally {
    await Promise.all(lanes.map((lane) => lane.stop()));
  }
}

/** As often as it takes for two runs to agree: a call that is not always made has no number. */
async function countCalls(lane: Lane, nextPayment: () => string): Promise<readonly Call[]> {
  const seen = new Set<string>();
  for (let run = 1; run <= CLEAN_RUNS; run += 1) {
    const { violations, calls, log } = await runCase(lane, nextPayment());
    const [violation] = violations;
    if (violation !== undefined) {
      const { invariant, detail } = violation;
      throw new Error(`without any fault: ${invariant}: ${detail}\n${log.join('\n')}`);
    }
    const names = calls.map(describeCall).toSorted().join('\n');
    if (seen.has(names)) return calls;
    seen.add(names);
  }
  throw new Error(`no two of ${CLEAN_RUNS} clean runs made the same calls`);
}

function planCases(calls: readonly Call[], options: SweepOptions): readonly { number: number; one: Case }[] {
  const { kinds = KINDS, bothWays = false, isWanted = () => true } = options;
  const all = calls.flatMap((call, at) =>
    KINDS.flatMap((kind) => {
      const [first, second] = WAYS[kind];
      // One way each: a kill before the effect at one call, and after it at the next.
      const ways = bothWays ? [first, second] : [kind === 'kill' && at % 2 === 1 ? second : first];
      return ways.map((way) => ({ call, kind, way }));
    }),
  );
  return all
    .map((one, index) => ({ number: index + 1, one }))
    .filter(({ number, one }) => kinds.includes(one.kind) && isWanted(one, number));
}

/**
 * A case whose fault never met its call proves nothing: some calls an instance makes only once, such as for a token. It is
 * run again on a new instance, and if it is not met then either, that is a fault of the sweep.
 */
async function runUntilStruck(lane: Lane, nextPayment: () => string, planned: Case): Promise<CaseResult> {
  for (let tries = 1; ; tries += 1) {
    const result = await runCase(lane, nextPayment(), planned, tries > 1);
    if (result.hasStruck || result.violations.length > 0) return result;
    if (tries === TRIES) throw new Error(`the call was never made: ${describeCase(planned)}`);
  }
}

/** Each lane has a CRM of its own. */
function createPayments(): () => string {
  let next = FIRST_PAYMENT;
  return () => {
    const payment = `P-${next}`;
    next += EACH;
    return payment;
  };
}
