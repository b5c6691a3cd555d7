/** A place is given back when its answer is done, exactly once, however it ends. */
import { describe, expect, it } from 'vitest';
import { holdPlace, leaveWhenDone } from '../../../shared/calls/hold-place.ts';
import { headersTooLargeAnswer, overLimitAnswer } from '../../../shared/calls/over-limit.ts';
import type { HttpAnswer } from '../../../shared/mcp/http.ts';
import { proves } from '../../requirements.ts';

function createPlace() {
  const place = {
    left: 0,
    leave() {
      place.left += 1;
    },
  };
  return place;
}

type Source = NonNullable<ConstructorParameters<typeof ReadableStream<Uint8Array>>[0]>;

function streamed(source: Source): HttpAnswer {
  return { status: 200, headers: {}, body: new ReadableStream(source, { highWaterMark: 0 }) };
}

function readerOf(answer: HttpAnswer) {
  if (!(answer.body instanceof ReadableStream)) throw new Error('no stream');
  return answer.body.getReader();
}

const BYTES = new Uint8Array([1, 2, 3]);

describe('leaveWhenDone', () => {
  it('leaves at once when there is no stream', () => {
    const place = createPlace();
    const answer = { status: 200, headers: { a: 'b' }, body: 'text' };
    expect(leaveWhenDone(answer, place)).toEqual(answer);
    expect(place.left).toBe(1);
  });

  it(proves('limits.at-once', 'holds the place until a stream has ended, and changes none of its bytes'), async () => {
    const place = createPlace();
    const source = streamed({
      start(controller) {
        controller.enqueue(BYTES);
        controller.close();
      },
    });
    const reader = readerOf(leaveWhenDone(source, place));
    expect(await reader.read()).toEqual({ done: false, value: BYTES });
    expect(place.left).toBe(0);
    expect((await reader.read()).done).toBe(true);
    expect(place.left).toBe(1);
  });

  it('leaves when the stream fails, and passes the failure on', async () => {
    const place = createPlace();
    const source = streamed({
      pull() {
        throw new Error('broken');
      },
    });
    await expect(readerOf(leaveWhenDone(source, place)).read()).rejects.toThrow('broken');
    expect(place.left).toBe(1);
  });

  it('passes a cancel on, and leaves when what it ends has ended', async () => {
    const place = createPlace();
    let reason: unknown;
    let end = (): void => undefined;
    const source = streamed({
      cancel: (given) => {
        reason = given;
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      },
    });
    const cancelled = readerOf(leaveWhenDone(source, place)).cancel('gone');
    await Promise.resolve();
    expect([reason, place.left]).toEqual(['gone', 0]);
    end();
    await cancelled;
    expect(place.left).toBe(1);
  });

  it('reads nothing ahead of its reader', async () => {
    let pulled = 0;
    const source = streamed({
      pull(controller) {
        pulled += 1;
        controller.enqueue(BYTES);
      },
    });
    const reader = readerOf(leaveWhenDone(source, createPlace()));
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBe(0);
    await reader.read();
    expect(pulled).toBe(1);
    await reader.cancel();
  });
});

describe('holdPlace', () => {
  it('gives the place back when there is no answer at all', async () => {
    const place = createPlace();
    const failing = holdPlace(place, () => Promise.reject(new Error('a bug')));
    await expect(failing).rejects.toThrow('a bug');
    expect(place.left).toBe(1);
  });
});

describe('what a caller over a limit hears', () => {
  it(proves('limits.per-minute', '429 with Retry-After and an error in JSON'), () => {
    const answer = overLimitAnswer({ code: 'calls-per-minute', status: 429, retryAfterSeconds: 17 });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '17', 'content-type': 'application/json' } });
    expect(JSON.parse(String(answer.body))).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32000, message: 'Too many calls in a minute: try again in 17 s' },
    });
  });

  it('431 for headers, without an offer to come again', () => {
    const answer = headersTooLargeAnswer();
    expect(answer.status).toBe(431);
    expect(answer.headers).not.toHaveProperty('retry-after');
  });
});
