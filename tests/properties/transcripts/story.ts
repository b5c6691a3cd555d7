/**
 * Two days in the life of a gateway's transcripts: calls are recorded, sealed, left behind by a process that ends, found
 * by the next one, and named by the manifest. One fault strikes somewhere; whoever is killed is followed by a new process.
 */
import { createSealer, type Sealer } from '../../../shared/transcripts/seals/create-sealer.ts';
import type { VerifiedBatch } from '../../../shared/transcripts/seals/verified-sink.ts';
import { createMemoryStore } from '../../unit/transcripts/memory-store.ts';
import { createScene, eventEntry, intentEntry, session } from '../../unit/transcripts/scene.ts';
import { gatewaySession } from '../../unit/transcripts/seals/seal-scene.ts';
import { createTestClock } from '../../unit/transcripts/test-clock.ts';
import { createGate, type Fault, type ProcessPorts } from './gate.ts';

const MINUTE_MS = 60_000;
/** Of the writer, and of the sealer's slowest request, several times over. */
const LONGEST_STEP_MS = 10 * MINUTE_MS;

export type Story = Awaited<ReturnType<typeof playStory>>;

export async function playStory(fault?: Fault) {
  const clock = createTestClock();
  const store = createMemoryStore();
  store.nowMs = clock.nowMs;
  const acknowledged: string[] = [];
  const recoveries: string[] = [];
  const batches: VerifiedBatch[] = [];
  const problems: string[] = [];

  const start = (ports: ProcessPorts) => {
    const { recorder } = createScene({ store: { ...store, ...ports.segments }, clock, endorser: ports.endorser });
    const sealer = createSealer({
      ...clock,
      ...ports,
      retention: [{ class: 'standard', days: 30 }],
      idleMs: 15 * MINUTE_MS,
      async record(entry) {
        await recorder.record(gatewaySession, entry);
        if (entry.kind === 'recovery') recoveries.push(entry.segment);
        else problems.push(entry.detail);
      },
      sink: { take: async (batch) => void batches.push(batch) },
      log: () => {},
    });
    return { recorder, sealer, isDead: ports.isDead, kill: ports.kill };
  };

  const bystander: { sealer?: Sealer } = {};
  const gate = createGate(store, fault, async () => bystander.sealer?.run());
  let process = start(gate.open());
  bystander.sealer = start(createGate(store, undefined, async () => {}).open()).sealer;

  /** For as long as the process lives and anything happens. */
  const step = async (work: () => Promise<unknown>): Promise<void> => {
    const done = work().catch(() => {});
    const giveUp = new Promise((resolve) => clock.after(LONGEST_STEP_MS, () => resolve(undefined)));
    await clock.until(Promise.race([done, giveUp]), 2 * LONGEST_STEP_MS);
    gate.landLate();
    if (process.isDead()) process = start(gate.open());
  };
  const record = (id: string, content: Parameters<typeof eventEntry>[1] = {}) =>
    step(() => process.recorder.record(session, eventEntry(id, content)).then(() => acknowledged.push(id)));
  const seal = () => step(() => process.sealer.run());

  await step(() => process.recorder.record(session, intentEntry('c-1')));
  await record('e-1');
  await seal();
  await record('e-2', 'x'.repeat(70_000));
  await record('e-3');
  await seal();
  // This process ends without a word; what it had open stays open.
  process.kill();
  process = start(gate.open());
  await record('e-4');
  await clock.advance(30 * MINUTE_MS);
  await seal();
  await record('e-5');
  await seal();
  await clock.advance(12 * 60 * MINUTE_MS);
  await record('e-6');
  await seal();
  await clock.advance(60 * MINUTE_MS);
  await seal();
  const faultStruck = gate.hasStruck;

  // Whatever happened, an hour of a healthy process puts everything right.
  process = start(createGate(store, undefined, async () => {}).open());
  for (let run = 0; run < 3; run += 1) {
    await clock.advance(25 * MINUTE_MS);
    await clock.until(process.sealer.run());
  }
  return { store, clock, calls: gate.calls, faultStruck, acknowledged, recoveries, batches, problems };
}
