/** Whatever is done to the bytes of a closed segment short of removing whole appends from its end, it is found. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { createMemoryStore } from '../unit/transcripts/memory-store.ts';
import { createScene, eventEntry, intentEntry, segmentsOf, session, verify } from '../unit/transcripts/scene.ts';

let path: string;
let original: Buffer;
let lines: string[];

beforeAll(async () => {
  const { recorder, store } = createScene();
  await recorder.record(session, intentEntry('c-1'));
  for (let i = 0; i < 3; i += 1) {
    await Promise.all(
      Array.from({ length: 3 }, (_, j) => recorder.record(session, eventEntry(`e-${i}-${j}`, { text: 'Grüße', n: j }))),
    );
  }
  await recorder.close();
  path = segmentsOf(store)[0] ?? '';
  original = store.content.get(path) ?? Buffer.alloc(0);
  lines = original.toString('utf8').split('\n').slice(0, -1);
});

async function stateOf(bytes: Uint8Array): Promise<string | undefined> {
  const store = createMemoryStore();
  store.content.set(path, Buffer.from(bytes));
  return (await verify(store)).reports[0]?.state;
}

const join = (some: readonly string[]) => Buffer.from(some.map((line) => `${line}\n`).join(''));
/** A place in the segment, whatever its length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (where: number, length: number) => Math.floor(where * length);

describe('the verifier, over any change', () => {
  it('starts from an intact segment', async () => {
    expect(await stateOf(original)).toBe('intact-closed');
  });

  it(proves('verify.tamper', 'finds any single byte that was changed'), async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (where, flip) => {
        const bytes = Buffer.from(original);
        const index = at(where, bytes.length);
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        expect(await stateOf(bytes)).toBe('tampered');
      }),
      { numRuns: 1_000 },
    );
  });

  it(proves('verify.tamper', 'finds any byte that was removed or put in'), async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 0, max: 255 }), fc.boolean(), async (where, byte, isRemoval) => {
        const index = at(where, original.length);
        const head = original.subarray(0, index);
        const bytes = isRemoval
          ? Buffer.concat([head, original.subarray(index + 1)])
          : Buffer.concat([head, Buffer.of(byte), original.subarray(index)]);
        // The end of the last line taken away, or any byte inside: both are found.
        expect(await stateOf(bytes)).toBe('tampered');
      }),
      { numRuns: 500 },
    );
  });

  it(
    proves('verify.tamper', 'finds any line that was removed before the end, repeated, moved or swapped'),
    async () => {
      await fc.assert(
        fc.asyncProperty(place, place, fc.constantFrom('remove', 'repeat', 'move', 'swap'), async (a, b, change) => {
          const [from, to] = [at(a, lines.length), at(b, lines.length)];
          const line = lines[from] ?? '';
          const without = lines.toSpliced(from, 1);
          const changed = {
            remove: without,
            repeat: lines.toSpliced(to, 0, line),
            move: without.toSpliced(to, 0, line),
            swap: lines.with(from, lines[to] ?? '').with(to, line),
          }[change];
          fc.pre(changed.join('\n') !== lines.join('\n'));
          expect(await stateOf(join(changed))).toBe('tampered');
        }),
        { numRuns: 500 },
      );
    },
  );

  it(
    proves('verify.tamper', 'finds any cut, but for one between whole appends, which it calls open or cut off'),
    async () => {
      const boundaries = new Set([0]);
      let length = 0;
      for (const line of lines) {
        length += Buffer.byteLength(line) + 1;
        if (line.includes('"kind":"signature"')) boundaries.add(length);
      }
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            place.map((where) => at(where, original.length)),
            fc.constantFrom(...boundaries),
          ),
          async (end) => {
            fc.pre(end < original.length);
            const state = await stateOf(original.subarray(0, end));
            expect(state).toBe(boundaries.has(end) ? 'open-or-cut-off' : 'tampered');
          },
        ),
        { numRuns: 500 },
      );
    },
  );
});
