/**
 * Every call that a gateway process makes to storage and vault for its transcripts, counted, with one fault at one of
 * them. A killed process makes no further call take effect, and hears no answer.
 */
import type { SealerPorts } from '../../../shared/transcripts/seals/bound-ports.ts';
import type { SegmentStore } from '../../../shared/transcripts/segment-store.ts';
import type { MemoryStore } from '../../unit/transcripts/memory-store.ts';
import { createTestEndorser, testEndorsingKey } from '../../unit/transcripts/scene.ts';

export const faultKinds = ['fail', 'lose', 'hang', 'land late', 'kill', 'kill after', 'race'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Which of all calls, from 0. */
  readonly at: number;
}

export interface Gate {
  /** The ports of a process of its own. */
  open(): ProcessPorts;
  /** By name, in their order. */
  readonly calls: string[];
  /** Whether the fault has struck. */
  readonly hasStruck: boolean;
  /** Lets what was given up take effect, if its condition still holds. */
  landLate(): void;
}

export interface ProcessPorts extends Omit<SealerPorts, 'record' | 'sink'> {
  readonly segments: SegmentStore;
  readonly isDead: () => boolean;
  /** Ends the process, as a deployment does. */
  readonly kill: () => void;
}

const WRITES = /^(create|append|putSideBlob|createSeal) /;
const never = new Promise<never>(() => {});

/** `race`: told to do something else before the call takes effect. */
export function createGate(store: MemoryStore, fault: Fault | undefined, race: () => Promise<unknown>): Gate {
  const calls: string[] = [];
  const late: (() => unknown)[] = [];
  let hasStruck = false;

  const open = (): ProcessPorts => {
    let isDead = false;
    const through = async <T>(call: string, effect: () => Promise<T>): Promise<T> => {
      if (isDead) return never;
      const at = calls.push(call) - 1;
      if (fault?.at !== at) {
        const result = await effect();
        return isDead ? never : result;
      }
      hasStruck = true;
      switch (fault.kind) {
        case 'fail':
          throw new Error('connection refused');
        case 'lose':
          await effect();
          throw new Error('socket hang up');
        case 'hang':
          return never;
        case 'land late':
          if (WRITES.test(call)) late.push(effect);
          return never;
        case 'kill':
          isDead = true;
          return never;
        case 'kill after':
          isDead = true;
          await effect();
          return never;
        case 'race':
          await race();
          return effect();
      }
    };
    async function* listed<T>(call: string, items: () => AsyncIterable<T>): AsyncGenerator<T> {
      yield* await through(call, () => Array.fromAsync(items()));
    }
    const endorser = createTestEndorser();
    return {
      isDead: () => isDead,
      kill: () => {
        isDead = true;
      },
      segments: {
        create: (container, name, signal) => through(`create ${name}`, () => store.create(container, name, signal)),
        append: (container, name, bytes, position, signal) =>
          through(`append ${name}`, () => store.append(container, name, bytes, position, signal)),
        readTail: (container, name, position, maxBytes, signal) =>
          through(`readTail ${name}`, () => store.readTail(container, name, position, maxBytes, signal)),
        putSideBlob: (container, name, bytes, signal) =>
          through(`putSideBlob ${name}`, () => store.putSideBlob(container, name, bytes, signal)),
      },
      seals: { create: (name, bytes) => through(`createSeal ${name}`, () => store.seals.create(name, bytes)) },
      reader: {
        containers: () => listed('list containers', () => store.containers()),
        blobs: (container, prefix) => listed(`list ${prefix}`, () => store.blobs(container, prefix)),
        folders: (container, prefix) => listed(`list ${prefix}`, () => store.folders(container, prefix)),
        read: (container, name, range) => through(`read ${name}`, () => store.read(container, name, range)),
      },
      endorser: { sign: (digest) => through('sign', () => endorser.sign(digest)) },
      endorsingKey: (keyId) => through('key', () => testEndorsingKey(keyId)),
    };
  };

  return {
    open,
    calls,
    get hasStruck() {
      return hasStruck;
    },
    landLate() {
      // Its condition may no longer hold; nobody waits for the answer.
      for (const effect of late.splice(0)) Promise.resolve(effect()).catch(() => {});
    },
  };
}
