/**
 * Who calls the API, once everything about them is known: what a route gets to see of a request's origin (DESIGN §3).
 * A route never sees the token.
 */
import type { Person } from '../approvals/inbox.ts';
import type { Caller } from '../identity/caller.ts';

export interface ApiCaller {
  readonly caller: Caller;
  /** Names of `gateway.yaml`'s groups. */
  readonly groups: readonly string[];
  readonly address: string;
}

/**
 * The person behind the call; undefined for an app by itself, which never becomes one. Not as if they were signed in on a
 * page: an agent with a shell could use the sign-in of whose machine it runs on, so a quorum says whether this counts.
 */
export function toPerson({ caller, groups, address }: ApiCaller): Person | undefined {
  const { tenant, principal, agent, tokenId } = caller;
  if (principal.kind !== 'user') return undefined;
  return { tenant, principal: { ...principal, kind: 'user' }, groups, channel: 'api', agent, address, tokenId };
}
