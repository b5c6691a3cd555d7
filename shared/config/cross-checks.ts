/**
 * What only shows when two places of gateway.yaml, or it and tools.lock.json, are held together.
 * It reads the names alone, from a tree that may be wrong elsewhere, so that all mistakes come at once.
 */
import { z } from 'zod';
import { checkMasking } from './check-masking.ts';
import { suggest } from './nearest.ts';
import type { SchemaProblem } from './schema-problems.ts';

/** The lock's tool names by server; undefined where the lock itself is wrong, so that it isn't blamed twice. */
export type LockedNames = ReadonlyMap<string, ReadonlySet<string>> | undefined;

const mapping = <T extends z.ZodType>(value: T) => z.record(z.string(), value).catch({});
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const list = <T extends z.ZodType>(item: T) => z.array(item).catch([]);

const namesSchema = z.object({
  groups: mapping(text),
  quorums: mapping(
    z
      .object({ from: list(z.object({ group: text }).catch({})), channels: list(text) })
      .catch({ from: [], channels: [] }),
  ),
  servers: mapping(z.object({ retention: text, tools: mapping(z.unknown()) }).catch({ tools: {} })),
  transcripts: z.object({ retention: mapping(z.unknown()) }).catch({ retention: {} }),
  limits: z.object({ answerBytes: number, eventBytes: number, firstByteMs: number, deadlineMs: number }).catch({}),
  approvals: z.object({ teams: mapping(z.unknown()) }).catch({ teams: {} }),
});

type Names = z.output<typeof namesSchema>;

export function crossCheck(tree: unknown, locked: LockedNames): readonly SchemaProblem[] {
  const parsed = namesSchema.safeParse(tree);
  if (!parsed.success) return [];
  const names = parsed.data;
  return [
    ...checkGroups(names),
    ...checkQuorums(names),
    ...checkChannels(names),
    ...checkCards(names),
    ...checkRetention(names),
    ...checkTools(names, locked),
    ...checkLimits(names),
    ...checkMasking(tree),
  ];
}

/** Two names for one group would let a policy separate duties that one person holds. */
function checkGroups({ groups }: Names): SchemaProblem[] {
  const owners = new Map<string, string>();
  return Object.entries(groups).flatMap(([group, id]) => {
    const key = id?.toLowerCase();
    if (key === undefined) return [];
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, group);
    return owner === undefined ? [] : [{ path: ['groups', group], message: `is the same group as ${owner}` }];
  });
}

function checkQuorums({ groups, quorums }: Names): SchemaProblem[] {
  const known = Object.keys(groups);
  return Object.entries(quorums).flatMap(([quorum, { from }]) => {
    const seen = new Set<string>();
    return from.flatMap(({ group }, index) => {
      if (group === undefined) return [];
      const path = ['quorums', quorum, 'from', index, 'group'];
      if (!known.includes(group)) return [{ path, message: `names no group under groups${suggest(group, known)}` }];
      if (seen.has(group)) return [{ path, message: 'names a group twice: add up the people' }];
      seen.add(group);
      return [];
    });
  });
}

/** What each of the two brings. Without it the channel would count for nothing, in silence. */
const TEAMS_CHANNELS = [
  { channel: 'teams-reply', setting: 'replySecret' },
  { channel: 'teams-flow', setting: 'flow' },
] as const;

function checkChannels({ quorums, approvals }: Names): SchemaProblem[] {
  const missing = TEAMS_CHANNELS.filter(({ setting }) => !Object.hasOwn(approvals.teams, setting));
  return Object.entries(quorums).flatMap(([quorum, { channels }]) =>
    missing.flatMap(({ channel, setting }) => {
      const index = channels.indexOf(channel);
      if (index < 0) return [];
      return [{ path: ['quorums', quorum, 'channels', index], message: `needs approvals.teams.${setting}` }];
    }),
  );
}

/** A card that stands twice is answered twice. */
function checkCards({ approvals: { teams } }: Names): SchemaProblem[] {
  if (!Object.hasOwn(teams, 'flow') || !Object.hasOwn(teams, 'webhookSecret')) return [];
  return [
    { path: ['approvals', 'teams', 'webhookSecret'], message: 'posts the cards that approvals.teams.flow posts' },
  ];
}

function checkRetention({ servers, transcripts }: Names): SchemaProblem[] {
  const known = Object.keys(transcripts.retention);
  return Object.entries(servers).flatMap(([server, { retention }]) => {
    if (retention === undefined || known.includes(retention)) return [];
    const message = `names no class under transcripts.retention${suggest(retention, known)}`;
    return [{ path: ['servers', server, 'retention'], message }];
  });
}

function checkTools({ servers }: Names, locked: LockedNames): SchemaProblem[] {
  if (locked === undefined) return [];
  return Object.entries(servers).flatMap(([server, { tools }]) => {
    const pinned = locked.get(server) ?? new Set<string>();
    return Object.keys(tools).flatMap((tool) => {
      if (pinned.has(tool)) return [];
      const message = `is a tool that tools.lock.json does not pin${suggest(tool, pinned)}`;
      return [{ path: ['servers', server, 'tools', tool], message }];
    });
  });
}

function checkLimits({ limits }: Names): SchemaProblem[] {
  const { answerBytes, eventBytes, firstByteMs, deadlineMs } = limits;
  const problems: SchemaProblem[] = [];
  if (answerBytes !== undefined && eventBytes !== undefined && eventBytes > answerBytes) {
    problems.push({ path: ['limits', 'eventBytes'], message: 'must be at most limits.answerBytes' });
  }
  if (firstByteMs !== undefined && deadlineMs !== undefined && firstByteMs > deadlineMs) {
    problems.push({ path: ['limits', 'firstByteMs'], message: 'must be at most limits.deadlineMs' });
  }
  return problems;
}
