/**
 * Keep or revoke, for one person or app of an open review: on record, then in the row, then as a block (DESIGN §7). A
 * revoke denies at once on this instance and within a poll on the others; `sallyport block remove` lets them in again.
 * A crash in between leaves a revoke without its block: the page says so, and no sign-off goes by it.
 */
import { type Block, describeKey, toBlockKey } from '../identity/blocks/block.ts';
import type { Actor } from '../transcripts/entry.ts';
import { changeReview } from './change-review.ts';
import { decisionsThatCount } from './digest.ts';
import { nameOf } from './make-report.ts';
import type { ReviewOptions } from './options.ts';
import { personKey } from './report.ts';
import { REASON_CHARACTERS, type Review, type ReviewDecision, type StoredReview } from './review.ts';
import { actorOf, refuse } from './review-access.ts';
import type { DecideInput, Done, ReviewActor } from './reviews.ts';

/** Whoever may review, on a review that was just read. */
export async function decideOnPerson(
  options: ReviewOptions,
  actor: ReviewActor,
  stored: StoredReview,
  input: DecideInput,
): Promise<Done<ReviewDecision>> {
  const { shelf, log } = options;
  const { review } = stored;
  if (review.state !== 'open') return refuse('ended');
  if (review.report !== input.report) return refuse('changed');
  const report = await shelf.read(review.report);
  const row = report.people.find(({ principal }) => personKey(principal) === personKey(input.principal));
  if (row === undefined) return refuse('not-found');
  if (row.principal.id === actor.principal.id) return refuse('own-row');
  const reason = input.reason.trim();
  if (reason === '' || reason.length > REASON_CHARACTERS) return refuse('reason');

  const by = actorOf(actor);
  const { kind, id, name } = row.principal;
  const draft = {
    id: options.randomHex(16),
    review: review.id,
    principal: { kind, id, ...(name !== undefined && { name }) },
    verdict: input.verdict,
    reason: options.recordForm(reason),
    by: whoOf(actor),
    decidedMs: options.nowMs(),
  } as const;
  const detail = `${review.server}, review ${review.id}: ${input.verdict} ${kind} ${id} ${nameOf(row.principal)}: ${reason}`;
  try {
    await options.record({ action: 'review-decision', by, detail });
  } catch (cause) {
    log('error', 'review-decision-not-recorded', { review: review.id }, cause);
    return refuse('unavailable');
  }
  const decision = await keep(options, stored, draft);
  if (decision === 'ended' || decision === 'unknown') {
    await options.note({ action: 'review-decision-failed', by, detail: `${detail}; whether it counts is not known` });
    return refuse(decision === 'ended' ? 'ended' : 'unavailable');
  }
  return (await enforceNewest(options, review, decision, by))
    ? { kind: 'done', value: decision }
    : refuse('unavailable');
}

/** As it stands in the row's order; `ended`: the review was signed off before it. */
async function keep(
  options: ReviewOptions,
  stored: StoredReview,
  draft: Omit<ReviewDecision, 'number'>,
): Promise<ReviewDecision | 'ended' | 'unknown'> {
  const { store, log } = options;
  try {
    const changed = await changeReview(
      options,
      stored,
      (now) => (now.state === 'open' ? { ...now, changes: now.changes + 1 } : undefined),
      (next, etag) => store.decide(next, etag, { ...draft, number: next.changes }),
    );
    if (changed.kind === 'passed') return changed.review.state === 'open' ? 'unknown' : 'ended';
    // A write whose answer was lost may bear an earlier number than the last that was tried.
    const decisions = await store.listDecisions(stored.review.server, stored.review.id);
    return decisions.find(({ id }) => id === draft.id) ?? 'unknown';
  } catch (cause) {
    log('error', 'review-decision-not-kept', { review: stored.review.id }, cause);
    return 'unknown';
  }
}

/** Two who decide on one person at once may block and let in again in any order: whoever is last goes by the newest. */
async function enforceNewest(
  options: ReviewOptions,
  review: Review,
  made: ReviewDecision,
  by: Actor,
): Promise<boolean> {
  let enforced = made;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (!(await enforce(options, review, enforced, by))) return false;
    const decisions = await options.store.listDecisions(review.server, review.id).catch(() => undefined);
    const newest = decisions && decisionsThatCount(decisions).get(personKey(made.principal));
    if (newest === undefined) return false;
    if (newest.id === enforced.id) return true;
    enforced = newest;
  }
  return false;
}

const MAX_TRIES = 5;

/** Brings the block in line with a decision that counts. False: it may not stand, or may still stand. */
async function enforce(
  { blocks, log }: ReviewOptions,
  review: Review,
  { principal, verdict, reason }: ReviewDecision,
  by: Actor,
): Promise<boolean> {
  const key = toBlockKey('principal', principal.id, review.server);
  if (key === undefined) {
    log('error', 'review-cannot-block', { review: review.id, principal: principal.id });
    return verdict === 'keep';
  }
  try {
    const standing = (await blocks.list()).filter((block) => describeKey(block) === describeKey(key));
    if (verdict === 'keep') {
      // One that an administrator made for a reason of their own stays.
      if (!standing.some((block) => isOurs(block, review))) return true;
      return (await blocks.remove(by, key)).ok;
    }
    if (standing.some(({ untilMs }) => untilMs === undefined)) return true;
    return (await blocks.add(by, { key, reason: `${mark(review)}: ${reason}`.slice(0, REASON_CHARACTERS) })).ok;
  } catch (cause) {
    log('error', 'review-block-not-known', { review: review.id, principal: principal.id }, cause);
    return false;
  }
}

/** Every revoke that counts stands as a block. */
export async function enforceAll(
  options: ReviewOptions,
  review: Review,
  decisions: readonly ReviewDecision[],
  by: Actor,
): Promise<boolean> {
  const revoked = [...decisionsThatCount(decisions).values()].filter(({ verdict }) => verdict === 'revoke');
  for (const decision of revoked) if (!(await enforce(options, review, decision, by))) return false;
  return true;
}

function isOurs({ reason }: Block, review: Review): boolean {
  return reason.startsWith(mark(review));
}

function mark({ id }: Review): string {
  return `access review ${id}`;
}

export function whoOf({ principal: { kind, id, name } }: ReviewActor): ReviewDecision['by'] {
  return { kind, id, ...(name !== undefined && { name }) };
}
