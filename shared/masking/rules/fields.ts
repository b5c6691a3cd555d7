/**
 * Field rules on their way through a value (masking.rules of gateway.yaml): at each step, which rule names what stands there,
 * and what is left of the paths below. One walk follows all of them; nothing is searched for.
 */
import type { MaskingAction } from '../../config/classes.ts';
import type { FieldRule } from '../../config/config.ts';
import { type PathSelector, type PathStep, parsePath } from '../../config/json-path.ts';
import { columnName } from './column-name.ts';

/** What a rule says of a field: all of its value is data of this class. */
export interface FieldClass {
  readonly class: string;
  readonly action?: MaskingAction;
}

export interface Fields {
  /** By normalised name; at any depth. */
  readonly columns: ReadonlyMap<string, FieldClass>;
  /** Paths that may still lead somewhere from here. */
  readonly paths: readonly OpenPath[];
}

interface OpenPath {
  readonly steps: readonly PathStep[];
  /** Which step comes next. */
  readonly at: number;
  readonly field: FieldClass;
}

export interface Stepped {
  readonly field?: FieldClass;
  readonly below: Fields;
}

/** Undefined where there are no rules: then they cost nothing. Of two rules for one field, the first goes. */
export function compileFields(rules: readonly FieldRule[]): Fields | undefined {
  if (rules.length === 0) return undefined;
  const columns = new Map<string, FieldClass>();
  const paths: OpenPath[] = [];
  for (const { class: name, action, path, column } of rules) {
    const field = { class: name, ...(action === undefined ? {} : { action }) };
    if (column !== undefined && !columns.has(columnName(column))) columns.set(columnName(column), field);
    if (path === undefined) continue;
    const steps = parsePath(path);
    if (!steps.ok) throw new TypeError(`the path of a field rule ${steps.error}`);
    paths.push({ steps: steps.value, at: 0, field });
  }
  return { columns, paths };
}

/** Into a member of an object. */
export function stepInto(fields: Fields, key: string): Stepped {
  const field = fields.columns.size === 0 ? undefined : fields.columns.get(columnName(key));
  const stepped = follow(
    fields,
    (selector) => selector.kind === 'any' || (selector.kind === 'name' && selector.name === key),
  );
  return field === undefined ? stepped : { ...stepped, field };
}

/** Into an item of an array of this length. */
export function stepAt(fields: Fields, index: number, length: number): Stepped {
  return follow(fields, (selector) => {
    if (selector.kind === 'any') return true;
    if (selector.kind === 'index') return selector.index === index || selector.index + length === index;
    return selector.kind === 'slice' && isInSlice(selector, index, length);
  });
}

function follow(fields: Fields, isSelected: (selector: PathSelector) => boolean): Stepped {
  if (fields.paths.length === 0) return { below: fields };
  let field: FieldClass | undefined;
  const paths: OpenPath[] = [];
  const add = (open: OpenPath): void => {
    if (!paths.some(({ steps, at }) => steps === open.steps && at === open.at)) paths.push(open);
  };
  for (const open of fields.paths) {
    const step = open.steps[open.at];
    if (step === undefined) continue;
    if (step.isDescendant) add(open);
    if (!step.selectors.some(isSelected)) continue;
    if (open.at + 1 === open.steps.length) field ??= open.field;
    else add({ ...open, at: open.at + 1 });
  }
  return { below: { columns: fields.columns, paths }, ...(field === undefined ? {} : { field }) };
}

/** RFC 9535 §2.3.4.2.2. */
function isInSlice(
  { start, end, step }: Extract<PathSelector, { kind: 'slice' }>,
  index: number,
  length: number,
): boolean {
  if (step === 0) return false;
  const normal = (at: number): number => (at >= 0 ? at : length + at);
  const clamp = (at: number, low: number, high: number): number => Math.min(Math.max(at, low), high);
  if (step > 0) {
    const from = clamp(normal(start ?? 0), 0, length);
    const to = clamp(normal(end ?? length), 0, length);
    return index >= from && index < to && (index - from) % step === 0;
  }
  const from = clamp(normal(start ?? length - 1), -1, length - 1);
  const to = end === null ? -1 : clamp(normal(end), -1, length - 1);
  return index <= from && index > to && (from - index) % -step === 0;
}
