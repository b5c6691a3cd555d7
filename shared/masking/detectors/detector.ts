/**
 * What every detector is: one class of sensitive data, found by its form, by its context, or both.
 * Every detector is linear in the text, keeps nothing, and looks at text that was normalised before (normalise.ts).
 */
import type { Range } from '../finding.ts';

export interface Detector {
  readonly class: string;
  /** What must be in a text for `findByForm` to find anything; asked first, for all classes at once. */
  readonly needs: { readonly digits: number } | { readonly at: true };
  /** Data that shows by itself what it is. */
  readonly findByForm: (text: string) => readonly Range[];
  /** Digits that only a name nearby makes sensitive: most bare digits are ids. */
  readonly context?: ContextRule;
}

export interface ContextRule {
  /** A cheap test whether a whole text can hold a hot word at all; case-insensitive, no state (`g`, `y`). */
  readonly mayHold: RegExp;
  /** Is there a hot word among these lower-case words, in their order in the text? */
  readonly isNamedBy: (words: readonly string[]) => boolean;
  /** Every run of digits that could be one; a `g` pattern, each repetition bounded. */
  readonly candidate: RegExp;
  /** Digits of a JSON number under such a key; a number has lost its leading zeros. */
  readonly numberDigits: { readonly min: number; readonly max: number };
}
