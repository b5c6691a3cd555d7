/**
 * Takes what people answered on a card in Teams, as the workflow brings it (DESIGN §5, channel `teams-flow`):
 * authenticate the workflow ▸ read ▸ tenant, time ▸ groups ▸ once only ▸ decide ▸ another card where one is needed.
 * It authorizes nobody: the inbox does. What could not be looked at is refused with a 503, so that the workflow asks again.
 */
import type { Log } from '../../log.ts';
import { readBody } from '../../mcp/body.ts';
import type { HttpAnswer, HttpCall } from '../../mcp/http.ts';
import type { Result } from '../../result.ts';
import { attempt, type Clock } from '../../transcripts/attempt.ts';
import type { DecisionResult, Inbox, Person } from '../inbox.ts';
import type { Memberships } from '../parts.ts';
import type { GuestSource, ReplayMarks } from '../replies/replies.ts';
import { createWords } from '../replies/words.ts';
import { shortCodeOf } from '../short-code.ts';
import { MAX_ROUNDS } from './answer-actions.ts';
import { type FlowAnswer, readFlowAnswer } from './read-answer.ts';

/** The workflow, as its token says: through it a person comes. */
export type Workflow = Person['agent'];

export interface WorkflowRefusal {
  readonly status: 401 | 403 | 503;
  readonly code: string;
  readonly detail: string;
  readonly cause?: unknown;
}

export type AnswerRefusal = 'workflow' | 'too-large' | 'malformed' | 'tenant' | 'stale' | 'replay';

export interface AnswerDetail {
  readonly address: string;
  readonly why?: string;
  /** Object id and tenant as the *verified* workflow gave them. */
  readonly person?: string;
  readonly tenant?: string;
}

export interface FlowAnswersOptions {
  readonly inbox: Pick<Inbox, 'decide'>;
  /** Of the `authorization` header: whether it is the configured workflow that speaks. Never rejects. */
  readonly authenticate: (authorization: string | null) => Promise<Result<Workflow, WorkflowRefusal>>;
  readonly tenantId: string;
  readonly memberships: Memberships;
  readonly guests: GuestSource;
  readonly marks: ReplayMarks;
  /** Has another card posted, if the request still waits then. Never rejects. */
  readonly postNextCard: (approval: string, round: number) => Promise<unknown>;
  /** Records a refusal. */
  readonly refused: (code: AnswerRefusal, detail: AnswerDetail) => Promise<void>;
  /** Where a call comes from, for the record. */
  readonly addressOf: (call: HttpCall) => string;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Default 30,000: the workflow waits for two minutes. */
  readonly deadlineMs?: number;
}

export interface FlowAnswers {
  /** `POST /teams/flow`. Never rejects. */
  answer(call: HttpCall): Promise<HttpAnswer>;
}

const DEADLINE_MS = 30_000;
const MAX_BODY_BYTES = 64 * 1_024;
/** The workflow tries again for some minutes. */
const MAX_AGE_MS = 15 * 60_000;
/** Longer than an answer is taken for new, by whichever instance's clock. */
const MARK_LIFE_MS = 3 * MAX_AGE_MS;
const RETRY_AFTER_SECONDS = '10';

/** Where nothing is left to answer: another card would be one too many. */
const LAST_WORDS = new Set<string>(['ended', 'unavailable']);

