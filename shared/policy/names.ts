/**
 * The names under which policies know things (DESIGN §4). Server names hold no slash, so the first one separates, and
 * no tool's action can collide with a fixed one. Nothing here is ever pasted into Cedar text: it goes as JSON.
 */
import type { RiskLabel } from '../config/config.ts';
import type { Duty } from './engine.ts';

/** Action groups that hold every call of a tool, and everything that uses a server. */
export const USE_ACTION = 'use';
export const CALL_ACTION = 'call';
export const LIST_ACTION = 'list';

export const APPROVE_ACTION = 'approve';

/** Lets a class of data through in clear. Nothing else does (DESIGN §4). */
export const REVEAL_ACTION = 'reveal';

/** Actions on a server itself, which give nobody a call. */
export const DUTIES = ['audit', 'review', 'administer'] as const satisfies readonly Duty[];

/** What is seen and used of a server beside its tools: its type in Cedar, and the action that uses one. */
export const ITEM_KINDS = {
  resource: { type: 'Resource', action: 'read' },
  prompt: { type: 'Prompt', action: 'get' },
} as const;

/** Actions on a server's content that are in `use`, and what each is asked of. */
export const CONTENT_ACTIONS = {
  [LIST_ACTION]: ['Tool', 'Resource', 'Prompt'],
  read: ['Resource'],
  get: ['Prompt'],
} as const;

export const RISK_LABELS = ['destructive', 'read-only', 'open-world'] as const satisfies readonly RiskLabel[];

export const ERAS = ['modern', 'legacy'] as const;

/** `crm/refund_payment`: the id of a tool, and of the action that calls it. */
export function toolId(server: string, tool: string): string {
  return `${server}/${tool}`;
}

/** `crm/crm://customers/C-1001`, `crm/summarise`: the id of a resource by its URI, and of a prompt by its name. */
export function itemId(server: string, name: string): string {
  return `${server}/${name}`;
}
