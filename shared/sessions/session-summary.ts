/**
 * What the index knows of a session (DESIGN §6), folded from its verified records. Every part is a sum, a smallest, a
 * largest or a bounded set, so neither the order of segments nor how they were cut into batches makes a difference: what
 * the sealer adds up over a day is what a rebuild finds in the blobs.
 */
import type { Exposure } from '../masking/masker.ts';
import type { CallFacts, OutcomeStatus } from '../transcripts/entry.ts';
import type { Line } from '../transcripts/line-schema.ts';
import { addTo, type Bounded, EMPTY } from './bounded.ts';
import { sumExposure } from './sum-exposure.ts';

export interface KnownPerson {
  readonly kind: 'user' | 'app';
  readonly id: string;
  readonly name?: string;
}

export interface KnownAgent {
  readonly id: string;
  readonly name?: string;
}

export interface SessionCounts {
  /** Of calls, by what policy said: `allow` went to the upstream, a call that an approval released among them. */
  readonly allow: number;
  /** Held, or joined to a request that stood. */
  readonly hold: number;
  /** Refused, by policy or before it. */
  readonly deny: number;
  readonly answered: number;
  readonly error: number;
  readonly failed: number;
  readonly withheld: number;
  readonly unknown: number;
  readonly abandoned: number;
  /** Of streams, before their answers. */
  readonly events: number;
  /** Kept answers handed over. */
  readonly deliveries: number;
  /** People looked. */
  readonly views: number;
  readonly administration: number;
  readonly recoveries: number;
}

export interface SessionSummary {
  readonly id: string;
  readonly server: string;
  readonly retention: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Principals of calls, and who looked; a session of calls has one. */
  readonly people: Bounded<KnownPerson>;
  readonly agents: Bounded<KnownAgent>;
  readonly tools: Bounded<string>;
  readonly methods: Bounded<string>;
  readonly approvals: Bounded<string>;
  readonly counts: SessionCounts;
  /** Delivered to callers. */
  readonly exposure: readonly Exposure[];
  /** Seen in clear by people who looked. */
  readonly seen: readonly Exposure[];
}

/** Calls that were sent on and have no outcome among these records. */
export function countUnfinished({ counts }: SessionSummary): number {
  const { allow, answered, error, failed, withheld, unknown, abandoned } = counts;
  return Math.max(0, allow - answered - error - failed - withheld - unknown - abandoned);
}

const NO_COUNTS: SessionCounts = {
  allow: 0,
  hold: 0,
  deny: 0,
  answered: 0,
  error: 0,
  failed: 0,
  withheld: 0,
  unknown: 0,
  abandoned: 0,
  events: 0,
  deliveries: 0,
  views: 0,
  administration: 0,
  recoveries: 0,
};

const MAX = { people: 40, agents: 40, tools: 64, methods: 32, approvals: 64 } as const;
/** As long as a tool's name may be; the words of a client may be longer. */
const MAX_NAME = 128;

type Draft = { -readonly [K in keyof SessionSummary]: SessionSummary[K] };
type Count = keyof SessionCounts;

/** `lines` are of one segment of the session, each given once. Undefined: so far nothing was recorded. */
export function foldLines(
  known: SessionSummary | undefined,
  session: Pick<SessionSummary, 'id' | 'server' | 'retention'>,
  lines: readonly Line[],
): SessionSummary | undefined {
  let draft: Draft | undefined = known && { ...known };
  const counts: Record<Count, number> = { ...(known?.counts ?? NO_COUNTS) };
  for (const line of lines) {
    // How a writer signs and closes is not what happened in the session.
    if (line.kind === 'signature' || line.kind === 'close') continue;
    const timeMs = Date.parse(line.time);
    draft ??= begin(session, timeMs);
    draft.firstMs = Math.min(draft.firstMs, timeMs);
    draft.lastMs = Math.max(draft.lastMs, timeMs);
    if (session.retention < draft.retention) draft.retention = session.retention;
    foldLine(draft, counts, line);
  }
  return draft && { ...draft, counts };
}

function begin(session: Pick<SessionSummary, 'id' | 'server' | 'retention'>, timeMs: number): Draft {
  const { id, server, retention } = session;
  return {
    id,
    server,
    retention,
    firstMs: timeMs,
    lastMs: timeMs,
    people: EMPTY,
    agents: EMPTY,
    tools: EMPTY,
    methods: EMPTY,
    approvals: EMPTY,
    counts: NO_COUNTS,
    exposure: [],
    seen: [],
  };
}

function foldLine(draft: Draft, counts: Record<Count, number>, line: Line): void {
  switch (line.kind) {
    case 'intent':
      counts.allow += 1;
      foldCall(draft, line.call);
      if (line.approval !== undefined) foldApproval(draft, line.approval);
      return;
    case 'event':
      counts.events += 1;
      draft.exposure = sumExposure(draft.exposure, line.exposure);
      return;
    case 'outcome':
      counts[line.status satisfies OutcomeStatus] += 1;
      draft.exposure = sumExposure(draft.exposure, line.exposure);
      return;
    case 'refusal':
      counts.deny += 1;
      if (line.call !== undefined) foldCall(draft, line.call);
      return;
    case 'approval':
      if (line.event === 'held' || line.event === 'joined') counts.hold += 1;
      if (line.call !== undefined) foldCall(draft, line.call);
      foldApproval(draft, line.approval);
      return;
    case 'delivery':
      counts.deliveries += 1;
      foldCall(draft, line.call);
      foldApproval(draft, line.approval);
      draft.exposure = sumExposure(draft.exposure, line.exposure);
      return;
    case 'view':
      counts.views += 1;
      foldWho(draft, line.by);
      draft.seen = sumExposure(draft.seen, line.exposure);
      return;
    case 'administration':
      counts.administration += 1;
      if (line.by !== undefined) foldWho(draft, line.by);
      return;
    case 'recovery':
      counts.recoveries += 1;
      return;
    case 'genesis':
    case 'signature':
    case 'close':
      return;
  }
}

function foldCall(draft: Draft, call: CallFacts): void {
  const { method, target } = call;
  foldWho(draft, call);
  draft.methods = addTo(draft.methods, method.slice(0, MAX_NAME), MAX.methods);
  if (method === 'tools/call' && target !== undefined) {
    draft.tools = addTo(draft.tools, target.slice(0, MAX_NAME), MAX.tools);
  }
}

function foldWho(draft: Draft, { principal, agent }: Pick<CallFacts, 'principal'> & { readonly agent?: KnownAgent }) {
  const { kind, id, name } = principal;
  draft.people = addTo(draft.people, { kind, id: id.slice(0, MAX_NAME), ...named(name) }, MAX.people);
  if (agent !== undefined) {
    draft.agents = addTo(draft.agents, { id: agent.id.slice(0, MAX_NAME), ...named(agent.name) }, MAX.agents);
  }
}

function named(name: string | undefined): { readonly name?: string } {
  return name === undefined ? {} : { name: name.slice(0, MAX_NAME) };
}

function foldApproval(draft: Draft, approval: string): void {
  draft.approvals = addTo(draft.approvals, approval.slice(0, MAX_NAME), MAX.approvals);
}
