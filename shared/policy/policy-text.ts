/**
 * Where each policy stands in `policies.cedar`: the spans between semicolons, outside strings and `//` comments, and
 * lines and columns for Cedar's byte offsets. It does not judge syntax: Cedar parses the same text and is asked first.
 */
export interface Span {
  readonly text: string;
  /** Index of its first character in the file. */
  readonly start: number;
}

export interface Position {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

const TOKEN = /\/\/[^\n]*|"(?:[^"\\]|\\[\s\S])*"|;|\s+|[^\s;"/]+|[\s\S]/g;

/** One span for each policy, in the order of the file, without the comments before it. */
export function splitPolicies(text: string): readonly Span[] {
  const spans: Span[] = [];
  let start: number | undefined;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    const isBetween = token.startsWith('//') || token.trim() === '';
    if (start === undefined && !isBetween) start = match.index;
    if (token === ';' && start !== undefined) {
      spans.push({ text: text.slice(start, match.index + 1), start });
      start = undefined;
    }
  }
  return spans;
}

/** Cedar counts bytes of UTF-8. */
export function indexOfByte(text: string, byte: number): number {
  return Buffer.from(text).subarray(0, byte).toString().length;
}

export function positionAt(text: string, index: number): Position {
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: index - lineStart + 1 };
}
