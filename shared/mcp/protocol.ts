/**
 * Names and numbers of the Model Context Protocol, both eras (revisions up to 2025-11-25 and 2026-07-28), and of JSON-RPC 2.0.
 * Facts only, no logic.
 */

export type Era = 'modern' | 'legacy';

export const MODERN_VERSIONS = ['2026-07-28'] as const;
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

export const META_PROTOCOL_VERSION = 'io.modelcontextprotocol/protocolVersion';
export const META_CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

/** Extension of 2026-07-28 that a client declares to be given tasks. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** JSON-RPC 2.0 and MCP error codes. Ours are positive: outside the range the protocol reserves (FACTS §1.13). */
export const ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  sessionNotFound: -32001,
  transport: -32000,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
  /** Policy denies it, or there is nothing of that name. */
  denied: 1001,
  /** The upstream could not be reached or broke the protocol. */
  upstreamFailed: 1002,
  /** There is an answer, and it may not be delivered. */
  withheld: 1003,
  /** The call could not be recorded, so it was not made. */
  notRecorded: 1004,
} as const;

/** Which body field the `Mcp-Name` header mirrors (2026-07-28, Streamable HTTP, "Standard request headers"). */
export const NAME_SOURCES: ReadonlyMap<string, 'name' | 'uri' | 'taskId'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);
