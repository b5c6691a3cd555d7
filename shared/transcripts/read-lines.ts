/**
 * A blob's bytes as lines, one chunk at a time, so that a segment of any length takes little memory (DESIGN §6).
 * It judges nothing: a last line that nobody ended is handed on as such, and a line that is too long as its beginning.
 */

export interface RawLine {
  /** Without the newline. Valid until the next line is asked for. */
  readonly bytes: Uint8Array;
  /** Of its first byte, in the blob. */
  readonly offset: number;
  readonly isEnded: boolean;
}

const NEWLINE = 0x0a;

/** Stops after a line longer than `maxLineBytes`, which it gives as not ended. `from`: where in the blob the chunks begin. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
  from = 0,
): AsyncGenerator<RawLine, void, undefined> {
  let rest = Buffer.alloc(0);
  let offset = from;
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : asBuffer(chunk);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield { bytes: bytes.subarray(start, end), offset: offset + start, isEnded: true };
      start = end + 1;
    }
    offset += start;
    // A copy: the chunk may be large, or its owner may use it again.
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > maxLineBytes) break;
  }
  if (rest.length > 0) yield { bytes: rest, offset, isEnded: false };
}

function asBuffer(bytes: Uint8Array): Buffer<ArrayBufferLike> {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
