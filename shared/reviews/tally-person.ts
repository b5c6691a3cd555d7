/**
 * Adds up what one person or app did, from items in any order. It grows with tools and agents, never with calls: names
 * that a caller chooses are told apart up to a bound, and so are the words of agents.
 */
import type { Principal } from '../identity/caller.ts';
import type { Exposure } from '../masking/masker.ts';
import type { CallItem, DeliveryItem } from '../sessions/story.ts';
import { sumExposure } from '../sessions/sum-exposure.ts';
import type { Deeds, ToolDeeds } from './report.ts';

const MOST_TOOLS = 60;
const MOST_AGENTS = 30;
const MOST_JUSTIFICATIONS = 20;
const OTHER = '(other)';

interface Span {
  firstMs: number;
  lastMs: number;
}

interface ToolTally extends Span {
  calls: number;
  readonly statuses: Partial<Record<CallItem['status'], number>>;
  readonly verdicts: { allow: number; hold: number; deny: number };
}

interface JustificationTally {
  readonly text: string;
  readonly tool: string;
  count: number;
  firstMs: number;
}

export interface PersonTally {
  readonly principal: Principal;
  addCall(item: CallItem): void;
  addDelivery(item: DeliveryItem): void;
  /** Undefined for whoever did nothing themselves. */
  result(): Deeds | undefined;
}

export function createPersonTally(first: Principal): PersonTally {
  let principal = first;
  let calls = 0;
  const span: Span = { firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY };
  const tools = new Map<string, ToolTally>();
  const agents = new Map<string, { id: string; name?: string; calls: number }>();
  const justifications = new Map<string, JustificationTally>();
  let further = 0;
  let exposure: readonly Exposure[] = [];

  function justify(text: string, tool: string, timeMs: number): void {
    const key = JSON.stringify([tool, text]);
    const known = justifications.get(key);
    if (known === undefined && justifications.size >= MOST_JUSTIFICATIONS) further += 1;
    else if (known === undefined) justifications.set(key, { text, tool, count: 1, firstMs: timeMs });
    else {
      known.count += 1;
      known.firstMs = Math.min(known.firstMs, timeMs);
    }
  }

  return {
    get principal() {
      return principal;
    },
    addCall({ call, decision, status, timeMs, justification, exposure: found }) {
      if (principal.name === undefined) principal = call.principal;
      calls += 1;
      widen(span, timeMs);
      const tool = toolOf(call.method, call.target);
      const tally = ofTool(tools, tool);
      tally.calls += 1;
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
      tally.verdicts[decision.verdict] += 1;
      widen(tally, timeMs);
      const agent = agents.size < MOST_AGENTS || agents.has(call.agent.id) ? call.agent : { id: OTHER };
      const known = agents.get(agent.id);
      if (known === undefined) agents.set(agent.id, { ...agent, calls: 1 });
      else known.calls += 1;
      if (justification !== undefined) justify(justification, tool, timeMs);
      exposure = sumExposure(exposure, found);
    },
    addDelivery({ timeMs, exposure: found }) {
      widen(span, timeMs);
      exposure = sumExposure(exposure, found);
    },
    result() {
      if (span.lastMs === Number.NEGATIVE_INFINITY) return undefined;
      return {
        calls,
        first: iso(span.firstMs),
        last: iso(span.lastMs),
        agents: [...agents.values()].sort((left, right) => right.calls - left.calls),
        tools: [...tools]
          .map(describeTool)
          .sort((left, right) => right.calls - left.calls || order(left.tool, right.tool)),
        justifications: [...justifications.values()]
          .sort((left, right) => left.firstMs - right.firstMs)
          .map(({ firstMs, ...one }) => ({ ...one, first: iso(firstMs) })),
        furtherJustifications: further,
        exposure: [...exposure],
      };
    },
  };
}

/** A tool by its name; what is no call of one, by its method alone: targets are the caller's to choose. */
export function toolOf(method: string, target: string | undefined): string {
  return method === 'tools/call' && target !== undefined ? target : method;
}

function ofTool(tools: Map<string, ToolTally>, tool: string): ToolTally {
  const name = tools.size < MOST_TOOLS || tools.has(tool) ? tool : OTHER;
  const known = tools.get(name);
  if (known !== undefined) return known;
  const fresh: ToolTally = {
    calls: 0,
    statuses: {},
    verdicts: { allow: 0, hold: 0, deny: 0 },
    firstMs: Number.POSITIVE_INFINITY,
    lastMs: Number.NEGATIVE_INFINITY,
  };
  tools.set(name, fresh);
  return fresh;
}

function describeTool([tool, { calls, statuses, verdicts, firstMs, lastMs }]: [string, ToolTally]): ToolDeeds {
  return { tool, calls, statuses, verdicts, first: iso(firstMs), last: iso(lastMs) };
}

function widen(span: Span, timeMs: number): void {
  span.firstMs = Math.min(span.firstMs, timeMs);
  span.lastMs = Math.max(span.lastMs, timeMs);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function order(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
