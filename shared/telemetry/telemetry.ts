/**
 * The port for traces and metrics. Who is asked for neither pays for neither: `silentTelemetry` runs what it is given and
 * passes the client's trace on as it came. An adapter never makes a call fail or wait.
 */
import type { Decision, instruments, Outcome, Stage } from './instruments.ts';
import type { TraceContext } from './trace-context.ts';

type Instruments = typeof instruments;
type OfKind<K> = { [I in keyof Instruments]: Instruments[I]['kind'] extends K ? I : never }[keyof Instruments];

export type Counter = OfKind<'counter'>;
export type Measure = OfKind<'histogram' | 'gauge'>;

/** Exactly the labels that an instrument has. */
export type Labels<I extends keyof Instruments> = {
  readonly [L in keyof Instruments[I]['labels']]: Instruments[I]['labels'][L] extends readonly (infer V)[] ? V : string;
};

export interface Telemetry {
  /** Runs a whole call, or a release, whose stages are parts of one trace. */
  trace<T>(root: TraceRoot, run: (trace: CallTrace) => Promise<T>): Promise<T>;
  count<I extends Counter>(instrument: I, by: number, labels: Labels<I>): void;
  /** In the instrument's unit. */
  measure<I extends Measure>(instrument: I, value: number, labels: Labels<I>): void;
}

export interface TraceRoot {
  readonly name: 'call' | 'release';
  readonly callId: string;
  /** What the request's headers say. */
  readonly incoming?: TraceContext | undefined;
}

export interface TraceFacts {
  readonly server?: string;
  readonly tool?: string;
  readonly decision?: Decision;
  readonly outcome?: Outcome;
}

export interface CallTrace {
  /**
   * What the message itself says, once it is read. It wins over the header: it is the agent's own word on this very call,
   * where a header may be that of a proxy or host in between, which begins a trace of its own if nobody sent it one.
   */
  adopt(context: TraceContext): void;
  /** What came to be known of the call. */
  note(facts: TraceFacts): void;
  /**
   * Runs a stage. `onward`: what its receiver is told, where it has one; undefined where there is no trace to speak of.
   * Of a promise the stage lasts until it settles. What `run` gives or throws is given or thrown as it is.
   */
  stage<T>(name: Stage, run: (onward: TraceContext | undefined) => T): T;
}

export const silentTelemetry: Telemetry = {
  trace: (root, run) => run(passOn(root.incoming)),
  count() {},
  measure() {},
};

function passOn(incoming: TraceContext | undefined): CallTrace {
  let onward = incoming;
  return {
    adopt(context) {
      onward = context;
    },
    note() {},
    stage: (_name, run) => run(onward),
  };
}
