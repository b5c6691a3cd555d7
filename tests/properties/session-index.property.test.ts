/** The index against every way in which a sealer may hand records over: cut, repeated, by two, with writes that fail. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMemoryIndex } from '../../infra/cli/replay/memory-index.ts';
import { createSessionIndexer } from '../../shared/sessions/create-session-indexer.ts';
import { indexTranscripts, rebuildIndex } from '../../shared/sessions/rebuild-index.ts';
import type { SessionIndex } from '../../shared/sessions/session-index.ts';
import { parseSegmentName } from '../../shared/transcripts/layout.ts';
import type { VerifiedBatch } from '../../shared/transcripts/seals/verified-sink.ts';
import { proves } from '../requirements.ts';
import { dumpIndex } from '../unit/sessions/dump-index.ts';
import { type ReadSegment, readSegments, recordSessions } from '../unit/sessions/recorded-sessions.ts';
import type { MemoryStore } from '../unit/transcripts/memory-store.ts';
import { testEndorsingKey } from '../unit/transcripts/scene.ts';

let store: MemoryStore;
let segments: readonly ReadSegment[];
let rebuilt: Awaited<ReturnType<typeof dumpIndex>>;

beforeAll(async () => {
  store = await recordSessions();
  segments = await readSegments(store);
  const index = createMemoryIndex();
  await indexTranscripts({ index, reader: store, endorsingKey: testEndorsingKey });
  rebuilt = await dumpIndex(index);
  expect(rebuilt.length).toBe(3);
  expect(segments.length).toBeGreaterThan(8);
});

/** Lines `from` to `to` of a segment; the last delivery of each is always whole, as a sealer that lives goes on. */
function batchOf({ container, name, batches }: ReadSegment, from: number, to: number): VerifiedBatch | undefined {
  const lines = batches.flat().slice(from, to);
  const parts = parseSegmentName(name);
  if (!parts || lines.length === 0) return undefined;
  const { session, server } = parts;
  return {
    container,
    segment: name,
    session,
    server,
    fromLine: from,
    toLine: from + lines.length,
    lines,
    sealedThrough: from,
  };
}

type Mishap = 'fails' | 'response-lost' | 'conflicts-with-itself';

/** An index whose writes meet these mishaps, one after the other, and then none. */
function withMishaps(index: SessionIndex, mishaps: readonly (Mishap | undefined)[]): SessionIndex {
  let at = 0;
  return {
    ...index,
    async write(...given) {
      const mishap = mishaps[at];
      at += 1;
      if (mishap === 'fails') throw new Error('connection refused');
      const said = await index.write(...given);
      if (mishap === 'response-lost') throw new Error('connection reset');
      return mishap === 'conflicts-with-itself' ? { kind: 'conflict' } : said;
    },
  };
}

const delivery = fc.record({
  segment: fc.nat(),
  from: fc.nat({ max: 8 }),
  to: fc.integer({ min: 1, max: 12 }),
  sealer: fc.constantFrom(0, 1),
});
const mishap = fc.option(fc.constantFrom<Mishap>('fails', 'response-lost', 'conflicts-with-itself'), {
  nil: undefined,
});

describe('the index of sessions', () => {
  it(
    proves('sessions.index', 'holds each record once, however batches are cut, repeated, mixed, lost and raced for'),
    async () => {
      const some = fc.array(delivery, { maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(some, fc.array(mishap, { maxLength: 12 }), async (deliveries, mishaps) => {
          const memory = createMemoryIndex();
          const index = withMishaps(memory, mishaps);
          const ports = { index, reader: store, endorsingKey: testEndorsingKey };
          const sealers = [createSessionIndexer(ports), createSessionIndexer(ports)];
          const given = deliveries.flatMap(({ segment, from, to, sealer }) => {
            const read = segments[segment % segments.length];
            const batch = read && batchOf(read, from, to);
            return batch ? [{ batch, sealer }] : [];
          });
          const take = ({ batch, sealer }: (typeof given)[number]) => sealers[sealer]?.take(batch);
          // All at once; what a sealer could not hand over comes again with its next run.
          await Promise.allSettled(given.map(take));
          const whole = segments.flatMap((read) => batchOf(read, 0, 1_000) ?? []);
          for (const batch of whole) await again(() => sealers[0]?.take(batch));
          expect(await dumpIndex(memory)).toEqual(rebuilt);
        }),
        { numRuns: 60 },
      );
    },
  );

  it(proves('sessions.index-rebuilt', 'made again from the blobs while sealers go on, has the same rows'), async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(delivery, { maxLength: 15 }), async (deliveries) => {
        const index = createMemoryIndex();
        const ports = { index, reader: store, endorsingKey: testEndorsingKey };
        const sealer = createSessionIndexer(ports);
        await indexTranscripts(ports);
        const batches = deliveries.flatMap(({ segment, from, to }) => {
          const read = segments[segment % segments.length];
          return (read && batchOf(read, from, to)) ?? [];
        });
        for (const batch of batches.slice(0, 5)) await sealer.take(batch);
        const rebuilding = rebuildIndex({ ...ports, servers: ['crm', '_gateway'] });
        await Promise.all(batches.map((batch) => sealer.take(batch)));
        expect((await rebuilding).state).toBe('intact');
        expect(await dumpIndex(index)).toEqual(rebuilt);
      }),
      { numRuns: 30 },
    );
  });
});

async function again(run: () => Promise<void> | undefined): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await run();
      return;
    } catch (cause) {
      if (tries > 30) throw cause;
    }
  }
}
