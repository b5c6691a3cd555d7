/**
 * The names under which policies know things (DESIGN §4). Server names hold no slash, so the first one separates, and
 * no tool's action can collide with a fixed one. Nothing here is ever pasted into Cedar text: it goes as JSON.
 */
import type { RiskLabel } from '../config/config.ts';

/** Action groups that hold every call of a tool, and everything that uses a server. */
export const USE_ACTION = 'use';
export const CALL_ACTION = 'call';
export const LIST_ACTION = 'list';

/** Actions on a server's content that are in `use`; `read` and `get` are declared and not asked yet. */
export const CONTENT_ACTIONS = [LIST_ACTION, 'read', 'get'] as const;

export const RISK_LABELS = ['destructive', 'read-only', 'open-world'] as const satisfies readonly RiskLabel[];

/** Where an approver may answer (DESIGN §5). */
export const CHANNELS = ['page', 'teams-reply', 'teams-flow'] as const;

export const ERAS = ['modern', 'legacy'] as const;

/** `crm/refund_payment`: the id of a tool, and of the action that calls it. */
export function toolId(server: string, tool: string): string {
  return `${server}/${tool}`;
}
