/** A body is read within a bound of bytes and a bound of time. */
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../shared/mcp/body.ts';

async function* pieces(...parts: (string | Error | Promise<never>)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(await part);
  }
}

const never = new Promise<never>(() => undefined);

describe('a body', () => {
  it('is put together from its pieces', async () => {
    const read = await readBody(pieces('ab', 'c'), 3, AbortSignal.timeout(1_000));
    expect(read.ok && Buffer.from(read.value).toString()).toBe('abc');
    expect(await readBody(null, 3)).toEqual({ ok: true, value: new Uint8Array() });
  });

  it('is too large with the first byte over the limit, and broken off where its source fails', async () => {
    expect(await readBody(pieces('ab', 'cd'), 3)).toEqual({ ok: false, error: { code: 'too-large', limit: 3 } });
    expect(await readBody(pieces('ab', new Error('gone')), 3)).toEqual({ ok: false, error: { code: 'broken-off' } });
  });

  it('is too slow when its time is up, however little is missing', async () => {
    const late = { ok: false, error: { code: 'too-slow' } };
    expect(await readBody(pieces('ab', never), 3, AbortSignal.timeout(20))).toEqual(late);
    expect(await readBody(pieces(never), 3, AbortSignal.abort())).toEqual(late);
  });
});
