/**
 * The trace that a client is in (W3C Trace Context; in MCP's `_meta` by SEP-414): read strictly, written anew. What is
 * malformed or too long is ignored, and nobody hears of it: no call fails for its telemetry. `baggage` is not read at all.
 */

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 likewise: the span that what follows is a part of. */
  readonly spanId: string;
  /** Whether the sender records its part. No order to us: what is recorded here, we decide (`trace-budget.ts`). */
  readonly isSampled: boolean;
  /** `tracestate`, as it came. */
  readonly state?: string;
}

const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]{0,64})?$/;
const MAX_STATE = 512;
const MAX_STATE_MEMBERS = 32;
const STATE_MEMBER = /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/;

/** Undefined for what is none. A bad `tracestate` beside a good `traceparent` is left out. */
export function readTraceContext(parent: unknown, state?: unknown): TraceContext | undefined {
  if (typeof parent !== 'string') return undefined;
  const [, version, traceId, spanId, flags = '', rest] = TRACE_PARENT.exec(parent) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || version === 'ff') return undefined;
  // Later versions may go on after the flags; this one may not.
  if (version === '00' && rest !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, isSampled, ...(isTraceState(state) && { state }) };
}

export function formatTraceParent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

function isTraceState(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > MAX_STATE) return false;
  const members = text.split(',').map((member) => member.trim());
  return members.length <= MAX_STATE_MEMBERS && members.every((member) => STATE_MEMBER.test(member));
}
