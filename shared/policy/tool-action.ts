/**
 * A pinned tool as policy sees it: the action that calls it, the groups of actions it is in, and its typed arguments.
 */
import type { Config } from '../config/config.ts';
import { type RecordType, readArgumentType } from './argument-type.ts';
import { CALL_ACTION, toolId, USE_ACTION } from './names.ts';

export interface ToolAction {
  /** `crm/refund_payment`: the action's id, and the tool's. */
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  /** Actions that it is in: `call`, `use` and its risk labels. */
  readonly groups: readonly string[];
  readonly type: RecordType;
}

/** Every pinned tool of every configured server, in the order of the files. */
export function listToolActions({ servers, lock }: Pick<Config, 'servers' | 'lock'>): readonly ToolAction[] {
  return [...servers.values()].flatMap((server) =>
    [...(lock.servers.get(server.name) ?? [])].map(([tool, { definition }]) => ({
      id: toolId(server.name, tool),
      server: server.name,
      tool,
      groups: [CALL_ACTION, USE_ACTION, ...(server.tools.get(tool)?.labels ?? [])],
      type: readArgumentType(definition),
    })),
  );
}
