/**
 * What stands where data stood, by the action of its class (masking.actions of gateway.yaml). A token is the same for the
 * same value, so that records join; it is keyed, so that nobody can try out values. The record form takes no part of a
 * value: there, what is shown in part to clients is a marker.
 */
import type { MaskingAction } from '../../config/classes.ts';
import { markerOf } from '../marker.ts';
import { canonicalOf, partOf } from './partial.ts';

/** What was found at a place, and what a rule says is done with it instead of its class's action. */
export interface Found {
  readonly classes: readonly string[];
  readonly action?: MaskingAction;
}

export interface Replacer {
  /** For a text of its own or a part of one. */
  text(value: string, found: Found, form: 'client' | 'record'): string;
  /** Whether the field is left out of the client form. */
  isDropped(found: Found): boolean;
}

/** A keyed name of a value of a class: hexadecimal digits. Undefined while there is no key yet. */
export type NameToken = (className: string, value: string) => string | undefined;

export function createReplacer(
  actions: ReadonlyMap<string, MaskingAction>,
  nameToken: NameToken = () => undefined,
): Replacer {
  const actionFor = ({ classes, action }: Found): MaskingAction => {
    if (action !== undefined) return action;
    if (actions.size === 0) return 'redact';
    const wanted = new Set(classes.map((each) => actions.get(each) ?? 'redact'));
    // Of several classes at one place, what shows least.
    if (wanted.has('drop')) return 'drop';
    const [only, ...others] = wanted;
    return only === undefined || others.length > 0 ? 'redact' : only;
  };

  return {
    text(value, found, form) {
      const { classes } = found;
      const [only = '', ...others] = classes;
      const action = actionFor(found);
      if (others.length > 0 || action === 'redact' || action === 'drop') return markerOf(classes);
      const shown = action === 'token' ? tokenOf(only, value) : form === 'client' ? partOf(only, value) : undefined;
      return markerOf(classes, shown);
    },
    isDropped: (found) => actionFor(found) === 'drop',
  };

  function tokenOf(className: string, value: string): string | undefined {
    const name = nameToken(className, canonicalOf(className, value));
    return name && lettersOf(name);
  }
}

const LETTERS = 'bcdfghjklmnpqrst';
/** Eighty bits: two of a billion values are alike by one chance in a million. */
const TOKEN_LENGTH = 20;

/** Letters alone: digits of a token could look like data, and be masked in turn. */
function lettersOf(hex: string): string {
  const letters = Array.from(hex.slice(0, TOKEN_LENGTH), (digit) => LETTERS.charAt(Number.parseInt(digit, 16)));
  return letters.join('');
}
