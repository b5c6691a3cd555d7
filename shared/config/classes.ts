/**
 * Classes of sensitive data that the masking engine knows by itself. All but `ip` are looked for unless gateway.yaml says
 * otherwise: in the data of operations addresses of machines are everywhere, and versions look like them.
 */
export const BUILT_IN_CLASSES = [
  ...(['card', 'us-ssn', 'iban', 'email', 'phone', 'jwt', 'private-key', 'secret'] as const),
  'ip',
] as const;

export const DEFAULT_CLASSES = BUILT_IN_CLASSES.filter((name) => name !== 'ip');

/** Names that records use for what has no class: content that nobody looked into, and messages that nobody could. */
export const RESERVED_CLASSES = ['binary', 'unread'] as const;

/** What becomes of data that is not revealed. */
export const ACTIONS = ['redact', 'partial', 'token', 'drop'] as const;
export type MaskingAction = (typeof ACTIONS)[number];

/** Of a key or a password, a part is too much. */
export const NEVER_PARTIAL: readonly string[] = ['jwt', 'private-key', 'secret', 'ip'];
