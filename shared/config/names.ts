/**
 * The allow-lists for names (DESIGN §1): a name from a file or a URL never reaches a path, a container or a Cedar
 * entity unless it has this form. `_gateway`, the pseudo-server, can't be configured: it has another form on purpose.
 */

/** The pseudo-server of records that belong to no server. */
export const GATEWAY_SERVER = '_gateway';

/** Servers, groups and quorums. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,31}$/;

/** Retention classes name containers (`transcripts-{class}`), where Azure allows no double and no final hyphen. */
export const RETENTION_PATTERN = /^(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

export function isServerName(text: string): boolean {
  return NAME_PATTERN.test(text);
}
