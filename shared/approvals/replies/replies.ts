/**
 * Answers what Teams' outgoing webhook posts (DESIGN §5, channel `teams-reply`):
 * read ▸ verify the signature ▸ tenant, person, time ▸ once only ▸ groups ▸ decide, in less than Teams' five seconds.
 * It authorizes nobody: the inbox does. What is not known in time is said to be not known.
 */

import type { KeptSecret } from '../../credentials/kept-secret.ts';
import type { Log } from '../../log.ts';
import { readBody } from '../../mcp/body.ts';
import type { HttpAnswer, HttpCall } from '../../mcp/http.ts';
import type { Result } from '../../result.ts';
import { attempt, type Clock } from '../../transcripts/attempt.ts';
import type { Inbox, Person } from '../inbox.ts';
import type { Memberships } from '../parts.ts';
import { type Activity, readActivity } from './activity.ts';
import { type Command, readCommand } from './command.ts';
import { isSigned } from './signature.ts';
import { createWords } from './words.ts';

/** Remembers messages that were taken, for all instances. */
export interface ReplayMarks {
  /** True for who marks it first. Rejects where that can't be known. Forgotten after `untilMs` at the earliest. */
  claim(id: string, untilMs: number): Promise<boolean>;
}

/** Teams does not say who is a guest of the tenant, and policies may ask. */
export interface GuestSource {
  /** `userId`: object id. Never rejects. */
  isGuest(userId: string): Promise<Result<boolean, unknown>>;
}

export type ReplyRefusal = 'too-large' | 'signature' | 'malformed' | 'tenant' | 'person' | 'stale' | 'replay';

export interface ReplyDetail {
  readonly address: string;
  /** Object id and tenant as a *signed* message gave them. */
  readonly person?: string;
  readonly tenant?: string;
}

export interface RepliesOptions {
  readonly inbox: Pick<Inbox, 'findByCode' | 'decide'>;
  readonly secret: KeptSecret;
  readonly tenantId: string;
  /** The gateway's own registration: through it a person comes. */
  readonly agent: Person['agent'];
  readonly memberships: Memberships;
  readonly guests: GuestSource;
  readonly marks: ReplayMarks;
  /** Records a refusal. */
  readonly refused: (code: ReplyRefusal, detail: ReplyDetail) => Promise<void>;
  /** Where a call comes from, for the record. */
  readonly addressOf: (call: HttpCall) => string;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Default 4,000: a second under what Teams waits. */
  readonly deadlineMs?: number;
}

export interface Replies {
  /** `POST /teams/{kind}`. Never rejects. */
  answer(call: HttpCall): Promise<HttpAnswer>;
}

const DEADLINE_MS = 4_000;
const MAX_BODY_BYTES = 64 * 1_024;
const MAX_AGE_MS = 5 * 60_000;
/** Longer than a message is taken for new, by whichever instance's clock. */
const MARK_LIFE_MS = 3 * MAX_AGE_MS;

/** How far a message has come: what can be said of it when the time is over. */
interface Progress {
  stage: 'unverified' | 'looking' | 'deciding';
}

export function createReplies(options: RepliesOptions): Replies {
  const { inbox, secret, tenantId, agent, memberships, guests, marks, refused, addressOf, clock, log } = options;
  const words = createWords(options.publicUrl);

  async function take(call: HttpCall, progress: Progress, signal: AbortSignal): Promise<HttpAnswer> {
    const address = addressOf(call);
    const body = await readBody(call.body, MAX_BODY_BYTES, signal);
    if (!body.ok && body.error.code === 'too-large') {
      await refused('too-large', { address });
      return bare(413);
    }
    if (!body.ok) return bare(400);
    if (!(await isSigned(secret, call.headers.get('authorization'), body.value))) {
      await refused('signature', { address });
      return bare(401, { 'www-authenticate': 'HMAC' });
    }
    progress.stage = 'looking';
    const activity = readActivity(body.value);
    if (activity === undefined) {
      await refused('malformed', { address });
      return bare(400);
    }
    return say(await answerActivity(activity, address, progress, signal));
  }

  async function answerActivity(
    activity: Activity,
    address: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<string> {
    const { person, tenant, sentMs } = activity;
    const detail = { address, tenant, ...(person !== undefined && { person: person.id }) };
    const refuse = async (code: ReplyRefusal, text: string): Promise<string> => {
      await refused(code, detail);
      return text;
    };
    if (tenant !== tenantId.toLowerCase()) return refuse('tenant', words.stranger());
    if (person === undefined) return refuse('person', words.stranger());
    if (Math.abs(clock.nowMs() - sentMs) > MAX_AGE_MS) return refuse('stale', words.stale());

    const command = readCommand(activity.text);
    const [isFirst, text] = await Promise.all([
      marks.claim(activity.mark, sentMs + MARK_LIFE_MS),
      prepare(command, activity.mark, person, address),
    ]);
    if (!isFirst) return refuse('replay', words.replayed());
    if (typeof text === 'string') return text;
    // Given up: what would be decided now would be told to nobody.
    signal.throwIfAborted();
    progress.stage = 'deciding';
    return text.decide();
  }

  /** Everything that only reads; a text where there is nothing to decide. */
  async function prepare(
    command: Command,
    mark: string,
    sender: NonNullable<Activity['person']>,
    address: string,
  ): Promise<string | { decide(): Promise<string> }> {
    if (command.kind === 'help') return words.help();
    if (command.kind === 'unclear') return words.unclear();
    const { code, verdict, reason } = command;
    const asked = { kind: 'user', ...sender, guest: false } as const;
    const [groups, guest, [approval, another]] = await Promise.all([
      memberships.groupsOf(asked),
      guests.isGuest(sender.id),
      inbox.findByCode(code),
    ]);
    if (!groups.ok || !guest.ok) {
      const cause = groups.ok ? guest : groups;
      log('warn', 'reply-groups-unknown', { person: sender.id }, cause.ok ? undefined : cause.error);
      return words.groupsUnknown();
    }
    if (approval === undefined) return words.notFound(code);
    if (another !== undefined) return words.ambiguous(code);
    const principal = { ...asked, guest: guest.value };
    const tokenId = `teams-${mark.slice(0, 32)}`;
    const person: Person = {
      tenant: tenantId,
      principal,
      groups: groups.value,
      channel: 'teams-reply',
      agent,
      address,
      tokenId,
    };
    return {
      async decide() {
        const result = await inbox.decide(person, { approval, verdict, reason });
        if (result.kind === 'taken') return words.taken(result.verdict, code, result.isRepeat);
        return result.code === 'not-found' ? words.notFound(code) : words.refused(code, result.text);
      },
    };
  }

  function giveUp({ stage }: Progress): HttpAnswer {
    if (stage === 'unverified') return bare(503);
    return say(stage === 'deciding' ? words.notSure() : words.nothingDecided());
  }

  return {
    async answer(call) {
      if (call.params.kind !== 'reply') return bare(404);
      if (call.method !== 'POST') return bare(405, { allow: 'POST' });
      const progress: Progress = { stage: 'unverified' };
      const limitMs = options.deadlineMs ?? DEADLINE_MS;
      const answered = await attempt(clock, limitMs, (signal) => take(call, progress, signal));
      if (answered.ok) return answered.value;
      log('warn', 'reply-given-up', { stage: progress.stage }, answered.error);
      return giveUp(progress);
    },
  };
}

function say(text: string): HttpAnswer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { status: 200, headers, body: JSON.stringify({ type: 'message', text }) };
}

/** For whoever is not Teams: nothing to learn. */
function bare(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { 'cache-control': 'no-store', ...headers } };
}
