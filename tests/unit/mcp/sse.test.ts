import { describe, expect, it } from 'vitest';
import { formatEvent, readEvents } from '../../../shared/mcp/sse.ts';
import { proves } from '../../requirements.ts';

const LIMITS = { answerBytes: 10_000, eventBytes: 1_000 };

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(text: string, size = 7): Promise<string[]> {
  return (await Array.fromAsync(readEvents(chunksOf(text, size), LIMITS))).map(({ data }) => data);
}

describe('server-sent events', () => {
  it.each([1, 2, 3, 7, 1000])(proves('mcp.sse', 'whole events come out of chunks of %d bytes'), async (size) => {
    const text = 'data: {"a":"é€😀"}\n\nevent: message\r\ndata: {"b":\r\ndata: 2}\r\n\r\ndata: {"c":3}\r\r';
    expect(await collect(text, size)).toEqual(['{"a":"é€😀"}', '{"b":\n2}', '{"c":3}']);
  });

  it('skips comments and events with a name of their own; ids, retry and priming events come along', async () => {
    const text = ': hi\n\nretry: 500\nid: 7\ndata:\n\nevent: ping\ndata: {}\n\ndata: {"x":1}\n\n';
    const events = await Array.fromAsync(readEvents(chunksOf(text, 5), LIMITS));
    expect(events).toMatchObject([{ data: '', id: '7', retryMs: 500 }, { data: '{"x":1}' }]);
    expect(formatEvent('', 'sealed', 500)).toBe('id: sealed\nretry: 500\ndata: \n\n');
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
    const frame = formatEvent(json);
    expect(frame).not.toMatch(/[\u0085\u2028\u2029]/);
    expect((await collect(frame)).map((data) => JSON.parse(data))).toEqual([JSON.parse(json)]);
  });
});
