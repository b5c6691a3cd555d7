/**
 * The last door before a label leaves: whatever is not one of an instrument's few known values is said as `other`. Types
 * keep a caller from adding a label; this keeps a client's words, and so its cardinality, out of those there are.
 */
import { DECISIONS, instruments, type LabelValues, OUTCOMES } from './instruments.ts';
import { type CallTrace, silentTelemetry, type Telemetry, type TraceFacts } from './telemetry.ts';

/** What the configuration knows by name. */
export interface KnownNames {
  readonly server: ReadonlySet<string>;
  /** Pinned on any server. */
  readonly tool: ReadonlySet<string>;
  readonly class: ReadonlySet<string>;
}

/** A word of our own code: an event, a store, a method. */
const WORD = /^[a-z][a-zA-Z-]{1,47}$/;
const MAX_WORDS = 200;
/** `none`: the label does not apply, as a tool does not to a list. */
const OTHER = 'other';
const NONE = 'none';

export function boundTelemetry(telemetry: Telemetry, known: KnownNames): Telemetry {
  // It lets nothing out.
  if (telemetry === silentTelemetry) return telemetry;
  const words = new Set<string>();

  function isKnown(values: LabelValues, value: string): boolean {
    if (values === 'word') {
      if (WORD.test(value) && words.size < MAX_WORDS) words.add(value);
      return words.has(value);
    }
    return value === NONE || (typeof values === 'string' ? known[values].has(value) : values.includes(value));
  }

  const bound = (values: LabelValues, value: string): string => (isKnown(values, value) ? value : OTHER);

  function boundLabels<L extends object>(allowed: Readonly<Record<string, LabelValues>>, labels: L): L {
    const given = new Map(Object.entries(labels));
    const entries = Object.entries(allowed).map(([name, values]) => [name, bound(values, String(given.get(name)))]);
    return Object.fromEntries(entries);
  }

  const boundTrace = (trace: CallTrace): CallTrace => ({
    adopt: trace.adopt,
    stage: trace.stage,
    note: (facts) => trace.note(boundFacts(facts)),
  });

  function boundFacts(facts: TraceFacts): TraceFacts {
    const given = Object.entries(facts).filter(([name]) => Object.hasOwn(FACTS, name));
    const allowed = Object.fromEntries(given.map(([name]) => [name, FACTS[name] ?? []]));
    return boundLabels(allowed, facts);
  }

  return {
    trace: (root, run) => telemetry.trace(root, (trace) => run(boundTrace(trace))),
    count: (instrument, by, labels) =>
      telemetry.count(instrument, by, boundLabels(instruments[instrument].labels, labels)),
    measure: (instrument, value, labels) =>
      telemetry.measure(instrument, value, boundLabels(instruments[instrument].labels, labels)),
  };
}

const FACTS: Readonly<Record<string, LabelValues>> = {
  server: 'server',
  tool: 'tool',
  decision: DECISIONS,
  outcome: OUTCOMES,
};
