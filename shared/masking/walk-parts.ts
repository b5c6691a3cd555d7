/** What one walk over a message carries along; made anew for each, from what the masker made once. */
import type { Replacer } from './actions/replace.ts';
import type { Tally } from './exposure.ts';
import type { Finder } from './find-in-text.ts';
import type { KeyFacts } from './key-facts.ts';
import type { Fields } from './rules/fields.ts';

/** Class of content that nobody looked into, for the exposure. */
export const BINARY_CLASS = 'binary';

export interface Walk {
  readonly finder: Finder;
  readonly factsOf: (key: string) => KeyFacts;
  readonly tally: Tally;
  /** Whether policy reveals a class; asked only where something of the class stands. */
  readonly mayShow: (className: string) => boolean;
  /** Counts the work, in characters; throws past the deadline. */
  readonly pace: (characters: number) => void;
  readonly replace: Replacer;
  /** Field rules from the top of a value; undefined where there are none. */
  readonly fields: Fields | undefined;
}
