/**
 * The digests of a review: SHA-256 over canonical JSON (RFC 8785). Without a key, on purpose: whoever holds the report
 * can make them again, years later and without us. FACTS §9 keys digests of values that could be guessed; these are over
 * a whole report in record form, whose call counts, times and words nobody guesses, and which holds nothing masked away.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { personKey, type ReviewReport } from './report.ts';
import type { Review, ReviewDecision } from './review.ts';

export interface FrozenReport {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** The bytes that are kept, and what names them. */
export function freezeReport(report: ReviewReport): FrozenReport {
  const bytes = Buffer.from(canonical(report));
  return { digest: hashOf(bytes), bytes };
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The newest on each principal, by `personKey`. `decisions` in the order of their numbers. */
export function decisionsThatCount(decisions: readonly ReviewDecision[]): ReadonlyMap<string, ReviewDecision> {
  return new Map(decisions.map((decision) => [personKey(decision.principal), decision]));
}

/** What a sign-off names: the report that was frozen, and the decisions on it that count. */
export function signOffDigest({ id, server, report }: Review, decisions: readonly ReviewDecision[]): string {
  const counting = [...decisionsThatCount(decisions)]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { principal, verdict, reason, by, decidedMs, number }]) => ({
      number,
      principal: { kind: principal.kind, id: principal.id },
      verdict,
      reason,
      by: { kind: by.kind, id: by.id },
      at: new Date(decidedMs).toISOString(),
    }));
  return hashOf(Buffer.from(canonical({ format: 1, review: id, server, report, decisions: counting })));
}

function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('what is digested is no JSON');
  return text;
}
