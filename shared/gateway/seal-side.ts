/**
 * What timers ask about transcripts (DESIGN §6): seals over what changed, and the end of what retention lets go. What
 * they find stands under `_gateway`.
 */
import type { CallParts } from '../calls/parts.ts';
import { gatewaySession } from '../calls/session.ts';
import { createSessionIndexer } from '../sessions/create-session-indexer.ts';
import type { Entry } from '../transcripts/entry.ts';
import { createSealer } from '../transcripts/seals/create-sealer.ts';
import { expireTranscripts } from '../transcripts/seals/expire.ts';
import type { GatewayPorts } from './ports.ts';

export interface SealSide {
  /** Timer. Rejects when storage or the vault can't be read or written: the next run goes on. */
  sealTranscripts(): Promise<void>;
  /** Timer. */
  expireTranscripts(): Promise<void>;
}

export function createSealSide(parts: CallParts, ports: GatewayPorts): SealSide {
  const { config, recorder, keyring, log, nowMs } = parts;
  const shared = {
    reader: ports.transcripts,
    endorsingKey: ports.endorsingKey,
    retention: [...config.transcripts.retention]
      .map(([name, { days }]) => ({ class: name, days }))
      .sort((left, right) => (left.class < right.class ? -1 : 1)),
    record: (entry: Entry) => recorder.record(gatewaySession(keyring, config, nowMs()), entry),
  };
  const sink = createSessionIndexer({ ...shared, index: ports.sessionIndex });
  const sealer = createSealer({ ...ports, ...shared, sink, idleMs: config.transcripts.idleMs });
  // What can't be sealed is as old as the last run that left nothing, or as this process's first look.
  let wholeMs = nowMs();
  return {
    async sealTranscripts() {
      const startedMs = nowMs();
      // A run that fails measures nothing: what is not measured is what the alert waits for.
      const run = await sealer.run();
      if (run.left === 0) wholeMs = startedMs;
      parts.telemetry.measure('sealAge', Math.max(0, startedMs - wholeMs) / 1_000, {});
      const isQuiet = run.seals === 0 && run.left === 0;
      if (!isQuiet) log(run.bad === 0 && run.left === 0 ? 'info' : 'warn', 'transcripts-sealed', { ...run });
    },
    async expireTranscripts() {
      const counts = await expireTranscripts({ ...ports, ...shared, remover: ports.blobRemover });
      log(counts.failed === 0 ? 'info' : 'warn', 'transcripts-expired', { ...counts });
    },
  };
}
