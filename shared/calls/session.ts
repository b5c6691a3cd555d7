/**
 * Which transcript session a call belongs to (DESIGN §1): principal, agent, server, and the legacy MCP session or else
 * the UTC day. The id is a keyed hash: nobody without the keyring can tell whose it is, or guess another.
 */
import type { Config, ServerConfig } from '../config/config.ts';
import type { Caller } from '../identity/caller.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Actor, SessionRef } from '../transcripts/entry.ts';

/** Records that belong to no server: refused tokens, foreign origins, servers that are not there. */
export const GATEWAY_SERVER = '_gateway';

export function callSession(
  keyring: Keyring,
  caller: Caller,
  server: ServerConfig,
  receivedMs: number,
  mcpSession: string | undefined,
): SessionRef {
  const text = sessionText(caller, server, receivedMs, mcpSession);
  return { id: keyring.name('session-id', text), server: server.name, retention: server.retention };
}

/** Every name that the session has had since the oldest live key, for look-ups. */
export function callSessionNames(
  keyring: Keyring,
  caller: Caller,
  server: ServerConfig,
  receivedMs: number,
  mcpSession: string | undefined,
): readonly string[] {
  return keyring.names('session-id', sessionText(caller, server, receivedMs, mcpSession));
}

function sessionText(
  { tenant, principal, agent }: Caller,
  server: ServerConfig,
  receivedMs: number,
  mcpSession: string | undefined,
): string {
  const span = mcpSession === undefined ? ['day', utcDay(receivedMs)] : ['mcp', mcpSession];
  return JSON.stringify([tenant, principal.kind, principal.id, agent.id, server.name, ...span]);
}

export function gatewaySession(keyring: Keyring, config: Config, receivedMs: number): SessionRef {
  return {
    id: keyring.name('session-id', JSON.stringify([GATEWAY_SERVER, utcDay(receivedMs)])),
    server: GATEWAY_SERVER,
    retention: longestRetention(config),
  };
}

/** What a person looked at of a server's records, on a page or by a command: a session beside those of calls. */
export function viewSession(
  keyring: Keyring,
  config: Config,
  { principal, agent }: Actor,
  serverName: string,
  nowMs: number,
): SessionRef {
  const server = config.servers.get(serverName);
  if (server === undefined) return gatewaySession(keyring, config, nowMs);
  const text = JSON.stringify(['view', principal.kind, principal.id, agent?.id ?? '', server.name, utcDay(nowMs)]);
  return { id: keyring.name('session-id', text), server: server.name, retention: server.retention };
}

/** Refusals are kept as long as anything is: they are what an investigation starts from. */
function longestRetention(config: Config): string {
  const classes = [...config.transcripts.retention];
  const [longest] = classes.sort(([leftName, left], [rightName, right]) =>
    right.days === left.days ? leftName.localeCompare(rightName) : right.days - left.days,
  );
  if (!longest) throw new Error('the configuration has no retention class');
  return longest[0];
}

function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
