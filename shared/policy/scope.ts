/**
 * Which policies can matter to an action on a server's tool, resource or prompt, by their scope alone. A policy whose
 * scope does not fit is never satisfied and never errs, so it need not be evaluated; who asks is left to Cedar.
 */
import type { Duty } from './engine.ts';
import {
  APPROVE_ACTION,
  CALL_ACTION,
  type ITEM_KINDS,
  itemId,
  LIST_ACTION,
  REVEAL_ACTION,
  USE_ACTION,
} from './names.ts';
import type { Policy } from './policy.ts';
import type { ToolAction } from './tool-action.ts';

export interface Target {
  readonly action: string;
  /** The action itself and every group of actions that it is in. */
  readonly within: ReadonlySet<string>;
  readonly server: string;
  readonly type: 'Tool' | 'Server' | ItemType;
  /** The id of the tool. Resources and prompts are known when they are asked about: any of the server's. */
  readonly id?: string;
}

type ItemType = (typeof ITEM_KINDS)[keyof typeof ITEM_KINDS]['type'];

export function callTarget({ id, groups, server }: ToolAction): Target {
  return { action: id, within: new Set([id, ...groups, CALL_ACTION, USE_ACTION]), server, type: 'Tool', id };
}

export function listTarget({ id, server }: ToolAction): Target {
  return { action: LIST_ACTION, within: new Set([LIST_ACTION, USE_ACTION]), server, type: 'Tool', id };
}

export function approveTarget({ id, server }: ToolAction): Target {
  return { action: APPROVE_ACTION, within: new Set([APPROVE_ACTION]), server, type: 'Tool', id };
}

export function revealTarget(server: string): Target {
  return { action: REVEAL_ACTION, within: new Set([REVEAL_ACTION]), server, type: 'Server', id: server };
}

export function dutyTarget(duty: Duty, server: string): Target {
  return { action: duty, within: new Set([duty]), server, type: 'Server', id: server };
}

export function itemTarget(server: string, type: ItemType, action: string): Target {
  return { action, within: new Set([action, USE_ACTION]), server, type };
}

export function mayApply({ actions, resource }: Policy, target: Target): boolean {
  if (actions !== undefined && !actions.some((action) => target.within.has(action))) return false;
  if (resource.type !== undefined && resource.type !== target.type) return false;
  if (resource.entity === undefined) return true;
  const { type, id } = resource.entity;
  if (type === 'Server') return id === target.server;
  if (type !== target.type) return false;
  return target.id === undefined ? id.startsWith(itemId(target.server, '')) : id === target.id;
}
