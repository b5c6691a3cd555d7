/** Who may ask, and what of it goes on record before it is answered; `ask` says how. */

import { type Asked, ask, type Question } from './ask.ts';
import type { ReviewOptions } from './options.ts';
import type { PeriodSource } from './read-period.ts';
import { accessOf, actorOf } from './review-access.ts';
import type { ReviewActor } from './reviews.ts';
import { iso } from './tally-person.ts';

export interface AskOptions extends Pick<ReviewOptions, 'servers' | 'policy' | 'recordView' | 'nowMs' | 'deadline'> {
  readonly source: Omit<PeriodSource, 'nowMs'>;
  /** Names of the classes that are looked for: a misspelt one would be answered no. */
  readonly classes: ReadonlySet<string>;
}

export type AskOutcome =
  | Asked
  | { readonly kind: 'no-class' }
  /** It takes longer than a request may: a shorter period, or `--account` on the blobs themselves. */
  | { readonly kind: 'too-long' };

/** Undefined: not there, or not for them. Rejects where it can't be recorded, or storage can't be read. */
export type AskQuestion = (actor: ReviewActor, question: Question) => Promise<AskOutcome | undefined>;

const ANSWER_MS = 35_000;

export function createAsk(options: AskOptions): AskQuestion {
  const { classes, source, nowMs, deadline } = options;
  return async (actor, question) => {
    const { server, principal, class: wanted, sinceMs, untilMs } = question;
    if (accessOf(options, actor, server) === 'none') return undefined;
    if (wanted !== undefined && !classes.has(wanted)) return { kind: 'no-class' };
    const subject = `${principal}, ${wanted ?? 'any class'}, ${iso(sinceMs)} to ${iso(untilMs)}`;
    await options.recordView({ what: 'ask', by: actorOf(actor), server, subject });
    const signal = deadline(ANSWER_MS);
    try {
      return await ask({ ...source, nowMs: nowMs(), signal }, question);
    } catch (cause) {
      if (signal.aborted) return { kind: 'too-long' };
      throw cause;
    }
  };
}
