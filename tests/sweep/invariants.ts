/**
 * What must be true after any fault (DESIGN §5, issue 4): each invariant is one function over what the case left behind, and
 * says what is wrong in words, or nothing.
 */
import type { Lane } from './lane.ts';
import type { State } from './read-state.ts';
import { type Recorded, watchTranscripts } from './read-transcripts.ts';
import type { Heard, Told } from './story.ts';

export interface Violation {
  readonly invariant: Invariant;
  readonly detail: string;
}

export interface Found {
  readonly heard: readonly Heard[];
  readonly told: readonly Told[];
  readonly approval: string | undefined;
  readonly state: State;
  readonly executions: number;
}

export interface Evidence extends Found {
  readonly records: readonly Recorded[];
  readonly faults: readonly string[];
}

const NAMES = [
  'at most once',
  'never without an approval',
  'intent and outcome',
  'nothing stuck',
  'a clear answer',
  'no decision lost',
  'transcripts verify',
] as const;
export type Invariant = (typeof NAMES)[number];

const INVARIANTS: Readonly<Record<Invariant, (evidence: Evidence) => readonly string[]>> = {
  'at most once': checkOnce,
  'never without an approval': checkApproved,
  'intent and outcome': checkRecorded,
  'nothing stuck': checkFinal,
  'a clear answer': checkAnswers,
  'no decision lost': checkDecisions,
  'transcripts verify': ({ faults }) => faults,
};

export async function findViolations(lane: Lane, found: Found): Promise<Violation[]> {
  return judge({ ...found, ...(await watchTranscripts(lane).readNew()) });
}

/** Pure: every invariant over what one case left behind. */
export function judge(evidence: Evidence): Violation[] {
  return NAMES.flatMap((invariant) => INVARIANTS[invariant](evidence).map((detail) => ({ invariant, detail })));
}

function checkOnce({ state, executions }: Evidence): string[] {
  const done = state.requests.filter((request) => request.state === 'done').length;
  const unknown = state.requests.filter((request) => request.state === 'unknown').length;
  if (executions < done) return [`${done} done, and the tool ran ${executions} times`];
  if (executions > done + unknown) return [`the tool ran ${executions} times: ${done} done, ${unknown} unknown`];
  return [];
}

function checkApproved({ executions, state, told, records }: Evidence): string[] {
  if (executions === 0) return [];
  const isOnRecord = records.some(({ kind, event }) => kind === 'approval' && event === 'decided');
  const wrong = [
    ...(told.length === 0 ? ['nobody decided'] : []),
    ...(state.decisions === 0 ? ['no decision stands in the table'] : []),
    ...(isOnRecord ? [] : ['no decision is on record']),
  ];
  return wrong.map((detail) => `the tool ran, and ${detail}`);
}

/** Every execution: its intent stood before, and its outcome stands, or the approval says that nobody knows. */
function checkRecorded({ executions, state, records }: Evidence): string[] {
  if (executions === 0) return [];
  const wrong: string[] = [];
  for (const { id, state: now } of state.requests) {
    if (now !== 'done' && now !== 'unknown') continue;
    const intents = records.filter(({ kind, approval }) => kind === 'intent' && approval === id);
    const ended = new Set(records.flatMap(({ kind, callId }) => (kind === 'outcome' ? [callId] : [])));
    if (intents.length === 0) wrong.push(`${now} without an intent`);
    const isComplete = intents.some(({ call }) => ended.has(call?.id));
    if (now === 'done' && !isComplete) wrong.push('done without an outcome');
  }
  return wrong;
}

function checkFinal({ state, told, approval }: Evidence): string[] {
  if (approval === undefined || state.requests.length === 0) return ['the call could not be held at all'];
  const isTaken = told.includes('taken');
  return state.requests.flatMap(({ state: now, attention }) => {
    if (now === 'pending') return isTaken ? ['pending for ever, though decided'] : ['bob could not decide it'];
    if (['approved', 'claimed', 'sent', 'expired', 'cancelled'].includes(now)) return [`left ${now}`];
    return now === 'unknown' && attention === undefined ? ['unknown, and nobody is told'] : [];
  });
}

function checkAnswers({ heard, state }: Evidence): string[] {
  const unclear = heard.flatMap((each) => {
    if (each.kind === 'unclear') return [each.detail];
    return each.kind === 'cut' ? ['the connection ended while the gateway lived'] : [];
  });
  const last = heard.at(-1);
  const isDone = state.requests.at(-1)?.state === 'done';
  if (isDone && (last?.kind !== 'answered' || last.isError)) unclear.push('the kept answer was not handed over');
  return unclear;
}

function checkDecisions({ told, state }: Evidence): string[] {
  if (!told.includes('taken')) return [];
  const isApplied = state.requests.some(({ state: now }) => ['done', 'unknown', 'failed'].includes(now));
  return isApplied ? [] : ['bob was told that it was taken, and it had no effect'];
}