export function createFlowAnswers(options: FlowAnswersOptions): FlowAnswers {
  const { inbox, authenticate, tenantId, memberships, guests, marks, refused, addressOf, clock, log } = options;
  const words = createWords(options.publicUrl);
  const page = `${options.publicUrl}/ui/approvals`;

  async function take(call: HttpCall, progress: { isDeciding: boolean }, signal: AbortSignal): Promise<HttpAnswer> {
    const address = addressOf(call);
    const workflow = await authenticate(call.headers.get('authorization'));
    if (!workflow.ok) {
      const { status, code, detail, cause } = workflow.error;
      if (status === 503) log('warn', 'flow-not-checked', { code }, cause);
      else await refused('workflow', { address, why: detail });
      return status === 503 ? later() : bare(status, status === 401 ? { 'www-authenticate': 'Bearer' } : {});
    }
    const body = await readBody(call.body, MAX_BODY_BYTES, signal);
    if (!body.ok) {
      const isLarge = body.error.code === 'too-large';
      if (isLarge) await refused('too-large', { address });
      return bare(isLarge ? 413 : 400);
    }
    const answer = readFlowAnswer(body.value);
    if (answer === undefined) {
      await refused('malformed', { address });
      return bare(400);
    }
    const problem = judge(answer);
    if (problem !== undefined) return refuse(problem, answer, address);

    const asked = { kind: 'user', ...answer.person, guest: false } as const;
    const [groups, guest] = await Promise.all([memberships.groupsOf(asked), guests.isGuest(asked.id)]);
    if (!groups.ok || !guest.ok) {
      const cause = groups.ok ? guest : groups;
      log('warn', 'answer-groups-unknown', { person: asked.id }, cause.ok ? undefined : cause.error);
      return later();
    }
    // Not before everything else is known: a card whose mark is taken can't be answered again.
    if (!(await marks.claim(answer.mark, answer.sentMs + MARK_LIFE_MS))) return refuse('replay', answer, address);
    signal.throwIfAborted();
    progress.isDeciding = true;
    const person: Person = {
      tenant: tenantId,
      principal: { ...asked, guest: guest.value },
      groups: groups.value,
      channel: 'teams-flow',
      agent: workflow.value,
      address,
      tokenId: `flow-${answer.mark.slice(0, 32)}`,
    };
    const { approval, verdict, reason, evidence } = answer;
    return tell(answer, await inbox.decide(person, { approval, verdict, reason, evidence }));
  }

  function judge({ tenant, sentMs }: FlowAnswer): 'tenant' | 'stale' | undefined {
    if (tenant !== tenantId.toLowerCase()) return 'tenant';
    return Math.abs(clock.nowMs() - sentMs) > MAX_AGE_MS ? 'stale' : undefined;
  }

  async function refuse(code: 'tenant' | 'stale' | 'replay', answer: FlowAnswer, address: string): Promise<HttpAnswer> {
    await refused(code, { address, person: answer.person.id, tenant: answer.tenant });
    // Whoever answers twice has had their say; the others used up a card that somebody else may need.
    if (code !== 'replay') await postNext(answer);
    return say({ tenant: words.stranger(), stale: STALE, replay: `${REPLAYED} ${page}` }[code]);
  }

  async function tell(answer: FlowAnswer, result: DecisionResult): Promise<HttpAnswer> {
    const code = shortCodeOf(answer.approval);
    // Also after an answer that was taken: the request may want another person's, or it is decided by then.
    const isOver = result.kind === 'refused' && LAST_WORDS.has(result.code);
    if (!isOver) await postNext(answer);
    if (result.kind === 'taken') return say(words.taken(result.verdict, code, result.isRepeat));
    return say(result.code === 'not-found' ? words.notFound(code) : words.refused(code, result.text));
  }

  async function postNext({ approval, round }: FlowAnswer): Promise<void> {
    if (round < MAX_ROUNDS) await options.postNextCard(approval, round + 1);
  }

  return {
    async answer(call) {
      if (call.params.kind !== 'flow') return bare(404);
      if (call.method !== 'POST') return bare(405, { allow: 'POST' });
      const progress = { isDeciding: false };
      const limitMs = options.deadlineMs ?? DEADLINE_MS;
      const answered = await attempt(clock, limitMs, (signal) => take(call, progress, signal));
      if (answered.ok) return answered.value;
      log('warn', 'answer-given-up', { isDeciding: progress.isDeciding }, answered.error);
      return progress.isDeciding ? say(words.notSure()) : later();
    },
  };
}

const STALE = 'This answer is too old, or its clock is wrong. Nothing was decided: please answer the next card.';
const REPLAYED = 'This card was answered before. What became of that stands on the page:';

function say(text: string): HttpAnswer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { status: 200, headers, body: JSON.stringify({ text }) };
}

function later(): HttpAnswer {
  return bare(503, { 'retry-after': RETRY_AFTER_SECONDS });
}

/** For whoever is not the workflow: nothing to learn. */
function bare(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { 'cache-control': 'no-store', ...headers } };
}
