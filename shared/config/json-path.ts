/**
 * JSONPath (RFC 9535) as far as one walk over a value can follow it: names, indices, slices, wildcards, at any depth. Filters
 * are refused: they would have to be asked of every value, and their patterns run on data. The grammar is the library's.
 */
import parse, { type JsonPathQuery } from 'jsonpath-rfc9535/parser';
import { err, ok, type Result } from '../result.ts';

export interface PathStep {
  /** `..`: at this depth or any below. */
  readonly isDescendant: boolean;
  readonly selectors: readonly PathSelector[];
}

export type PathSelector =
  | { readonly kind: 'any' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly start: number | null; readonly end: number | null; readonly step: number };

const MAX_SOURCE = 256;
const MAX_STEPS = 16;

type Node = JsonPathQuery['segments'][number]['node'];
type Written = Extract<Node, { readonly type: 'BracketedSelection' }>['selectors'][number];

/** What is wrong with it, in words for whoever wrote it. */
export function parsePath(source: string): Result<readonly PathStep[], string> {
  if (source.length > MAX_SOURCE) return err(`is longer than ${MAX_SOURCE} characters`);
  let query: JsonPathQuery;
  try {
    query = parse(source);
  } catch {
    return err('is not a JSONPath such as $..customer.ssn (RFC 9535)');
  }
  const { segments } = query;
  if (segments.length === 0) return err('names everything: say which field is meant');
  if (segments.length > MAX_STEPS) return err(`has more than ${MAX_STEPS} steps`);
  const steps = segments.map(({ type, node }) => ({
    isDescendant: type === 'DescendantSegment',
    selectors: selectorsOf(node),
  }));
  const isWhole = steps.every(({ selectors }) => selectors.every((selector) => selector !== undefined));
  if (!isWhole) return err('has a filter (?…), which rules can’t follow: name fields, indices or * instead');
  return ok(steps.map(({ isDescendant, selectors }) => ({ isDescendant, selectors: selectors.filter(isKnown) })));
}

function selectorsOf(node: Node): readonly (PathSelector | undefined)[] {
  return node.type === 'BracketedSelection' ? node.selectors.map(toSelector) : [toSelector(node)];
}

/** Undefined for a filter. */
function toSelector(
  selector: Written | Exclude<Node, { readonly type: 'BracketedSelection' }>,
): PathSelector | undefined {
  switch (selector.type) {
    case 'WildcardSelector':
      return { kind: 'any' };
    case 'MemberNameShorthand':
    case 'NameSelector':
      return { kind: 'name', name: selector.value };
    case 'IndexSelector':
      return { kind: 'index', index: selector.value };
    case 'SliceSelector':
      return { kind: 'slice', start: selector.start, end: selector.end, step: selector.step ?? 1 };
    case 'FilterSelector':
      return undefined;
  }
}

function isKnown(selector: PathSelector | undefined): selector is PathSelector {
  return selector !== undefined;
}
