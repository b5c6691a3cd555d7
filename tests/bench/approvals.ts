/**
 * `npm run bench -- --approvals`: how long people and agents wait for the gateway around a held call, what one costs in
 * storage and queue operations, and what a thousand pending requests do to the process. One instance, this machine.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startStack } from '../../infra/local/stack.ts';
import { startRecordingUpstream } from '../flows/support/recording-upstream.ts';
import { type BacklogFigures, measureBacklog } from './approval-backlog.ts';
import { countOperations, type OperationFigures } from './approval-operations.ts';
import { createHeldCalls, type Held, type HeldCalls } from './held-calls.ts';
import { type Spread, spreadOf } from './quantile.ts';

export interface ApprovalFigures {
  readonly firstHoldMs: number;
  readonly waits: Readonly<Record<string, Spread>>;
  readonly upstreamRequestsPerCall: number;
  readonly operations: OperationFigures;
  readonly backlog: BacklogFigures;
}

const WARM_UP = 10;
const RUNS = 120;
/** Who waits that long looks seldom by then. */
const PATIENT_MS = 5_000;

export async function measureApprovals(appDir: string, configDir: string): Promise<ApprovalFigures> {
  const upstream = await startRecordingUpstream();
  const log: string[] = [];
  const stack = await startStack({
    appDir,
    configDir,
    port: 0,
    instances: 1,
    env: { CRM_URL: upstream.url },
    onLog: (line) => log.push(line),
  });
  try {
    const calls = await createHeldCalls(stack, upstream);
    const beganMs = performance.now();
    await calls.hold('P-0');
    const firstHoldMs = Math.round(performance.now() - beganMs);

    const newestCard = () => stack.teams.cards().at(-1)?.id;
    for (let run = 0; run < WARM_UP; run += 1) await runOnce(calls, `P-W${run}`, newestCard);
    const before = calls.upstreamRequests();
    const timings: RunTimings[] = [];
    for (let run = 0; run < RUNS; run += 1) timings.push(await runOnce(calls, `P-R${run}`, newestCard));
    const upstreamRequestsPerCall = (calls.upstreamRequests() - before) / RUNS;
    const patient = await runPatiently(calls);

    const spread = (pick: (run: RunTimings) => number): Spread => spreadOf(timings.map(pick));
    const waits = {
      'call held → agent told': spread(({ holdMs }) => holdMs),
      'agent told → card': spread(({ cardMs }) => cardMs),
      'decision posted → 202': spread(({ acceptedMs }) => acceptedMs),
      'decision posted → upstream': spread(({ startMs }) => startMs),
      '202 → upstream': spread(({ startMs, acceptedMs }) => startMs - acceptedMs),
      'decision posted → await returns': spread(({ answerMs }) => answerMs),
      '202 → await returns': spread(({ answerMs, acceptedMs }) => answerMs - acceptedMs),
      [`the same, after ${PATIENT_MS / 1_000} s of waiting`]: spreadOf(patient),
    };
    const backlog = await measureBacklog(stack, calls, log);
    return {
      firstHoldMs,
      waits,
      upstreamRequestsPerCall,
      backlog,
      operations: await countOperations(appDir, configDir),
    };
  } finally {
    await stack.stop();
    await upstream.stop();
  }
}

interface RunTimings {
  readonly holdMs: number;
  readonly cardMs: number;
  /** These from the moment at which the decision was posted. */
  readonly acceptedMs: number;
  readonly startMs: number;
  readonly answerMs: number;
}

async function runOnce(calls: HeldCalls, payment: string, newestCard: () => string | undefined): Promise<RunTimings> {
  const lastCard = newestCard();
  const askedMs = performance.now();
  const held = await calls.hold(payment);
  const heldMs = performance.now();
  while (newestCard() === lastCard) await pause(1);
  const cardMs = performance.now() - heldMs;

  const evidence = await calls.evidenceOf(held);
  const waiting = calls.awaitAnswer(held).then(() => performance.now());
  // So that the wait has begun.
  await pause(20);
  const postedMs = performance.now();
  await calls.approve(held, evidence);
  const acceptedMs = performance.now() - postedMs;
  const answerMs = (await waiting) - postedMs;
  const startMs = (calls.startedMs(payment) ?? Number.NaN) - postedMs;
  return { holdMs: heldMs - askedMs, cardMs, acceptedMs, startMs, answerMs };
}

/** Everybody waits from the start, and is decided one after another: from 202 to the answer. */
async function runPatiently(calls: HeldCalls): Promise<number[]> {
  const all: { readonly held: Held; readonly evidence: string }[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const held = await calls.hold(`P-P${run}`);
    all.push({ held, evidence: await calls.evidenceOf(held) });
  }
  const waits = all.map(({ held }) => calls.awaitAnswer(held).then(() => performance.now()));
  await pause(PATIENT_MS);
  const timings: Promise<number>[] = [];
  for (const [run, { held, evidence }] of all.entries()) {
    await calls.approve(held, evidence);
    const acceptedMs = performance.now();
    timings.push((waits[run] ?? Promise.reject(new Error('nobody waits'))).then((endedMs) => endedMs - acceptedMs));
    // No faster than it takes: what is timed is the wait, not a queue.
    await pause(100);
  }
  return Promise.all(timings);
}

export function printApprovals({ firstHoldMs, waits, operations, backlog, ...rest }: ApprovalFigures): void {
  console.log(`held calls: the first after start is answered in ${firstHoldMs} ms`);
  console.table(waits);
  console.log(`upstream requests per released call: ${rest.upstreamRequestsPerCall}`);
  console.log('storage and queue operations per held call, by stage');
  console.table(operations, ['hold', 'decide', 'apply, release', 'collect']);
  console.log('many pending:', backlog);
}
