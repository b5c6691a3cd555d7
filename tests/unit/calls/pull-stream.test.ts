import { describe, expect, it } from 'vitest';
import { pullStream } from '../../../shared/calls/pull-stream.ts';
import { proves } from '../../requirements.ts';

/** A pause that a test ends by hand. */
function createPauses() {
  const open: { ms: number; end: () => void }[] = [];
  const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      open.push({ ms, end: resolve });
      signal.addEventListener('abort', () => resolve());
    });
  return { open, pause };
}

const textOf = (read: { value?: Uint8Array | undefined }) => Buffer.from(read.value ?? []).toString();

describe('a pulled stream', () => {
  it(
    proves(
      'stream.keep-alive',
      'says a comment while its source is silent, as often as it is asked, and loses nothing',
    ),
    async () => {
      const { promise, resolve } = Promise.withResolvers<string>();
      async function* frames() {
        yield await promise;
      }
      const { open, pause } = createPauses();
      const reader = pullStream(frames(), { everyMs: 20_000, frame: ': keep-alive\n\n', pause }).getReader();
      for (let times = 0; times < 2; times += 1) {
        const read = reader.read();
        await Promise.resolve();
        expect(open.at(-1)?.ms).toBe(20_000);
        open.at(-1)?.end();
        expect(textOf(await read)).toBe(': keep-alive\n\n');
      }
      const last = reader.read();
      resolve('data: 1\n\n');
      expect(textOf(await last)).toBe('data: 1\n\n');
      expect((await reader.read()).done).toBe(true);
    },
  );

  it(proves('stream.back-pressure', 'takes nothing from its source before it is read'), async () => {
    let taken = 0;
    async function* frames() {
      for (;;) {
        taken += 1;
        yield `frame ${taken}`;
      }
    }
    const { pause } = createPauses();
    const reader = pullStream(frames(), { everyMs: 1, frame: '', pause }).getReader();
    await Promise.resolve();
    expect(taken).toBe(0);
    expect(textOf(await reader.read())).toBe('frame 1');
    expect(taken).toBe(1);
    await reader.cancel();
    expect(taken).toBe(1);
  });

  it('ends its source when it is cancelled', async () => {
    let hasEnded = false;
    async function* frames() {
      try {
        yield 'one';
        yield 'two';
      } finally {
        hasEnded = true;
      }
    }
    const { pause } = createPauses();
    const reader = pullStream(frames(), { everyMs: 1_000, frame: '', pause }).getReader();
    await reader.read();
    await reader.cancel();
    expect(hasEnded).toBe(true);
  });
});
