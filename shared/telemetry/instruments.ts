/**
 * Every metric and every stage, by name and unit, with the labels that each may carry: the one source of them. Alert rules
 * and the workbook (infra/modules) use exactly these names, which a test compares. A label has few values, known before
 * the first call: a closed list here, or a set that the configuration makes (`bound-labels.ts`). Never a person, an id, an
 * argument or an address.
 */

/** The parts of a call, each a span and a duration. `call` and `release` are the whole, and the root of its trace. */
export const STAGES = [
  'call',
  'authenticate',
  'read',
  'groups',
  'decide',
  'hold',
  'release',
  'recheck',
  'record-intent',
  'credential',
  'forward',
  'mask',
  'record-outcome',
] as const;

/** What became of a request to the gateway: what policy said, or `refused` where it never came to that. */
export const DECISIONS = ['allow', 'deny', 'hold', 'refused', 'released'] as const;

/** As the transcript says it (`OutcomeStatus`). */
export const OUTCOMES = ['answered', 'error', 'failed', 'withheld', 'unknown', 'abandoned'] as const;

const FINDING_OUTCOMES = ['masked', 'revealed', 'uninspected', 'withheld'] as const;
const QUEUES = ['approval-notices', 'approval-decisions'] as const;
const RESULTS = ['ok', 'failed'] as const;

/**
 * Where a label's values come from: a closed list, a set of the configuration's (`server`, `tool`: the pinned ones, `class`),
 * or a `word` of our own code in kebab or camel case. Anything else is said as `other`.
 */
export type LabelValues = readonly string[] | 'server' | 'tool' | 'class' | 'word';

interface Instrument {
  readonly name: string;
  /** A gauge's value counts for the minute in which it was taken, and not longer. */
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** As UCUM writes units. */
  readonly unit: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
}

export const instruments = {
  calls: {
    name: 'sallyport.calls',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls on record, by what was decided',
    labels: { decision: DECISIONS, server: 'server', tool: 'tool' },
  },
  outcomes: {
    name: 'sallyport.outcomes',
    kind: 'counter',
    unit: '{call}',
    description: 'What became of calls that were sent to an upstream',
    labels: { outcome: OUTCOMES, server: 'server' },
  },
  stageSeconds: {
    name: 'sallyport.stage.duration',
    kind: 'histogram',
    unit: 's',
    description: 'How long a stage of a call took',
    labels: { stage: STAGES },
  },
  findings: {
    name: 'sallyport.findings',
    kind: 'counter',
    unit: '{finding}',
    description: 'Places with data of a class, and what became of them',
    labels: { class: 'class', outcome: FINDING_OUTCOMES },
  },
  holdsPending: {
    name: 'sallyport.holds.pending',
    kind: 'gauge',
    unit: '{hold}',
    description: 'Held calls that wait for a person',
    labels: {},
  },
  oldestHold: {
    name: 'sallyport.holds.oldest_age',
    kind: 'gauge',
    unit: 's',
    description: 'How long the oldest of them has waited; 0 where none waits',
    labels: {},
  },
  holdsUnknown: {
    name: 'sallyport.holds.unknown',
    kind: 'gauge',
    unit: '{hold}',
    description: 'Released calls of which nobody knows whether they took effect: an operator has to look',
    labels: {},
  },
  sealAge: {
    name: 'sallyport.seal.age',
    kind: 'gauge',
    unit: 's',
    description: 'For how long something stands that no seal covers; a run of the sealer that fails measures nothing',
    labels: {},
  },
  deadLetters: {
    name: 'sallyport.dead_letters',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages that a queue gave up on',
    labels: { queue: QUEUES },
  },
  errors: {
    name: 'sallyport.errors',
    kind: 'counter',
    unit: '{error}',
    description: 'Lines of the log at level error, by their event',
    labels: { kind: 'word' },
  },
  storage: {
    name: 'sallyport.storage.operations',
    kind: 'counter',
    unit: '{operation}',
    description: 'Operations on storage, as the gateway asks for them: retries of the SDK are not counted',
    labels: { store: 'word', operation: 'word', result: RESULTS },
  },
} as const satisfies Readonly<Record<string, Instrument>>;

/** What a root span may say of its call, beside its name: the call’s id leads to the transcript, and is on no metric. */
export const SPAN_ATTRIBUTES = {
  callId: 'sallyport.call.id',
  server: 'sallyport.server',
  tool: 'sallyport.tool',
  decision: 'sallyport.decision',
  outcome: 'sallyport.outcome',
} as const;

export type Stage = (typeof STAGES)[number];
export type Decision = (typeof DECISIONS)[number];
export type Outcome = (typeof OUTCOMES)[number];
