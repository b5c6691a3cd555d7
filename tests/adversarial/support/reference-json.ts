/**
 * A second opinion on JSON: RFC 8259 as a recursive descent over bytes, sharing nothing with the gateway's reader, not even
 * `JSON.parse`. It accepts exactly one reading of a text or none; numbers stay the characters they were written in.
 */
export type Node =
  | { readonly kind: 'null' | 'true' | 'false' }
  | { readonly kind: 'number'; readonly text: string }
  /** UTF-16 code units, so that half a surrogate pair is still itself. */
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: Node])[] };

export class NotOneReading extends Error {}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Throws `NotOneReading` with the reason. */
export function readReference(bytes: Uint8Array): Node {
  const text = decodeUtf8(bytes);
  let at = 0;

  const fail = (why: string): never => {
    throw new NotOneReading(`${why} at ${at}`);
  };
  const skip = () => {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  };
  const take = (word: string) => {
    if (text.slice(at, at + word.length) !== word) fail(`not ${word}`);
    at += word.length;
  };

  function value(depth: number): Node {
    if (depth > 600) fail('too deep');
    skip();
    const first = text.charAt(at);
    if (first === '{') return object(depth);
    if (first === '[') return array(depth);
    if (first === '"') return { kind: 'string', text: string() };
    for (const kind of ['null', 'true', 'false'] as const) {
      if (first !== kind.charAt(0)) continue;
      take(kind);
      return { kind };
    }
    return { kind: 'number', text: number() };
  }

  function object(depth: number): Node {
    take('{');
    const members: [string, Node][] = [];
    skip();
    while (text.charAt(at) !== '}') {
      if (members.length > 0) take(',');
      skip();
      const key = string();
      if (members.some(([other]) => other === key)) fail('a key twice');
      skip();
      take(':');
      members.push([key, value(depth + 1)]);
      skip();
    }
    take('}');
    return { kind: 'object', members };
  }

  function array(depth: number): Node {
    take('[');
    const items: Node[] = [];
    skip();
    while (text.charAt(at) !== ']') {
      if (items.length > 0) take(',');
      items.push(value(depth + 1));
      skip();
    }
    take(']');
    return { kind: 'array', items };
  }

  function string(): string {
    take('"');
    let read = '';
    for (;;) {
      const unit = text.charAt(at);
      if (unit === '' || unit < ' ') fail('an unfinished text');
      at += 1;
      if (unit === '"') return read;
      if (unit !== '\\') read += unit;
      else read += readEscape();
    }
  }

  function readEscape(): string {
    const letter = text.charAt(at);
    at += 1;
    if (letter !== 'u') return ESCAPES[letter] ?? fail('no such escape');
    const digits = text.slice(at, at + 4);
    for (const digit of digits) if (!'0123456789abcdefABCDEF'.includes(digit)) fail('no hex digit');
    if (digits.length < 4) fail('too few hex digits');
    at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  function number(): string {
    const start = at;
    if (text.charAt(at) === '-') at += 1;
    if (text.charAt(at) === '0') at += 1;
    else digits();
    if (text.charAt(at) === '.') {
      at += 1;
      digits();
    }
    if (text.charAt(at) === 'e' || text.charAt(at) === 'E') {
      at += 1;
      if (text.charAt(at) === '+' || text.charAt(at) === '-') at += 1;
      digits();
    }
    return text.slice(start, at);
  }

  function digits(): void {
    const start = at;
    while (text.charAt(at) >= '0' && text.charAt(at) <= '9') at += 1;
    if (at === start) fail('no digit');
  }

  const root = value(0);
  skip();
  if (at < text.length) fail('something after the end');
  return root;
}

/** RFC 3629, table 3-7 of Unicode: no overlong form, no surrogate, nothing beyond U+10FFFF; a mark at the start is refused. */
function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    const length =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
    if (length === 0 || at + length > bytes.length) throw new NotOneReading(`not UTF-8 at byte ${at}`);
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    for (const next of bytes.subarray(at + 1, at + length)) {
      if (next >> 6 !== 2) throw new NotOneReading(`not UTF-8 at byte ${at}`);
      code = (code << 6) | (next & 0x3f);
    }
    const least = [0, 0, 0x80, 0x800, 0x10000][length] ?? 0;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw new NotOneReading(`not UTF-8 at byte ${at}`);
    }
    text += String.fromCodePoint(code);
    at += length;
  }
  if (text.startsWith('\uFEFF')) throw new NotOneReading('a byte order mark');
  return text;
}

export function memberOf(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'object' ? node.members.find(([name]) => name === key)?.[1] : undefined;
}

/** The same value, whatever the order of members. */
export function isSameNode(left: Node | undefined, right: Node | undefined): boolean {
  if (left === undefined || right === undefined || left.kind !== right.kind) return left === right;
  switch (left.kind) {
    case 'number':
    case 'string':
      return right.kind === left.kind && left.text === right.text;
    case 'array':
      return (
        right.kind === 'array' &&
        left.items.length === right.items.length &&
        left.items.every((item, index) => isSameNode(item, right.items[index]))
      );
    case 'object':
      return (
        right.kind === 'object' &&
        left.members.length === right.members.length &&
        left.members.every(([key, value]) => isSameNode(value, memberOf(right, key)))
      );
    default:
      return true;
  }
}
