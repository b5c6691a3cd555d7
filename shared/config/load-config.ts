/**
 * A configuration folder → one typed, deeply frozen value, or every mistake in its three files at once (DESIGN §3).
 * Whether the policies fit is the policy engine's to say; this only reads their text. It logs nothing, and no message
 * quotes a value.
 */
import { readFile as readFromDisk } from 'node:fs/promises';
import { err, ok, type Result } from '../result.ts';
import type {
  ApprovalsConfig,
  Config,
  ConfigProblem,
  FieldRule,
  MaskingConfig,
  QuorumConfig,
  ServerConfig,
  ToolsLock,
} from './config.ts';
import { GATEWAY_FILE, POLICY_FILE, type ReadFile, readConfigFiles } from './config-files.ts';
import type { LockedNames } from './cross-checks.ts';
import { createFrozenMap, deepFreeze } from './frozen.ts';
import type { Gateway } from './gateway-schema.ts';
import { readGateway } from './read-gateway.ts';
import type { Variables } from './references.ts';
import { LOCK_FILE, readToolsLock } from './tools-lock.ts';

const MINUTE_MS = 60_000;

export interface LoadOptions {
  /** Holds `gateway.yaml`, `policies.cedar` and `tools.lock.json`. */
  readonly folder: string;
  /** Gives the values of `${NAME}` in gateway.yaml; undefined or empty counts as unset. */
  readonly variables: Variables;
  /** Rejects as `node:fs/promises` does; the default. */
  readonly readFile?: ReadFile;
}

export async function loadConfig(options: LoadOptions): Promise<Result<Config, readonly ConfigProblem[]>> {
  const files = await readConfigFiles(options.folder, options.readFile ?? readFromDisk);
  const lockText = files.texts.get(LOCK_FILE);
  const gatewayText = files.texts.get(GATEWAY_FILE);
  const policies = files.texts.get(POLICY_FILE);

  const locked = lockText === undefined ? { problems: [] } : readToolsLock(lockText);
  const read =
    gatewayText === undefined ? { problems: [] } : readGateway(gatewayText, options.variables, namesIn(locked.lock));
  const problems = [
    ...files.problems,
    ...read.problems,
    ...locked.problems,
    ...findStrayPins(read.gateway, locked.lock),
  ];
  const incomplete = read.gateway === undefined || locked.lock === undefined || policies === undefined;
  if (incomplete || problems.length > 0) return err(problems);
  return ok(assemble(files.digest, read.gateway, locked.lock, policies));
}

/** A pin for a server that isn't there is a leftover, or a misspelt name whose tools would silently vanish. */
function findStrayPins(gateway: Gateway | undefined, lock: ToolsLock | undefined): ConfigProblem[] {
  if (gateway === undefined || lock === undefined) return [];
  const strays = [...lock.servers.keys()].filter((server) => !Object.hasOwn(gateway.servers, server));
  return strays.map((server) => ({
    file: LOCK_FILE,
    path: `servers.${server}`,
    message: `is no server in ${GATEWAY_FILE}`,
  }));
}

function namesIn(lock: ToolsLock | undefined): LockedNames {
  return lock && new Map([...lock.servers].map(([server, tools]) => [server, new Set(tools.keys())]));
}

function assemble(digest: string, gateway: Gateway, lock: ToolsLock, policies: string): Config {
  const { identity, groups, quorums, servers, masking, transcripts, limits, http, approvals } = gateway;
  return deepFreeze({
    digest,
    identity,
    groups: createFrozenMap(Object.entries(groups)),
    quorums: createFrozenMap<string, QuorumConfig>(Object.entries(quorums)),
    servers: createFrozenMap(Object.entries(servers).map(([name, server]) => [name, toServer(name, server)] as const)),
    masking: toMasking(masking),
    transcripts: { ...transcripts, retention: createFrozenMap(Object.entries(transcripts.retention)) },
    limits,
    http,
    approvals: toApprovals(approvals),
    policies: { file: POLICY_FILE, text: policies },
    lock,
  });
}

/** Where a class of its own names a field, that is a rule like others. */
function toMasking({ classes, custom, rules, actions }: Gateway['masking']): MaskingConfig {
  const own = Object.entries(custom);
  const fields = own.flatMap(([name, { path, column }]): FieldRule[] => [
    ...(path === undefined ? [] : [{ class: name, path }]),
    ...(column === undefined ? [] : [{ class: name, column }]),
  ]);
  return {
    classes: [...classes, ...own.map(([name]) => name)],
    custom: createFrozenMap(own.map(([name, { path: _path, column: _column, ...found }]) => [name, found] as const)),
    rules: [...fields, ...rules],
    actions: createFrozenMap(Object.entries(actions)),
  };
}

function toApprovals({ expireMinutes, keepAnswerMinutes, openAtMost, teams }: Gateway['approvals']): ApprovalsConfig {
  return {
    expireMs: expireMinutes * MINUTE_MS,
    keepAnswerMs: keepAnswerMinutes * MINUTE_MS,
    openAtMost,
    ...(teams !== undefined && { teams }),
  };
}

function toServer(name: string, server: Gateway['servers'][string]): ServerConfig {
  return { name, ...server, tools: createFrozenMap(Object.entries(server.tools)) };
}
