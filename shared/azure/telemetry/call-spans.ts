/**
 * The spans of one call. Its root begins when the call does and is opened as late as can be: whose trace it belongs to may
 * stand in the message, which is read after some of its stages. Those are kept until then. Of an exception only that
 * there was one is said: its text may hold what an upstream said.
 */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace as traceApi,
} from '@opentelemetry/api';
import { SPAN_ATTRIBUTES, type Stage } from '../../telemetry/instruments.ts';
import type { CallTrace, TraceFacts, TraceRoot } from '../../telemetry/telemetry.ts';
import type { TraceContext } from '../../telemetry/trace-context.ts';
import type { CurrentCall } from '../current-call.ts';

export interface CallSpansOptions {
  readonly tracer: Tracer;
  readonly root: TraceRoot;
  /** Of every stage, and of the whole, recorded as a span or not. */
  readonly onStage: (stage: Stage, seconds: number) => void;
}

export interface CallSpans {
  readonly trace: CallTrace;
  readonly current: CurrentCall;
  fail(): void;
  end(): void;
}

/** A stream has as many stages as events: past these they are measured only. */
const MOST_SPANS = 64;
/** Over before anybody can know what the message says. */
const BEFORE_MESSAGE: readonly Stage[] = ['authenticate', 'read'];

interface Opened {
  readonly span: Span;
  readonly context: Context;
}

interface Finished {
  readonly stage: Stage;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly hasFailed: boolean;
}

export function openCallSpans({ tracer, root, onStage }: CallSpansOptions): CallSpans {
  const startedMs = epochMs();
  const early: Finished[] = [];
  let parent = root.incoming;
  let opened: Opened | undefined;
  let attributes: Attributes = { [SPAN_ATTRIBUTES.callId]: root.callId };
  let spans = 0;

  function open(): Opened {
    if (opened !== undefined) return opened;
    const { incoming } = root;
    // A header that says another trace than the message is the host's or a proxy's: kept in sight, and not followed.
    const isOther = incoming !== undefined && incoming.traceId !== parent?.traceId;
    const links = isOther ? [{ context: toSpanContext(incoming) }] : [];
    const above = parent === undefined ? ROOT_CONTEXT : traceApi.setSpanContext(ROOT_CONTEXT, toSpanContext(parent));
    const span = tracer.startSpan(root.name, { kind: SpanKind.SERVER, startTime: startedMs, attributes, links }, above);
    opened = { span, context: traceApi.setSpan(ROOT_CONTEXT, span) };
    for (const done of early) {
      const child = begin(opened, done.stage, done.startedMs);
      if (child !== undefined) finish(child, done.endedMs, done.hasFailed);
    }
    return opened;
  }

  function begin({ span, context }: Opened, stage: Stage, atMs: number): Span | undefined {
    if (!span.isRecording() || spans >= MOST_SPANS) return undefined;
    spans += 1;
    const kind = stage === 'forward' ? SpanKind.CLIENT : SpanKind.INTERNAL;
    return tracer.startSpan(stage, { kind, startTime: atMs }, context);
  }

  function onwardFrom(span: Span): TraceContext {
    const { traceId, spanId, traceFlags } = span.spanContext();
    const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    return { traceId, spanId, isSampled, ...(parent?.state !== undefined && { state: parent.state }) };
  }

  function runEarly<T>(stage: Stage, run: () => T): T {
    const beganMs = epochMs();
    return whenOver(run, (hasFailed) => {
      const endedMs = epochMs();
      early.push({ stage, startedMs: beganMs, endedMs, hasFailed });
      onStage(stage, (endedMs - beganMs) / 1_000);
    });
  }

  const trace: CallTrace = {
    adopt(context) {
      parent = context;
    },
    note(facts) {
      const noted = attributesOf(facts);
      attributes = { ...attributes, ...noted };
      // Of a stream it has ended: its outcome comes later, and stands in the metrics alone.
      if (opened?.span.isRecording()) opened.span.setAttributes(noted);
    },
    stage(stage, run) {
      if (opened === undefined && BEFORE_MESSAGE.includes(stage)) return runEarly(stage, () => run(undefined));
      const whole = open();
      const beganMs = epochMs();
      const span = begin(whole, stage, beganMs);
      return whenOver(
        () => run(onwardFrom(span ?? whole.span)),
        (hasFailed) => {
          const endedMs = epochMs();
          if (span !== undefined) finish(span, endedMs, hasFailed);
          onStage(stage, (endedMs - beganMs) / 1_000);
        },
      );
    },
  };
  return {
    trace,
    current: {
      callId: root.callId,
      get traceId() {
        return opened?.span.spanContext().traceId ?? parent?.traceId;
      },
    },
    fail: () => void open().span.setStatus({ code: SpanStatusCode.ERROR }),
    end() {
      const endedMs = epochMs();
      open().span.end(endedMs);
      onStage(root.name, (endedMs - startedMs) / 1_000);
    },
  };
}

/** Tells when what runs is over, and hands on what it gives or throws as it is. */
function whenOver<T>(run: () => T, tell: (hasFailed: boolean) => void): T {
  let given: T;
  try {
    given = run();
  } catch (cause) {
    tell(true);
    throw cause;
  }
  if (given instanceof Promise) {
    given.then(
      () => tell(false),
      () => tell(true),
    );
  } else tell(false);
  return given;
}

function finish(span: Span, endedMs: number, hasFailed: boolean): void {
  if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endedMs);
}

function attributesOf(facts: TraceFacts): Attributes {
  const { server, tool, decision, outcome } = facts;
  return {
    ...(server === undefined ? {} : { [SPAN_ATTRIBUTES.server]: server }),
    ...(tool === undefined ? {} : { [SPAN_ATTRIBUTES.tool]: tool }),
    ...(decision === undefined ? {} : { [SPAN_ATTRIBUTES.decision]: decision }),
    ...(outcome === undefined ? {} : { [SPAN_ATTRIBUTES.outcome]: outcome }),
  };
}

function toSpanContext({ traceId, spanId, isSampled }: TraceContext) {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { traceId, spanId, traceFlags, isRemote: true };
}

function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
