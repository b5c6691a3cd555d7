/**
 * Text to bytes so that no two texts meet. UTF-8 alone turns every lone surrogate into U+FFFD, and a caller who
 * chooses such text could make two names or two bindings equal.
 */

/** Never the first byte of UTF-8. */
const ILL_FORMED = Buffer.of(0xff);

export function textBytes(text: string): Buffer {
  return text.isWellFormed() ? Buffer.from(text, 'utf8') : Buffer.concat([ILL_FORMED, Buffer.from(text, 'utf16le')]);
}

/** Each part behind its length (32-bit big-endian): `['ab', 'c']` and `['a', 'bc']` differ. */
export function lengthPrefixed(parts: readonly string[]): Buffer {
  const pieces = parts.flatMap((part) => {
    const bytes = textBytes(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(pieces);
}
