/**
 * Which policies can matter to an action on a server's tool, by their scope alone. A policy whose scope does not fit is
 * never satisfied and never errs, so it need not be evaluated; who asks is left to Cedar.
 */
import { CALL_ACTION, LIST_ACTION, USE_ACTION } from './names.ts';
import type { Policy } from './policy.ts';
import type { ToolAction } from './tool-action.ts';

export interface Target {
  readonly action: string;
  /** The action itself and every group of actions that it is in. */
  readonly within: ReadonlySet<string>;
  readonly server: string;
  /** The id of the tool. */
  readonly tool: string;
}

export function callTarget({ id, groups, server }: ToolAction): Target {
  return { action: id, within: new Set([id, ...groups, CALL_ACTION, USE_ACTION]), server, tool: id };
}

export function listTarget({ id, server }: ToolAction): Target {
  return { action: LIST_ACTION, within: new Set([LIST_ACTION, USE_ACTION]), server, tool: id };
}

export function mayApply({ actions, resource }: Policy, target: Target): boolean {
  if (actions !== undefined && !actions.some((action) => target.within.has(action))) return false;
  if (resource.type !== undefined && resource.type !== 'Tool') return false;
  if (resource.entity === undefined) return true;
  const { type, id } = resource.entity;
  return (type === 'Tool' && id === target.tool) || (type === 'Server' && id === target.server);
}
