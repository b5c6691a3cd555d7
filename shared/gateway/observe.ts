/**
 * What is counted, counted where it happens anyway: what is put on record is what the metrics say, an error in the log is
 * an error, and a store is a door that everything goes through. With silent telemetry nothing here stands in between.
 */

import { RESERVED_CLASSES } from '../config/classes.ts';
import type { Config } from '../config/config.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import type { Log } from '../log.ts';
import type { Exposure } from '../masking/masker.ts';
import { AWAIT_TOOL, CANCEL_TOOL } from '../mcp/hold-tools.ts';
import { boundTelemetry } from '../telemetry/bound-labels.ts';
import type { Decision } from '../telemetry/instruments.ts';
import { silentTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import type { CallFacts, Entry } from '../transcripts/entry.ts';
import type { TranscriptRecorder } from '../transcripts/recorder.ts';
import type { GatewayPorts } from './ports.ts';

/** The same ports, with everything that goes through them counted under labels that the configuration knows. */
export function observePorts(config: Config, ports: GatewayPorts): GatewayPorts {
  if (ports.telemetry === silentTelemetry) return ports;
  const telemetry = boundTelemetry(ports.telemetry, {
    server: new Set([...config.servers.keys(), GATEWAY_SERVER]),
    tool: new Set([...config.lock.servers.values()].flatMap((tools) => [...tools.keys(), AWAIT_TOOL, CANCEL_TOOL])),
    class: new Set([...config.masking.classes, ...RESERVED_CLASSES]),
  });
  const counted = <S extends object>(name: string, store: S) => countOperations(telemetry, name, store);
  return {
    ...ports,
    telemetry,
    log: countErrors(telemetry, ports.log),
    segments: counted('segments', ports.segments),
    transcripts: counted('transcripts', ports.transcripts),
    seals: counted('seals', ports.seals),
    blobRemover: counted('blob-remover', ports.blobRemover),
    sealedBlobs: counted('sealed-blobs', ports.sealedBlobs),
    reportBlobs: counted('report-blobs', ports.reportBlobs),
    keyringStore: counted('keyring', ports.keyringStore),
    blockStore: counted('blocks', ports.blockStore),
    driftStore: counted('drift', ports.driftStore),
    rateStore: counted('limits', ports.rateStore),
    approvalStore: counted('approvals', ports.approvalStore),
    replayMarks: counted('replies', ports.replayMarks),
    sessionIndex: counted('sessions', ports.sessionIndex),
    reviewStore: counted('reviews', ports.reviewStore),
  };
}

function countErrors(telemetry: Telemetry, log: Log): Log {
  return (level, event, facts, cause) => {
    if (level === 'error') telemetry.count('errors', 1, { kind: event });
    log(level, event, facts, cause);
  };
}

/** A list is one operation, however many pages it has; what becomes of it is its reader's. */
function countOperations<S extends object>(telemetry: Telemetry, store: string, target: S): S {
  const wrapped = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(_target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || typeof name === 'symbol') return member;
      if (!wrapped.has(name)) {
        const count = (result: 'ok' | 'failed') => telemetry.count('storage', 1, { store, operation: name, result });
        wrapped.set(name, (...args: unknown[]) => settle(count, () => Reflect.apply(member, target, args)));
      }
      return wrapped.get(name);
    },
  });
}

function settle(count: (result: 'ok' | 'failed') => void, run: () => unknown): unknown {
  let given: unknown;
  try {
    given = run();
  } catch (cause) {
    count('failed');
    throw cause;
  }
  if (given instanceof Promise)
    given.then(
      () => count('ok'),
      () => count('failed'),
    );
  else count('ok');
  return given;
}

/** Counts what is durable: calls by decision, outcomes, findings. */
export function observeRecorder(telemetry: Telemetry, recorder: TranscriptRecorder): TranscriptRecorder {
  if (telemetry === silentTelemetry) return recorder;
  return {
    async record(session, entry) {
      await recorder.record(session, entry);
      countEntry(telemetry, session.server, entry);
    },
    warmUp: () => recorder.warmUp(),
    close: () => recorder.close(),
    get openSegments() {
      return recorder.openSegments;
    },
  };
}

function countEntry(telemetry: Telemetry, server: string, entry: Entry): void {
  const decide = (decision: Decision, call: CallFacts | undefined): void =>
    telemetry.count('calls', 1, { decision, server, tool: toolOf(call) });
  switch (entry.kind) {
    case 'intent':
      decide(entry.approval === undefined ? 'allow' : 'released', entry.call);
      return;
    case 'refusal':
      decide(entry.decision?.verdict === 'deny' ? 'deny' : 'refused', entry.call);
      return;
    case 'approval':
      // What the agent asks afterwards about a held call is no further decision.
      if (entry.event === 'held' || entry.event === 'joined') decide('hold', entry.call);
      return;
    case 'outcome':
      telemetry.count('outcomes', 1, { outcome: entry.status, server });
      countFindings(telemetry, entry.exposure);
      return;
    case 'event':
    case 'delivery':
    case 'view':
      countFindings(telemetry, entry.exposure);
      return;
    case 'administration':
    case 'recovery':
      return;
  }
}

function countFindings(telemetry: Telemetry, exposure: readonly Exposure[]): void {
  for (const { class: className, outcome, count } of exposure) {
    telemetry.count('findings', count, { class: className, outcome });
  }
}

function toolOf(call: CallFacts | undefined): string {
  return (call?.method === 'tools/call' ? call.target : undefined) ?? 'none';
}
