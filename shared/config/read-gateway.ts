/**
 * gateway.yaml's text → its checked value, with every mistake at its line. `sallyport pin` uses it alone,
 * before there is a lock; everybody else goes through `loadConfig`.
 */
import type { ConfigProblem } from './config.ts';
import { GATEWAY_FILE } from './config-files.ts';
import { crossCheck, type LockedNames } from './cross-checks.ts';
import { type Gateway, gatewaySchema } from './gateway-schema.ts';
import { formatPath, sortProblems } from './problems.ts';
import { replaceReferences, type Variables } from './references.ts';
import { checkSchema } from './schema-problems.ts';
import { readYaml } from './yaml-tree.ts';

export type ReadGateway = { readonly gateway?: Gateway; readonly problems: readonly ConfigProblem[] };

/** YAML → references → schema → cross-checks; `locked` names the pinned tools, where the lock could be read. */
export function readGateway(text: string, variables: Variables, locked: LockedNames): ReadGateway {
  const yaml = readYaml(text);
  const written = yaml.problems.map(({ path, ...rest }) => ({ file: GATEWAY_FILE, path: formatPath(path), ...rest }));
  if (yaml.value === undefined) return { problems: written };

  const replaced = replaceReferences(yaml.value, variables);
  const checked = checkSchema(gatewaySchema, replaced.tree);
  const found = [...replaced.problems, ...checked.problems, ...crossCheck(replaced.tree, locked)].map(
    ({ path, message }) => ({ file: GATEWAY_FILE, path: formatPath(path), ...yaml.locate(path), message }),
  );
  const problems = sortProblems(firstOfEachPath([...written, ...found]));
  return checked.value === undefined || problems.length > 0 ? { problems } : { gateway: checked.value, problems };
}

/** One mistake is told once: an unset reference is also no URL, and a duplicate key may also be unknown. */
function firstOfEachPath(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ path }) => {
    const isNew = path === '' || !seen.has(path);
    seen.add(path);
    return isNew;
  });
}
