/**
 * Reads plain YAML 1.2 (core schema) into plain values and remembers where each key stood.
 * What is written is what counts: duplicate keys, aliases, tags and further documents are refused, not resolved.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import type { Path } from './problems.ts';

export interface YamlProblem {
  readonly path: Path;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface YamlTree {
  /** Undefined where the text is not YAML at all: then there is exactly one problem. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** Where the value at a path stands, or the nearest parent that exists; 1-based. */
  readonly locate: (path: Path) => { readonly line: number; readonly column: number };
}

export function readYaml(text: string): YamlTree {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };

  const syntax = document.errors[0];
  if (syntax) {
    const problem = { path: [], ...place(syntax.pos[0]), message: `is not YAML: ${withoutQuote(syntax.message)}` };
    return { value: undefined, problems: [problem], locate: () => place(0) };
  }

  const walk: Walk = { offsets: new Map(), refused: [] };
  const value = convert(document.contents, [], walk);
  return {
    value,
    problems: walk.refused.map(({ offset, ...rest }) => ({ ...rest, ...place(offset) })),
    locate: (path) => place(nearestOffset(path, walk.offsets)),
  };
}

interface Walk {
  readonly offsets: Map<string, number>;
  readonly refused: { readonly path: Path; readonly offset: number; readonly message: string }[];
}

function convert(node: ParsedNode | null, path: Path, walk: Walk): unknown {
  if (node === null) return null;
  const refuse = (message: string) => void walk.refused.push({ path, offset: node.range[0], message });
  if (isAlias(node)) return refuse('aliases are not read here: write the value out');
  if (node.tag !== undefined) refuse('tags are not read here: write the plain value');
  if (isScalar(node)) return node.value;
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      const itemPath = [...path, index];
      if (item) walk.offsets.set(JSON.stringify(itemPath), item.range[0]);
      return convert(item, itemPath, walk);
    });
  }
  return isMap(node) ? convertMap(node, path, walk) : undefined;
}

function convertMap(node: ParsedNode & { items: readonly Entry[] }, path: Path, walk: Walk): Record<string, unknown> {
  const members = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const offset = key?.range[0] ?? node.range[0];
    if (!isScalar(key) || typeof key.value !== 'string' || key.value === '__proto__') {
      walk.refused.push({ path, offset, message: 'a key must be plain text' });
      continue;
    }
    const memberPath = [...path, key.value];
    if (members.has(key.value)) {
      walk.refused.push({ path: memberPath, offset, message: 'this key stands here a second time' });
      continue;
    }
    walk.offsets.set(JSON.stringify(memberPath), offset);
    members.set(key.value, convert(value, memberPath, walk));
  }
  return Object.fromEntries(members);
}

interface Entry {
  readonly key: ParsedNode | null;
  readonly value: ParsedNode | null;
}

function nearestOffset(path: Path, offsets: ReadonlyMap<string, number>): number {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsets.get(JSON.stringify(path.slice(0, length)));
    if (offset !== undefined) return offset;
  }
  return 0;
}

/** The parser quotes what it stumbled over, which may be a secret that somebody pasted. */
function withoutQuote(message: string): string {
  return message.replace(/:? ?(["'`]).*\1.*$/s, '').trim();
}
