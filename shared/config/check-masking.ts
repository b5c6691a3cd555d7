/**
 * What only shows when two places of `masking` in gateway.yaml are held together: rules and actions of classes that are not
 * there, names that are taken, and parts of what must not be shown in part.
 */
import { z } from 'zod';
import { BUILT_IN_CLASSES, DEFAULT_CLASSES, NEVER_PARTIAL, RESERVED_CLASSES } from './classes.ts';
import { suggest } from './nearest.ts';
import type { SchemaProblem } from './schema-problems.ts';

const text = z.string().optional().catch(undefined);
const rules = z.array(z.object({ class: text, action: text }).catch({})).catch([]);
const mapping = <T extends z.ZodType>(value: T) => z.record(z.string(), value).catch({});

const treeSchema = z.object({
  masking: z
    .object({
      classes: z.array(z.string()).catch([...DEFAULT_CLASSES]),
      custom: mapping(z.unknown()),
      rules,
      actions: mapping(text),
    })
    .catch({ classes: [...DEFAULT_CLASSES], custom: {}, rules: [], actions: {} }),
  servers: mapping(z.object({ masking: z.object({ rules }).catch({ rules: [] }) }).catch({ masking: { rules: [] } })),
});

type Rules = z.output<typeof rules>;

export function checkMasking(tree: unknown): readonly SchemaProblem[] {
  const parsed = treeSchema.safeParse(tree);
  if (!parsed.success) return [];
  const { masking, servers } = parsed.data;
  const own = Object.keys(masking.custom);
  const known = [...masking.classes, ...own];
  const taken: readonly string[] = [...BUILT_IN_CLASSES, ...RESERVED_CLASSES];
  return [
    ...own
      .filter((name) => taken.includes(name))
      .map((name) => ({ path: ['masking', 'custom', name], message: 'is the name of a class that the gateway has' })),
    ...checkRules(masking.rules, ['masking', 'rules'], known),
    ...Object.entries(servers).flatMap(([server, each]) =>
      checkRules(each.masking.rules, ['servers', server, 'masking', 'rules'], known),
    ),
    ...Object.entries(masking.actions).flatMap(([name, action]) =>
      checkClass(name, action, ['masking', 'actions', name], ['masking', 'actions', name], known),
    ),
  ];
}

function checkRules(list: Rules, path: SchemaProblem['path'], known: readonly string[]): readonly SchemaProblem[] {
  return list.flatMap(({ class: name, action }, index) => {
    const at = [...path, index];
    return name === undefined ? [] : checkClass(name, action, [...at, 'class'], [...at, 'action'], known);
  });
}

function checkClass(
  name: string,
  action: string | undefined,
  namePath: SchemaProblem['path'],
  actionPath: SchemaProblem['path'],
  known: readonly string[],
): readonly SchemaProblem[] {
  if (!known.includes(name)) {
    return [{ path: namePath, message: `is no class under masking.classes or masking.custom${suggest(name, known)}` }];
  }
  if (action !== 'partial' || !NEVER_PARTIAL.includes(name)) return [];
  return [{ path: actionPath, message: 'is not for this class: no part of it may be shown' }];
}
