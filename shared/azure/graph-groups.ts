/**
 * Whose groups a token left out, asked of Microsoft Graph: `checkMemberGroups` of v1.0, by REST, as the app's managed
 * identity (User.Read.All and GroupMember.Read.All; groups with hidden membership need Member.Read.Hidden too, or Graph
 * leaves them out without a word). The `_claim_sources` of a token are never followed: they name any address.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import type { Principal } from '../identity/caller.ts';
import type { GroupSource } from '../identity/groups.ts';
import { err, ok } from '../result.ts';
import { within } from './deadline.ts';

export interface GraphGroupOptions {
  /** Graph's origin: `https://graph.microsoft.com`, or http to a stand-in on this machine. */
  readonly url: string;
  readonly credential: TokenCredential;
  /** For one lookup with its token, all its requests and retries; milliseconds, default 5,000. */
  readonly deadlineMs?: number;
}

/** Graph's own bound on the groups of one request. */
const GROUPS_PER_REQUEST = 20;
const DEADLINE_MS = 5_000;
/** Before the one retry, where the answer does not say when. */
const RETRY_PAUSE_MS = 200;

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const COLLECTIONS = { user: 'users', app: 'servicePrincipals' } as const;

const answerSchema = z.object({ value: z.array(z.string().toLowerCase()) });

/** One lookup's time: when it is over, and the signal that says so. */
interface Limit {
  readonly endsMs: number;
  readonly signal: AbortSignal;
}

export function createGraphGroupSource(options: GraphGroupOptions): GroupSource {
  const { credential, deadlineMs = DEADLINE_MS } = options;
  const scope = scopeOf(options.url);

  /** Rejects; the message names no token. */
  async function lookUp(principal: Principal, groupIds: readonly string[]): Promise<string[]> {
    if (!GUID.test(principal.id)) throw new Error('the principal’s object id is not a GUID');
    const limit = { endsMs: performance.now() + deadlineMs, signal: AbortSignal.timeout(deadlineMs) };
    const token = await within(limit.signal, credential.getToken(scope, { abortSignal: limit.signal }));
    if (token === null) throw new Error('the managed identity gave no token for Graph');
    const url = `${options.url}/v1.0/${COLLECTIONS[principal.kind]}/${principal.id}/checkMemberGroups`;
    const answers = await Promise.all(chunk(groupIds).map((ids) => checkMembership(url, token.token, ids, limit)));
    return answers.flat();
  }

  return {
    async findMemberships(principal, groupIds) {
      if (groupIds.length === 0) return ok([]);
      try {
        const held = new Set(await lookUp(principal, groupIds));
        return ok(groupIds.filter((id) => held.has(id)));
      } catch (cause) {
        return err({ reason: 'groups-unavailable', cause });
      }
    },
  };
}

/** A token goes to the host that it is for; only a stand-in on this machine gets one for another's name. */
function scopeOf(url: string): string {
  const { origin, protocol } = new URL(url);
  return `${protocol === 'https:' ? origin : 'https://graph.microsoft.com'}/.default`;
}

async function checkMembership(
  url: string,
  token: string,
  groupIds: readonly string[],
  limit: Limit,
): Promise<readonly string[]> {
  const ask = () =>
    fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ groupIds }),
      redirect: 'error',
      signal: limit.signal,
    });
  let response = await ask();
  if (response.status === 429 || response.status === 503) {
    await response.body?.cancel();
    await waitForRetry(response, limit);
    response = await ask();
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Graph answered ${response.status} (request ${response.headers.get('request-id') ?? 'unnamed'})`);
  }
  return answerSchema.parse(await response.json()).value;
}

/** Rejects at once where the answer asks for more time than there is: the caller has nothing to gain by waiting. */
async function waitForRetry(response: Response, { endsMs, signal }: Limit): Promise<void> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const pauseMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : RETRY_PAUSE_MS;
  if (performance.now() + pauseMs >= endsMs)
    throw new Error(`Graph answered ${response.status}, to come back too late`);
  await pause(pauseMs, undefined, { signal });
}

function chunk(groupIds: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(groupIds.length / GROUPS_PER_REQUEST);
  return Array.from({ length: count }, (_, n) => groupIds.slice(n * GROUPS_PER_REQUEST, (n + 1) * GROUPS_PER_REQUEST));
}
