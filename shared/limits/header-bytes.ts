/** How large a request's header fields are together (`limits.headerBytes` → 431, RFC 6585 §5). Pure. */

/** Each field counts as it stands on the wire in HTTP/1.1: name, colon, space, value, line end. */
export function headerBytes(headers: Headers): number {
  let bytes = 0;
  // Values are byte strings: one character is one byte.
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}
