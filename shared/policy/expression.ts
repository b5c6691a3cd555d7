/**
 * A Cedar condition as a small tree that the load checks can walk, read from Cedar's own JSON form of a policy.
 * Only what the checks tell apart has a kind of its own; the rest keeps its parts, so that nothing hides in it.
 * A form it does not know throws: a check that skipped something would be a hole.
 */
import { isArray, isObject, type Json, type JsonObject } from '../json/value.ts';

export interface EntityName {
  readonly type: string;
  readonly id: string;
}

export type Expression =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'attribute'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'has'; readonly of: Expression; readonly path: readonly string[] }
  | { readonly kind: 'entity'; readonly entity: EntityName }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'if'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  /** `.contains`, `.containsAll`, `.containsAny`. */
  | { readonly kind: 'contains'; readonly all: boolean; readonly of: Expression; readonly what: Expression }
  | { readonly kind: 'set'; readonly parts: readonly Expression[] }
  /** `in`, and `is … in`. */
  | { readonly kind: 'in'; readonly of: Expression; readonly what: Expression }
  | { readonly kind: 'other'; readonly parts: readonly Expression[] };

const CONTAINS: ReadonlySet<string> = new Set(['contains', 'containsAll', 'containsAny']);
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', 'is', 'like'];
const PLAIN: ReadonlySet<string> = new Set([...COMPARISONS, '+', '-', '*', 'neg', 'isEmpty', 'getTag', 'hasTag']);

export function readExpression(json: Json | undefined): Expression {
  if (!isObject(json)) throw new Error('Cedar gave an expression that is no object');
  const [entry, ...rest] = Object.entries(json);
  if (entry === undefined || rest.length > 0) throw new Error('Cedar gave an expression of an unknown form');
  const [operator, operand] = entry;

  if (operator === 'Value') return readValue(operand);
  if (operator === 'Var' && typeof operand === 'string') return { kind: 'variable', name: operand };
  if (operator === 'Set' && isArray(operand)) return { kind: 'set', parts: operand.map(readExpression) };
  if (operator === 'Record' && isObject(operand)) {
    return { kind: 'other', parts: Object.values(operand).map(readExpression) };
  }
  if (isArray(operand)) return { kind: 'other', parts: operand.map(readExpression) };
  if (isObject(operand)) return readOperation(operator, operand);
  throw new Error(`Cedar gave an expression of the unknown form "${operator}"`);
}

function readOperation(operator: string, operand: JsonObject): Expression {
  const { left, right, arg } = operand;
  switch (operator) {
    case '.':
      return { kind: 'attribute', of: readExpression(left), name: readName(operand.attr) };
    case 'has': {
      const path = isArray(operand.attr) ? operand.attr.map(readName) : [readName(operand.attr)];
      return { kind: 'has', of: readExpression(left), path };
    }
    case '!':
      return { kind: 'not', of: readExpression(arg) };
    case '&&':
      return { kind: 'and', left: readExpression(left), right: readExpression(right) };
    case '||':
      return { kind: 'or', left: readExpression(left), right: readExpression(right) };
    case 'if-then-else':
      return {
        kind: 'if',
        test: readExpression(operand.if),
        yes: readExpression(operand.then),
        no: readExpression(operand.else),
      };
  }
  if (CONTAINS.has(operator)) {
    return { kind: 'contains', all: operator !== 'contains', of: readExpression(left), what: readExpression(right) };
  }
  if (operator === 'in') return { kind: 'in', of: readExpression(left), what: readExpression(right) };
  if (operator === 'is' && operand.in !== undefined) {
    return { kind: 'in', of: readExpression(left), what: readExpression(operand.in) };
  }
  if (!PLAIN.has(operator)) throw new Error(`Cedar gave an expression of the unknown form "${operator}"`);
  const parts = [left, right, arg].filter((part) => part !== undefined);
  return { kind: 'other', parts: parts.map(readExpression) };
}

function readValue(value: Json): Expression {
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (isArray(value)) return { kind: 'set', parts: value.map(readValue) };
  if (!isObject(value)) return { kind: 'other', parts: [] };
  const entity = readEntity(value.__entity);
  if (entity !== undefined) return { kind: 'entity', entity };
  return { kind: 'other', parts: Object.values(value).map(readValue) };
}

function readName(json: Json | undefined): string {
  if (typeof json !== 'string') throw new Error('Cedar gave an attribute without a name');
  return json;
}

export function readEntity(json: Json | undefined): EntityName | undefined {
  if (!isObject(json)) return undefined;
  return typeof json.type === 'string' && typeof json.id === 'string' ? { type: json.type, id: json.id } : undefined;
}

/** The direct parts, for walks that treat most kinds alike. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'variable':
    case 'entity':
    case 'boolean':
      return [];
    case 'attribute':
    case 'has':
    case 'not':
      return [expression.of];
    case 'and':
    case 'or':
      return [expression.left, expression.right];
    case 'if':
      return [expression.test, expression.yes, expression.no];
    case 'contains':
    case 'in':
      return [expression.of, expression.what];
    case 'set':
    case 'other':
      return expression.parts;
  }
}

/** Whether `context.{name}`, something in it, or whether it is there, stands anywhere; a bare `context` holds it. */
export function mentionsContext(expression: Expression, name: string): boolean {
  const path = contextPath(expression);
  if (path !== undefined) return path[0] === name || path.length === 0;
  if (expression.kind === 'has') {
    const base = contextPath(expression.of);
    if (base !== undefined) return [...base, ...expression.path][0] === name;
  }
  return partsOf(expression).some((part) => mentionsContext(part, name));
}

/** `context.args.amount` → `['args', 'amount']`; undefined for what does not start at `context`. */
export function contextPath(expression: Expression): readonly string[] | undefined {
  if (expression.kind === 'variable') return expression.name === 'context' ? [] : undefined;
  if (expression.kind !== 'attribute') return undefined;
  const path = contextPath(expression.of);
  return path === undefined ? undefined : [...path, expression.name];
}
