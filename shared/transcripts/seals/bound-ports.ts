/**
 * The sealer's ports, none of which hangs: each request has a limit of its own, after which it counts as failed. A write
 * that was given up may still take effect; the sealer bears that, because it reads back what stands.
 */
import { attempt, type Clock } from '../attempt.ts';
import type { Entry } from '../entry.ts';
import type { TranscriptReader } from '../segment-store.ts';
import type { Endorser } from '../writer.ts';
import type { SealPorts } from './read-document.ts';
import type { SealStore } from './seal-store.ts';
import type { VerifiedSink } from './verified-sink.ts';

const LIMIT_MS = 30_000;

export interface SealerPorts extends SealPorts {
  readonly seals: SealStore;
  readonly endorser: Endorser;
  /** Puts an entry on record in the gateway's own transcript; rejects when it is not durable. */
  readonly record: (entry: Extract<Entry, { kind: 'recovery' | 'administration' }>) => Promise<void>;
  readonly sink?: VerifiedSink;
}

export function boundSealer(ports: SealerPorts, clock: Clock): SealerPorts {
  const bound = async <T>(work: () => Promise<T>): Promise<T> => {
    const done = await attempt(clock, LIMIT_MS, work);
    if (done.ok) return done.value;
    throw done.error;
  };
  /** Each step of it. */
  async function* boundSteps<T>(steps: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = steps[Symbol.asyncIterator]();
    for (;;) {
      const step = await bound(() => iterator.next());
      if (step.done) return;
      yield step.value;
    }
  }
  const { reader, seals, endorser, sink } = ports;
  const boundReader: TranscriptReader = {
    containers: () => boundSteps(reader.containers()),
    blobs: (container, prefix) => boundSteps(reader.blobs(container, prefix)),
    folders: (container, prefix) => boundSteps(reader.folders(container, prefix)),
    async read(container, name, range) {
      const chunks = await bound(() => reader.read(container, name, range));
      return chunks && boundSteps(chunks);
    },
  };
  return {
    reader: boundReader,
    seals: { create: (name, bytes) => bound(() => seals.create(name, bytes)) },
    endorser: { sign: (digest) => bound(() => endorser.sign(digest)) },
    endorsingKey: (keyId) => bound(() => ports.endorsingKey(keyId)),
    record: (entry) => bound(() => ports.record(entry)),
    ...(sink && { sink: { take: (batch) => bound(() => sink.take(batch)) } }),
  };
}
