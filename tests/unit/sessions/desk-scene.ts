/** A desk over real transcripts in memory, sealed and indexed when a test says so: who may see what, and what they see. */
import { createMemoryIndex, type MemoryIndex } from '../../../infra/cli/replay/memory-index.ts';
import { createSessionIndexer } from '../../../shared/sessions/create-session-indexer.ts';
import { createSealLookup } from '../../../shared/sessions/seal-lookup.ts';
import { createSessionDesk, type Look, type SessionDesk } from '../../../shared/sessions/session-desk.ts';
import type { Entry, SessionRef } from '../../../shared/transcripts/entry.ts';
import type { MemoryStore } from '../transcripts/memory-store.ts';
import { testEndorsingKey } from '../transcripts/scene.ts';
import { createSealScene } from '../transcripts/seals/seal-scene.ts';
import { createTestClock, type TestClock } from '../transcripts/test-clock.ts';

export interface DeskScene {
  readonly desk: SessionDesk;
  readonly store: MemoryStore;
  readonly index: MemoryIndex;
  readonly clock: TestClock;
  readonly looks: (Look & { readonly by: string })[];
  /** Servers, by a person's id. */
  readonly audits: Map<string, readonly string[]>;
  recordFailure: Error | undefined;
  /** A second passes with each entry. */
  record(session: SessionRef, ...entries: readonly Entry[]): Promise<void>;
  /** As the timer does: seals what there is, and indexes it. */
  seal(): Promise<void>;
}

export async function createDeskScene(startMs?: number): Promise<DeskScene> {
  const index = createMemoryIndex();
  const clock = createTestClock(startMs);
  const { store, recorder, another, seal } = createSealScene({ clock });
  const ports = { reader: store, endorsingKey: testEndorsingKey };
  const sealer = another({ sink: createSessionIndexer({ ...ports, index }) });
  const scene: Omit<DeskScene, 'desk'> = {
    store,
    index,
    clock,
    looks: [],
    audits: new Map(),
    recordFailure: undefined,
    async record(session, ...entries) {
      for (const entry of entries) {
        await clock.until(recorder.record(session, entry));
        await clock.advance(1_000);
      }
    },
    async seal() {
      await seal(sealer);
    },
  };
  const desk = createSessionDesk({
    ...ports,
    index,
    seals: createSealLookup(ports),
    servers: ['crm', '_gateway'],
    leaseMs: 270_000,
    streamLeaseMs: 900_000,
    mayAudit: ({ principal }, server) => scene.audits.get(principal.id)?.includes(server) ?? false,
    async record(viewer, look) {
      if (scene.recordFailure !== undefined) throw scene.recordFailure;
      scene.looks.push({ ...look, by: viewer.principal.id });
    },
    nowMs: clock.nowMs,
  });
  return Object.assign(scene, { desk });
}
