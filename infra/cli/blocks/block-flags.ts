/**
 * Which block a command means, and for how long, from its flags. A person of the sample tenant may be named as people do;
 * elsewhere only an id says for certain who is meant.
 */
import type { BlockKey } from '../../../shared/identity/blocks/block.ts';
import { toBlockKey } from '../../../shared/identity/blocks/block.ts';
import { findApp, findUser, sampleDirectory } from '../../local/entra/directory.ts';
import { CommandFailure } from '../outcome.ts';

export interface BlockFlags {
  readonly local?: boolean;
  readonly principal?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly token?: string;
  readonly server?: string;
}

const KINDS = ['principal', 'agent', 'session', 'token'] as const;

export function readBlockKey(flags: BlockFlags): BlockKey {
  const given = KINDS.flatMap((kind) => {
    const value = flags[kind];
    return value === undefined ? [] : [{ kind, value }];
  });
  const [one, ...others] = given;
  if (one === undefined || others.length > 0) {
    throw new CommandFailure('say whom: one of --principal, --agent, --session and --token');
  }
  const { kind, value } = one;
  if (flags.server !== undefined && kind !== 'principal')
    throw new CommandFailure('--server goes with --principal only');
  const key = toBlockKey(kind, flags.local ? sampleIdOf(kind, value) : value, flags.server);
  if (key !== undefined) return key;
  throw new CommandFailure(
    flags.server === undefined ? mistakes[kind] : `${mistakes[kind]}; and --server a server’s name`,
  );
}

const mistakes = {
  principal: '--principal must be an object id, as az ad user show --id NAME --query id prints it',
  agent: '--agent must be a client id, as az ad app show --id NAME --query appId prints it',
  session: '--session must be a session’s id, as transcripts have it',
  token: '--token must be a token’s id (tokenId), as transcripts have it; never the token',
} as const;

function sampleIdOf(kind: BlockKey['kind'], value: string): string {
  const app = findApp(sampleDirectory, value);
  if (kind === 'agent') return app?.clientId ?? value;
  return kind === 'principal'
    ? (findUser(sampleDirectory, value)?.objectId ?? app?.servicePrincipalId ?? value)
    : value;
}

const UNIT_SECONDS = { m: 60, h: 3_600, d: 86_400 } as const;

/** `90m`, `2h`, `7d` → seconds. */
export function readDuration(text: string): number {
  const [, digits, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd') return Number(digits) * UNIT_SECONDS[unit];
  throw new CommandFailure('--for must be minutes, hours or days: 90m, 2h, 7d');
}
