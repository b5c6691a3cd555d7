/**
 * Keeps what a group source said, for a while and per principal: who is taken out of a group loses what it gave within
 * the time to live, and a burst of calls asks once. A failure is no answer: it is kept only so long that an outage is
 * not met with a storm. In memory, bounded; each instance has its own.
 */
import { err, ok, type Result } from '../result.ts';
import type { Principal } from './caller.ts';
import type { GroupFailure, GroupSource } from './groups.ts';

export interface CachedGroupOptions {
  readonly source: GroupSource;
  /** Milliseconds that never go back: a clock that was set back must not stretch a membership. */
  readonly monotonicMs: () => number;
  /** From the moment of asking, milliseconds; default 5 minutes. */
  readonly ttlMs?: number;
  /** How long a failure answers for the source, milliseconds; default 1,000. */
  readonly failureRestMs?: number;
  /** The oldest goes when one more comes; default 10,000. */
  readonly maxPrincipals?: number;
}

type Memberships = Result<readonly string[], GroupFailure>;

interface Entry {
  readonly asked: ReadonlySet<string>;
  readonly answer: Promise<Memberships>;
  /** Infinite while it is pending: the source has a deadline of its own. */
  endsMs: number;
  hasFailed: boolean;
}

export function createCachedGroupSource(options: CachedGroupOptions): GroupSource {
  const { source, monotonicMs, ttlMs = 300_000, failureRestMs = 1_000, maxPrincipals = 10_000 } = options;
  const entries = new Map<string, Entry>();

  function ask(key: string, principal: Principal, groupIds: readonly string[]): Entry {
    const startedMs = monotonicMs();
    // A source that throws all the same must not stay pending for ever.
    const answer = source
      .findMemberships(principal, groupIds)
      .catch((cause: unknown): Memberships => err({ reason: 'groups-unavailable', cause }))
      .then((memberships) => {
        entry.hasFailed = !memberships.ok;
        entry.endsMs = memberships.ok ? startedMs + ttlMs : monotonicMs() + failureRestMs;
        return memberships;
      });
    const entry: Entry = { asked: new Set(groupIds), answer, endsMs: Number.POSITIVE_INFINITY, hasFailed: false };
    // Taken out first, so that the map stays in the order of age.
    entries.delete(key);
    const [oldest] = entries.keys();
    if (oldest !== undefined && entries.size >= maxPrincipals) entries.delete(oldest);
    entries.set(key, entry);
    return entry;
  }

  function find(key: string, groupIds: readonly string[]): Entry | undefined {
    const entry = entries.get(key);
    if (!entry || monotonicMs() >= entry.endsMs) return undefined;
    // An answer says nothing about groups that were not asked for; an outage is one for all of them.
    return entry.hasFailed || groupIds.every((id) => entry.asked.has(id)) ? entry : undefined;
  }

  return {
    async findMemberships(principal, groupIds) {
      const key = `${principal.kind} ${principal.id}`;
      const memberships = await (find(key, groupIds) ?? ask(key, principal, groupIds)).answer;
      if (!memberships.ok) return memberships;
      const held = new Set(memberships.value);
      return ok(groupIds.filter((id) => held.has(id)));
    },
  };
}
