/**
 * `masking` of gateway.yaml, as people write it: classes that are looked for, classes of your own, field rules, and what
 * becomes of what was found. A pattern that could be slow and a path that can't be followed are mistakes in the file.
 */
import { z } from 'zod';
import { checkPattern } from './bounded-pattern.ts';
import { ACTIONS, BUILT_IN_CLASSES, DEFAULT_CLASSES } from './classes.ts';
import { parsePath } from './json-path.ts';
import { NAME_PATTERN } from './names.ts';

/** A mistake is told in the words of whoever checks. */
function checked(check: (text: string) => { readonly ok: true } | { readonly ok: false; readonly error: string }) {
  return z.string().superRefine((text, context) => {
    const result = check(text);
    if (!result.ok) context.addIssue({ code: 'custom', message: result.error });
  });
}

const path = checked(parsePath).describe(
  'JSONPath (RFC 9535, without filters) from the top of structured content, or of JSON in a text.',
);
const column = z
  .string()
  .min(1)
  .max(64)
  .refine((text) => /[\p{L}\p{N}]/u.test(text), 'must hold a letter or a digit')
  .describe('Name of a field, column or heading; case, spaces and signs don’t count.');
const action = z.enum(ACTIONS).describe('redact: a marker; partial: its last characters; token: one that joins; drop.');
const className = z
  .string()
  .regex(NAME_PATTERN, 'must be a name: a small letter, then small letters, digits and hyphens, 32 in all');

export const fieldRules = z
  .array(
    z
      .strictObject({
        class: className.describe('A class that is looked for, or one of your own.'),
        path: path.exactOptional(),
        column: column.exactOptional(),
        action: action.exactOptional(),
      })
      .refine((rule) => (rule.path === undefined) !== (rule.column === undefined), 'wants either a path or a column'),
  )
  .describe('Fields whose whole value is data of a class, whatever it looks like.');

const word = z
  .string()
  .min(3)
  .max(64)
  .refine((text) => text.trim() === text && /^[\p{L}\p{N}]/u.test(text), 'must begin with a letter or a digit');

export const masking = z.strictObject({
  classes: z
    .array(z.enum(BUILT_IN_CLASSES))
    .refine((classes) => new Set(classes).size === classes.length, 'names a class twice')
    .default(DEFAULT_CLASSES)
    .describe('Classes of data that are looked for; left out, all but ip.'),
  custom: z
    .record(
      className,
      z.strictObject({
        pattern: checked(checkPattern)
          .exactOptional()
          .describe('Regular expression of bounded work: each repetition says how often at most, as in {1,20}.'),
        words: z.array(word).min(1).max(500).exactOptional().describe('Words and phrases, in whatever case.'),
        path: path.exactOptional(),
        column: column.exactOptional(),
      }),
    )
    .default({})
    .describe('Classes of your own, by name; policies may reveal them like any other.'),
  rules: fieldRules.default([]),
  actions: z
    .record(className, action)
    .default({})
    .describe('What becomes of data of a class that is not revealed; redact, if nothing stands here.'),
});
