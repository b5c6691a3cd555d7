/**
 * Posts the card of an approval when its notice comes off the queue `approval-notices` (DESIGN §5). It decides nothing and
 * changes no state: it marks the row as noticed. A card may stand twice, where the posting or the mark was not heard of;
 * none is lost while Teams is down, and the page works without it.
 */
import type { JsonObject } from '../json/value.ts';
import type { Approval } from './approval.ts';
import { parseApprovalId, type StoredApproval } from './approval-store.ts';
import { createCard } from './card.ts';
import { markApproval } from './change.ts';
import { type NoticeMessage, noticeMessageSchema } from './message-queue.ts';
import { type ApprovalParts, randomHex } from './parts.ts';
import { PoisonMessage } from './poison-message.ts';

/** Where cards go. */
export interface CardPoster {
  /** Rejects past its own deadline, or when the card was not taken; it may be there all the same. */
  post(card: JsonObject): Promise<void>;
}

export interface NotifierOptions extends Pick<ApprovalParts, 'approvals' | 'queue' | 'randomBytes' | 'log' | 'nowMs'> {
  /** Absent where no Teams channel is configured: then there is nothing to post. */
  readonly teams?: CardPoster;
  readonly publicUrl: string;
  /** Whether a message in the channel counts for what this approval needs. */
  readonly mayReply: (approval: Approval) => boolean;
  /** Whether an answer on the card counts for it; absent where cards take none. */
  readonly mayAnswer?: (approval: Approval) => boolean;
}

export interface Notifier {
  /**
   * `message`: the body as it came off the queue. Resolves when nothing is left to do with it. Rejects to have it
   * delivered again: with `PoisonMessage` when that will not help either.
   */
  post(message: unknown): Promise<void>;
}

/** After the first, second, … attempt; the last one again and again, until the request expires. */
const RETRY_DELAYS_MS = [5_000, 15_000, 45_000, 120_000, 300_000];
const LAST_DELAY_MS = 300_000;
/** As far as `noticeMessageSchema` counts: more than eight hours. */
const MAX_ATTEMPTS = 100;

export function createNotifier(options: NotifierOptions): Notifier {
  const { approvals, queue, teams, publicUrl, mayReply, mayAnswer, nowMs, log } = options;

  function isWanted(approval: Approval): boolean {
    return approval.noticedMs === undefined && isWaiting(approval);
  }

  /** A card after the first is one to answer, or none: that the request waits was told. */
  function isNextWanted(approval: Approval): boolean {
    return isWaiting(approval) && mayAnswer?.(approval) === true;
  }

  function isWaiting({ state, expiresMs }: Approval): boolean {
    return state === 'pending' && nowMs() < expiresMs;
  }

  function cardOf(approval: Approval, round: number): JsonObject {
    const looks = { publicUrl, mayReply: mayReply(approval) };
    if (mayAnswer?.(approval) !== true) return createCard(approval, looks);
    return createCard(approval, { ...looks, answer: { card: randomHex(options, 32), round } });
  }

  async function deliver(poster: CardPoster, message: NoticeMessage): Promise<void> {
    const { approval: id, round = 1 } = message;
    const stored = await approvals.read(id);
    if (stored === undefined || !(round > 1 ? isNextWanted : isWanted)(stored.approval)) return;
    try {
      await poster.post(cardOf(stored.approval, round));
    } catch (cause) {
      log('warn', 'notice-not-posted', { approval: id, attempt: message.attempt }, cause);
      await sendLater(message, stored, cause);
      return;
    }
    if (isWanted(stored.approval)) await markNoticed(stored);
  }

  /** Rejects when there is no later, or when nobody can say whether the message for it stands. */
  async function sendLater(message: NoticeMessage, stored: StoredApproval, cause: unknown): Promise<void> {
    const { approval, attempt } = message;
    const notBeforeMs = nowMs() + (RETRY_DELAYS_MS[attempt - 1] ?? LAST_DELAY_MS);
    if (attempt >= MAX_ATTEMPTS || notBeforeMs >= stored.approval.expiresMs) {
      await flag(stored);
      throw new Error('the card of an approval could not be posted before it expires', { cause });
    }
    // A new id: under the old one duplicate detection would drop it in silence (FACTS §4).
    const id = `${approval}:notice:${randomHex(options, 12)}`;
    await queue.send({ queue: 'approval-notices', id, body: { ...message, attempt: attempt + 1 }, notBeforeMs });
  }

  /** A mark that fails is not worth a second card: the message is done, and the sweep may send another. */
  async function markNoticed(stored: StoredApproval): Promise<void> {
    const noticedMs = nowMs();
    await mark(stored, (approval) => (isWanted(approval) ? { noticedMs } : undefined));
  }

  async function flag(stored: StoredApproval): Promise<void> {
    await mark(stored, ({ state, attention }) =>
      state === 'pending' && attention === undefined ? { attention: 'notice' } : undefined,
    );
  }

  async function mark(stored: StoredApproval, patch: Parameters<typeof markApproval>[2]): Promise<void> {
    const { id: approval } = stored.approval;
    try {
      const changed = await markApproval(options, stored, patch);
      const isMissing = changed.kind === 'passed' && patch(changed.stored.approval) !== undefined;
      if (isMissing) log('warn', 'notice-not-marked', { approval });
    } catch (cause) {
      log('warn', 'notice-not-marked', { approval }, cause);
    }
  }

  return {
    async post(message) {
      const parsed = noticeMessageSchema.safeParse(message);
      if (!parsed.success || parseApprovalId(parsed.data.approval) === undefined) {
        throw new PoisonMessage('a notice that is none', { cause: parsed.error });
      }
      if (teams !== undefined) await deliver(teams, parsed.data);
    },
  };
}
