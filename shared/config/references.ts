/**
 * `${NAME}` in the text values of gateway.yaml: replaced once, by variables that the environment gives.
 * It happens after parsing, so a value can't change the document's shape; a value is never quoted in a message.
 */
import type { Path } from './problems.ts';

export type Variables = (name: string) => string | undefined;

export interface ReferenceProblem {
  readonly path: Path;
  readonly message: string;
}

/** A text that refers to at least one variable; also what the published JSON Schema lets stand for any text. */
export const REFERENCE_PATTERN = '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}';

const REFERENCE = /\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function replaceReferences(
  tree: unknown,
  variables: Variables,
): { readonly tree: unknown; readonly problems: readonly ReferenceProblem[] } {
  const problems: ReferenceProblem[] = [];

  function replaceText(text: string, path: Path): string {
    return text.replaceAll(REFERENCE, (whole, name: string, end: string) => {
      if (end === '' || !NAME.test(name)) {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how the file writes it
        problems.push({ path, message: 'a reference is written ${NAME}' });
        return whole;
      }
      const value = variables(name);
      if (value === undefined || value === '') {
        problems.push({ path, message: `refers to \${${name}}, which is not set` });
        return whole;
      }
      return value;
    });
  }

  function replaceIn(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return replaceText(value, path);
    if (Array.isArray(value)) return value.map((item, index) => replaceIn(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceIn(member, [...path, key])]));
  }

  return { tree: replaceIn(tree, []), problems };
}
