/**
 * Classes of sensitive data that the masking engine knows by itself. All but `ip` are looked for unless gateway.yaml says
 * otherwise: in the data of operations addresses of machines are everywhere, and versions look like them.
 */
export const BUILT_IN_CLASSES = [
  ...(['card', 'us-ssn', 'iban', 'email', 'phone', 'jwt', 'private-key', 'secret'] as const),
  'ip',
] as const;

export const DEFAULT_CLASSES = BUILT_IN_CLASSES.filter((name) => name !== 'ip');
