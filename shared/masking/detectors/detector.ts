/**
 * What every detector is: one kind of sensitive data, found by its form, by its context, or both. A class may have
 * several detectors. Each is linear in the text, keeps nothing, and looks at text that was normalised before
 * (normalise.ts).
 */
import type { Range } from '../finding.ts';

export interface Detector {
  readonly class: string;
  readonly needs: Needs;
  /** Data that shows by itself what it is. */
  readonly findByForm: (text: string) => readonly Range[];
  /** What it finds is one piece (a key, a token): nobody looks for other classes inside. Such detectors come first. */
  readonly isOpaque?: boolean;
  /** Digits in one piece that are data of this class unless a name says that they are something else. */
  readonly bare?: BareRule;
  /** Digits that only a name nearby makes sensitive: most bare digits are ids. */
  readonly context?: ContextRule;
  /** Text that is sensitive, all of it, because of the key right above it. */
  readonly whole?: WholeRule;
}

/** What must be in a text for a detector to find anything, any one of them; asked first, for all detectors at once. */
export interface Needs {
  /** This many ASCII digits, wherever. */
  readonly digits?: number;
  /** This many digits with nothing but signs between them that people put into numbers. */
  readonly number?: number;
  /** An `@`. */
  readonly at?: true;
  /** This many characters in a row of those that tokens are made of. */
  readonly run?: number;
  /** A `:` or a `=`. */
  readonly sign?: true;
  /** Words with spaces between. */
  readonly sentence?: true;
}

export interface BareRule {
  /** Fewest digits it finds. */
  readonly minDigits: number;
  readonly find: (text: string) => readonly Range[];
  /** Do these lower-case words, the nearest last, name it (true), name something else (false), or neither? */
  readonly isNamedBy: (words: readonly string[]) => boolean | undefined;
}

export interface ContextRule {
  /** A cheap test whether a whole text can hold a hot word at all; case-insensitive, no state (`g`, `y`). */
  readonly mayHold: RegExp;
  /** Is there a hot word among these lower-case words, in their order in the text? */
  readonly isNamedBy: (words: readonly string[]) => boolean;
  /** Every run of digits that could be one; a `g` pattern, each repetition bounded. */
  readonly candidate: RegExp;
  /** What a candidate must be beyond its form; without it, all are. */
  readonly isOne?: (candidate: string) => boolean;
  /** Digits of a JSON number under such a key; a number has lost its leading zeros. */
  readonly numberDigits: { readonly min: number; readonly max: number };
}

export interface WholeRule {
  /** The lower-case words of the key name. Counts for the value itself or the items of a list, not for objects below. */
  readonly isNamedBy: (words: readonly string[]) => boolean;
  readonly isWhole: (text: string) => boolean;
  /** Fewest digits of a number that is masked under such a key. */
  readonly numberDigits: { readonly min: number; readonly max: number };
}
