/**
 * One case: the story with its one fault, then whatever instance is left is killed, and a fresh one recovers: the agent asks
 * again, bob decides if he was never told that his decision was taken, time passes, the sweep runs. Then the
 * invariants are checked. Without a planned fault it is the same, and gives the calls of the story.
 */
import type { Call, Case } from './fault.ts';
import { findViolations, type Violation } from './invariants.ts';
import type { Lane } from './lane.ts';
import { forget, readState, type State } from './read-state.ts';
import type { Instance } from './start-instance.ts';
import { approve, ask, type Heard, type Told } from './story.ts';

export interface CaseResult {
  readonly violations: readonly Violation[];
  /** The story's calls, as the meter counted them. */
  readonly calls: readonly Call[];
  /** Whether the fault met its call. */
  readonly hasStruck: boolean;
  /** States of the requests at the end, and how often the tool ran. */
  readonly ended: string;
  readonly executions: number;
  readonly durationMs: number;
  readonly log: readonly string[];
}

/** What passes between two sweeps: a retry's pause, a message's lock, a lease, and both again. */
const PASSES_MS = [20_000, 61_000, 275_000, 20_000, 61_000] as const;
/** Above `keepAnswerMinutes`, and on the next day in any case. */
const A_DAY_AND_MORE_MS = 25 * 3_600_000;
const FINAL = new Set(['done', 'failed', 'unknown', 'denied', 'expired', 'cancelled']);

/** Collects what was heard on the way. */
interface Run {
  readonly lane: Lane;
  readonly payment: string;
  readonly heard: Heard[];
  readonly told: Told[];
  approval: string | undefined;
}

/** `isCold`: the story begins on an instance that has done nothing yet, instead of on the one that recovered last. */
export async function runCase(lane: Lane, payment: string, planned?: Case, isCold = true): Promise<CaseResult> {
  const startedMs = performance.now();
  const run: Run = { lane, payment, heard: [], told: [], approval: undefined };
  lane.clearLog();
  const first = await (isCold ? lane.replaceInstance() : lane.useInstance());
  await lane.meter.quiet();
  lane.meter.arm(planned);
  await tellStory(run, first);
  const { calls, hasStruck } = lane.meter;
  lane.meter.arm();

  const second = await lane.replaceInstance();
  const state = await recover(run, second);
  const executions = lane.executions.get(payment) ?? 0;
  const violations = await findViolations(lane, { ...run, state, executions });
  violations.push(...(await putAway(run, second)));
  return {
    violations,
    calls,
    hasStruck,
    ended: state.requests.map((request) => request.state).join(', '),
    executions,
    durationMs: Math.round(performance.now() - startedMs),
    log: lane.log,
  };
}

/**
 * Another day: what was scheduled comes up, what was kept is kept no longer, and the next case has a session of its own.
 * Only what a person has to look at may stay in the index.
 */
async function putAway(run: Run, instance: Instance): Promise<Violation[]> {
  const { lane } = run;
  await lane.goAhead(A_DAY_AND_MORE_MS);
  await lane.meter.quiet();
  await sweep(run, instance);
  const { indexed, requests } = await stateOf(run);
  await forget(lane.services.azurite.connectionString, indexed);
  const mayStay = new Set(requests.filter(({ state }) => state === 'unknown').map(({ id }) => id));
  const left = indexed.filter((id) => !mayStay.has(id));
  return left.map((id) => ({ invariant: 'nothing stuck', detail: `still in the index after a day: ${id}` }));
}

async function tellStory(run: Run, instance: Instance): Promise<void> {
  const { meter } = run.lane;
  await askOnce(run, instance);
  await meter.quiet('queue: settle approval-notices');
  if (run.approval === undefined || !instance.isAlive()) return;
  meter.setStage('decide');
  run.told.push(await approve(run.lane, instance, run.approval));
  await meter.quiet('queue: settle approval-decisions');
  if (!instance.isAlive()) return;
  meter.setStage('collect');
  await askOnce(run, instance);
  await meter.quiet();
}

async function askOnce(run: Run, instance: Instance): Promise<void> {
  const heard = await ask(run.lane, instance, run.payment);
  // A process that is killed gives no answer, and that is nobody's fault but ours.
  if (heard.kind !== 'cut' || instance.isAlive()) run.heard.push(heard);
  if (heard.kind === 'answered' && heard.approval !== undefined) run.approval ??= heard.approval;
}

/** Ends when everything is final, or when no more time shall pass. */
async function recover(run: Run, instance: Instance): Promise<State> {
  const { lane } = run;
  await askOnce(run, instance);
  await lane.meter.quiet();
  for (const passesMs of PASSES_MS) {
    const state = await stateOf(run);
    if (isOver(state)) break;
    const waiting = state.requests.find((request) => request.state === 'pending');
    if (waiting !== undefined && !run.told.includes('taken')) {
      run.told.push(await approve(lane, instance, waiting.id));
      await lane.meter.quiet('queue: settle approval-decisions');
      continue;
    }
    await lane.goAhead(passesMs);
    await sweep(run, instance);
  }
  const state = await stateOf(run);
  // What ended without having run would be asked for anew.
  const isKept = state.requests.some((request) => request.state === 'done' || request.state === 'unknown');
  if (isKept) await askOnce(run, instance);
  return stateOf(run);
}

/** A timer that fails comes again: what it leaves behind for good is what counts. */
async function sweep({ lane }: Run, instance: Instance): Promise<void> {
  await instance.sweep().catch((cause: unknown) => lane.note(`the sweep failed: ${String(cause)}`));
  await lane.meter.quiet();
}

function isOver({ requests }: State): boolean {
  return requests.length > 0 && requests.every(({ state }) => FINAL.has(state));
}

function stateOf({ lane, approval }: Run): Promise<State> {
  return readState(lane.services.azurite.connectionString, approval);
}
