/** A sealer over the same store as a recorder, with the clock of both, and what tests ask of the seals. */
import { createSealer, type Sealer, type SealerOptions } from '../../../../shared/transcripts/seals/create-sealer.ts';
import type { Seal } from '../../../../shared/transcripts/seals/document.ts';
import { readSeal } from '../../../../shared/transcripts/seals/sign-document.ts';
import { createScene, createTestEndorser, type Scene, testEndorsingKey } from '../scene.ts';

export interface SealScene extends Scene {
  readonly sealer: Sealer;
  /** Another sealer over the same store, as on another instance: it has seen nothing yet. */
  another(options?: Partial<SealerOptions>): Sealer;
  /** Entries that sealers put on record. */
  readonly recorded: Parameters<SealerOptions['record']>[0][];
  /** Runs for as long as it needs. */
  seal(sealer?: Sealer): ReturnType<Sealer['run']>;
}

export const gatewaySession = { id: 'k1-gateway', server: '_gateway', retention: 'standard' };

export function createSealScene(options: Parameters<typeof createScene>[0] = {}): SealScene {
  const scene = createScene(options);
  const { store, clock, recorder, logged } = scene;
  const recorded: SealScene['recorded'] = [];
  const another = (more: Partial<SealerOptions> = {}): Sealer =>
    createSealer({
      ...clock,
      reader: store,
      seals: store.seals,
      endorser: createTestEndorser(),
      endorsingKey: testEndorsingKey,
      retention: [{ class: 'standard', days: 30 }],
      idleMs: 900_000,
      async record(entry) {
        recorded.push(entry);
        await recorder.record(gatewaySession, entry);
      },
      log: (_level, event) => logged.push(event),
      ...more,
    });
  const sealer = another();
  return { ...scene, sealer, another, recorded, seal: (which = sealer) => clock.until(which.run(), 400_000) };
}

/** Every seal that stands, in order. */
export function sealsOf(store: Scene['store']): Seal[] {
  const names = [...store.content.keys()].filter((path) => path.startsWith('seals/chain/')).sort();
  return names.map((name) => {
    const seal = readSeal(store.content.get(name) ?? Buffer.alloc(0));
    if (!seal.ok) throw new Error(`${name}: ${seal.error}`);
    return seal.value;
  });
}
