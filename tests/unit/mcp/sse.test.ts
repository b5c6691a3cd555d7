import { describe, expect, it } from 'vitest';
import { formatEvent, readEvents } from '../../../shared/mcp/sse.ts';
import { proves } from '../../requirements.ts';

const LIMITS = { answerBytes: 10_000, eventBytes: 1_000 };

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(text: string, size = 7): Promise<string[]> {
  return Array.fromAsync(readEvents(chunksOf(text, size), LIMITS));
}

describe('server-sent events', () => {
  it.each([1, 2, 3, 7, 1000])(proves('mcp.sse', 'whole events come out of chunks of %d bytes'), async (size) => {
    const text = 'data: {"a":"é€😀"}\n\nevent: message\r\ndata: {"b":\r\ndata: 2}\r\n\r\ndata: {"c":3}\r\r';
    expect(await collect(text, size)).toEqual(['{"a":"é€😀"}', '{"b":\n2}', '{"c":3}']);
  });

  it('skips comments, priming events, ids and events with a name of their own', async () => {
    expect(await collect(': hi\n\nid: 7\ndata:\n\nevent: ping\ndata: {}\n\ndata: {"x":1}\n\n')).toEqual(['{"x":1}']);
  });

  it('refuses an event or an answer beyond its bound', async () => {
    await expect(collect(`data: ${'x'.repeat(2_000)}`, 100)).rejects.toThrow('an event is too large');
    await expect(collect('data: 1234567\n\n'.repeat(1_000), 500)).rejects.toThrow('the answer is too large');
  });

  it('refuses what is not UTF-8', async () => {
    async function* bad() {
      yield Uint8Array.of(0x64, 0xff);
    }
    await expect(Array.fromAsync(readEvents(bad(), LIMITS))).rejects.toThrow('not UTF-8');
  });

  it('a message can’t break out of its event', async () => {
    const json = JSON.stringify({ text: 'a\n\nevent: message\ndata: {"fake":true}\r\n\u2028' });
    expect(await collect(formatEvent(json))).toEqual([json]);
  });
});
