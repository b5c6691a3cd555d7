/** Reviews over their store: who may, what goes on record first, and what is frozen. The interface says the rest. */

import { GATEWAY_SERVER } from '../config/names.ts';
import { changeReview } from './change-review.ts';
import { decideOnPerson, enforceAll, whoOf } from './decide-on-person.ts';
import { decisionsThatCount, signOffDigest } from './digest.ts';
import type { ReviewOptions } from './options.ts';
import type { Period } from './read-period.ts';
import { personKey } from './report.ts';
import { isDigest, isReviewId, type Review, reviewId, type StoredReview } from './review.ts';
import { accessOf, actorOf, refuse } from './review-access.ts';
import type { Done, OpenedReview, ReviewActor, Reviews, ReviewView, SignOffInput, WhichReport } from './reviews.ts';
import { iso } from './tally-person.ts';

/** As long as an agent's call may keep somebody waiting; what takes longer is ordered. */
const BUILD_IN_REQUEST_MS = 30_000;
const MOST_LISTED = 50;

export function createReviews(options: ReviewOptions): Reviews {
  const { store, shelf, servers, nowMs, log } = options;

  async function opened(stored: StoredReview): Promise<OpenedReview> {
    const { review } = stored;
    const [decisions, blocks] = await Promise.all([
      store.listDecisions(review.server, review.id),
      options.blocks.list().catch((cause: unknown) => {
        log('warn', 'review-without-blocks', { server: review.server }, cause);
        return undefined;
      }),
    ]);
    const now = nowMs();
    const inForce = blocks?.filter(
      ({ kind, server, untilMs }) =>
        kind === 'principal' &&
        (server === undefined || server === review.server) &&
        (untilMs === undefined || untilMs > now),
    );
    const blocked = inForce && new Set(inForce.map(({ value }) => value));
    return { review, decisions, digest: signOffDigest(review, decisions), blocked };
  }

  async function find(server: string, { review, period }: WhichReport) {
    if (review === undefined) {
      const found = await shelf.find(server, period);
      return found && { report: found.report, digest: found.built.report };
    }
    const stored = isReviewId(review) ? await store.read(server, review) : undefined;
    if (stored === undefined) return 'not-found' as const;
    const [report, more] = await Promise.all([shelf.read(stored.review.report), opened(stored)]);
    return { report, digest: stored.review.report, opened: more };
  }

  async function signOff(actor: ReviewActor, { server, review: id, digest }: SignOffInput): Promise<Done<Review>> {
    const stored = isReviewId(id) ? await store.read(server, id) : undefined;
    if (stored === undefined) return refuse('not-found');
    const { review } = stored;
    if (review.state !== 'open') return refuse('ended');
    const [report, decisions] = await Promise.all([shelf.read(review.report), store.listDecisions(server, id)]);
    if (signOffDigest(review, decisions) !== digest) return refuse('changed');
    const counting = decisionsThatCount(decisions);
    // Whoever has access themselves signs nothing off over it; that somebody audits or reviews is no access to tools.
    const isOwnOpen = report.people.some(
      ({ principal, standing }) =>
        principal.id === actor.principal.id && standing !== 'duty' && !counting.has(personKey(principal)),
    );
    if (isOwnOpen) return refuse('own-row');
    const by = actorOf(actor);
    if (!(await enforceAll(options, review, decisions, by))) return refuse('unavailable');

    const revoked = [...counting.values()].filter(({ verdict }) => verdict === 'revoke').length;
    const kept = counting.size - revoked;
    const notReviewed = report.people.length + report.furtherPeople - counting.size;
    const signed = { by: whoOf(actor), atMs: nowMs(), digest, kept, revoked, notReviewed };
    const detail = `${server}, review ${id} of ${iso(review.sinceMs)} to ${iso(review.untilMs)}: ${kept} kept, ${revoked} revoked, ${notReviewed} not reviewed; report sha256 ${review.report}; signed sha256 ${digest}`;
    try {
      await options.record({ action: 'review-sign-off', by, detail });
    } catch (cause) {
      log('error', 'review-sign-off-not-recorded', { review: id }, cause);
      return refuse('unavailable');
    }
    try {
      const changed = await changeReview(
        options,
        stored,
        // A decision in between changed the count: it is not what was signed.
        (now) =>
          now.state === 'open' && now.changes === review.changes
            ? { ...now, state: 'signed-off', signedOff: signed }
            : undefined,
        (next, etag) => store.replace(next, etag),
      );
      if (changed.kind === 'changed') return { kind: 'done', value: changed.review };
      await options.note({ action: 'review-sign-off-failed', by, detail: `${server}, review ${id}: it had changed` });
      return refuse(changed.review.state === 'open' ? 'changed' : 'ended');
    } catch (cause) {
      log('error', 'review-sign-off-not-known', { review: id }, cause);
      await options.note({ action: 'review-sign-off-failed', by, detail: `${server}, review ${id}: not known` });
      return refuse('unavailable');
    }
  }

  return {
    async overview(actor) {
      const readable = [...servers].filter((server) => accessOf(options, actor, server) !== 'none');
      if (readable.length === 0) return [];
      const subject = `list of ${readable.join(', ')}`;
      await options.recordView({ what: 'review', by: actorOf(actor), server: GATEWAY_SERVER, subject });
      return Promise.all(
        readable.map(async (server) => {
          const [latest, reviews] = await Promise.all([store.readBuilt(server), store.list(server, MOST_LISTED)]);
          return { server, reviews, ...(latest && { latest }) };
        }),
      );
    },

    async show(actor, server, which, what = 'review') {
      const access = accessOf(options, actor, server);
      if (access === 'none') return undefined;
      const found = await find(server, which);
      if (found === 'not-found') return undefined;
      if (found === undefined) return 'not-built';
      const subject = `${found.opened ? `review ${found.opened.review.id}` : 'report'} of ${found.report.since} to ${found.report.until}`;
      await options.recordView({ what, by: actorOf(actor), server, subject });
      const view: ReviewView = { server, mayReview: access === 'review', self: personKey(actor.principal), ...found };
      return view;
    },

    async build(actor, period: Period) {
      if (accessOf(options, actor, period.server) === 'none') return undefined;
      const subject = `build of ${iso(period.sinceMs)} to ${iso(period.untilMs)}`;
      await options.recordView({ what: 'review', by: actorOf(actor), server: period.server, subject });
      const signal = options.deadline(BUILD_IN_REQUEST_MS);
      try {
        const report = await options.build(period, signal);
        const built = await shelf.put(report);
        return { kind: 'built', report, digest: built.report };
      } catch (cause) {
        if (!signal.aborted) throw cause;
        await store.putOrder({ ...period, orderedMs: nowMs() });
        return { kind: 'ordered' };
      }
    },

    async open(actor, server, digest) {
      if (accessOf(options, actor, server) !== 'review' || !isDigest(digest)) return refuse('not-found');
      const report = await shelf.read(digest).catch((cause: unknown) => {
        log('warn', 'review-report-not-read', { server }, cause);
        return undefined;
      });
      if (report === undefined || report.server !== server) return refuse('not-found');
      const now = nowMs();
      const review: Review = {
        id: reviewId(now, options.randomHex(16)),
        server,
        state: 'open',
        report: digest,
        sinceMs: Date.parse(report.since),
        untilMs: Date.parse(report.until),
        builtMs: Date.parse(report.built),
        answer: report.answer.kind,
        openedMs: now,
        openedBy: whoOf(actor),
        changes: 0,
        attempt: options.randomHex(16),
      };
      const detail = `${server}, review ${review.id} of ${report.since} to ${report.until}; report sha256 ${digest}`;
      try {
        await options.record({ action: 'review-open', by: actorOf(actor), detail });
        const written = await store.create(review).catch(() => 'conflict' as const);
        // Nobody else draws this id: what stands under it is our own write, whose response was lost.
        if (written === 'written' || (await store.read(server, review.id)) !== undefined) {
          return { kind: 'done', value: review };
        }
      } catch (cause) {
        log('error', 'review-not-opened', { server }, cause);
      }
      return refuse('unavailable');
    },

    async decide(actor, input) {
      if (accessOf(options, actor, input.server) !== 'review') return refuse('not-found');
      const stored = isReviewId(input.review) ? await store.read(input.server, input.review) : undefined;
      return stored === undefined ? refuse('not-found') : decideOnPerson(options, actor, stored, input);
    },

    async signOff(actor, input) {
      if (accessOf(options, actor, input.server) !== 'review') return refuse('not-found');
      return signOff(actor, input);
    },
  };
}
