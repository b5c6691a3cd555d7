/**
 * Turns what the schema found into sentences for people: every unknown key by itself, with the nearest known one.
 * Never quotes a value that stood in the file.
 */
import { z } from 'zod';
import { suggest } from './nearest.ts';
import type { Path } from './problems.ts';

export interface SchemaProblem {
  readonly path: Path;
  readonly message: string;
}

export type Checked<T> = { readonly value?: T; readonly problems: readonly SchemaProblem[] };

export function checkSchema<T extends z.ZodType>(schema: T, tree: unknown): Checked<z.output<T>> {
  const parsed = schema.safeParse(tree, { error: describeIssue });
  if (parsed.success) return { value: parsed.data, problems: [] };
  return { problems: parsed.error.issues.flatMap((issue) => toProblems(issue, schema)) };
}

function toProblems(issue: z.core.$ZodIssue, schema: z.ZodType): SchemaProblem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeysAt(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], message: `is not a known key${suggest(key, known)}` }));
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? 'is not a valid name' }];
  return [{ path, message: issue.message }];
}

/** Words for the issues that the schema gives no message of its own. */
function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${describeType(issue.expected)}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${describeUnit(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${describeUnit(issue.origin)}`;
    default:
      return 'is not valid';
  }
}

function describeType(expected: string): string {
  switch (expected) {
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'string':
      return 'text';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'a mapping';
    default:
      return expected;
  }
}

function describeUnit(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}

/** The keys that the schema knows where the path leads. */
function knownKeysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  let at = unwrap(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[step]);
    else if (at instanceof z.ZodRecord) at = unwrap(at.valueType);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
    else return [];
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const wrapped =
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}
