/**
 * Names under which secrets stand, in two kinds. What a password's name announces is one, however it looks. Keys and
 * tokens are many things (`pageToken`, a key of a table), so their names must say which, and their values look random.
 */

export type SecretKind = 'password' | 'key';

/** Tests pass, too: `pass` alone is no name. */
const PASSWORD =
  /(?:passwords?|passwd|pwd|passphrases?|passcode|(?:db|database|user|admin|root|smtp|sql|pg|ftp|redis)pass)$/;
const KEY =
  /(?:secrets?|(?:api|access|account|shared|sharedaccess|storage|secret|private|signing|signature|encryption|master|auth|subscription|function|host|license|consumer|app|client)keys?|(?:api|access|auth|refresh|bearer|session|id|bot|deploy|security|personalaccess|oauth|sas|jwt)tokens?|credentials?|connectionstring|sharedaccesssignature)$/;
const KEY_WORD = /^(?:token|apikey|authorization|sig)$/;

/** `words`: in lower case; only the end of a name says what stands under it (`passwordPolicy` holds no password). */
export function kindOf(words: readonly string[]): SecretKind | undefined {
  const last = words.at(-1);
  if (last === undefined) return undefined;
  const name = words.slice(-3).join('');
  if (PASSWORD.test(name)) return 'password';
  return KEY.test(name) || (words.length === 1 && KEY_WORD.test(last)) ? 'key' : undefined;
}

/** What people and programs write where a secret would stand. */
const PLACEHOLDER =
  /^(?:null|nil|none|undefined|true|false|yes|no|n\/a|string|text|str|required|optional|missing|empty|unset|unknown|invalid|incorrect|wrong|expired|changed|reset|disabled|enabled|hidden|redacted|removed|masked|password|secret|token|changeme|\*+|x{3,}|\.{3,}|-+|\[.*|\$[\w{(].*|<.*|\{.*|%\w+%|@\w+\(.*)$/i;

const MIN_PASSWORD = 3;
const MIN_KEY = 8;
/** A key without any digit is this long. */
const MIN_LETTERS_ONLY = 24;

/** Does a value under such a name look like a secret, and not like a word about one? */
export function isSecretValue(kind: SecretKind, value: string): boolean {
  if (PLACEHOLDER.test(value)) return false;
  if (kind === 'password') return value.length >= MIN_PASSWORD;
  if (value.length < MIN_KEY || /\s/.test(value)) return false;
  const letters = /[A-Za-z]/.test(value);
  return /\d/.test(value)
    ? letters || value.length >= MIN_LETTERS_ONLY
    : /^\w{24,}$/.test(value) && /[A-Z]/.test(value) && /[a-z]/.test(value);
}
