/**
 * One change of a review's row: a compare-and-swap that carries a random attempt id and is read back on any error, because
 * a lost response makes the SDK report a conflict with our own write (FACTS §3). Nothing else writes a row that stands.
 */
import type { Review, ReviewStore, ReviewWritten, StoredReview } from './review.ts';

export interface ChangeParts {
  readonly store: ReviewStore;
  readonly randomHex: (digits: number) => string;
}

export type ReviewChange =
  | { readonly kind: 'changed'; readonly review: Review }
  /** Somebody else was first, and the change has no place any more; how it stands now. */
  | { readonly kind: 'passed'; readonly review: Review };

/** Two reviewers at once make a conflict each; more in a row is something else. */
const MAX_TRIES = 5;

/**
 * `make` gives what the row becomes and writes it with what belongs to it, or undefined where the change has no place in
 * what stands. Rejects where it can't be known what stands: the change may have been made.
 */
export async function changeReview(
  { store, randomHex }: ChangeParts,
  first: StoredReview,
  make: (review: Review) => Omit<Review, 'attempt'> | undefined,
  write: (review: Review, etag: string) => Promise<ReviewWritten>,
): Promise<ReviewChange> {
  let stored = first;
  // A write that hung may land after it was read back: every attempt of this change is ours.
  const attempts = new Set<string>();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const next = make(stored.review);
    if (next === undefined) return { kind: 'passed', review: stored.review };
    const wanted: Review = { ...next, attempt: randomHex(16) };
    attempts.add(wanted.attempt);
    const written = await write(wanted, stored.etag).catch((): ReviewWritten => 'conflict');
    if (written === 'written') return { kind: 'changed', review: wanted };
    const now = await store.read(wanted.server, wanted.id);
    if (now === undefined) throw new Error('a review’s row is gone');
    if (attempts.has(now.review.attempt)) return { kind: 'changed', review: now.review };
    stored = now;
  }
  return { kind: 'passed', review: stored.review };
}
