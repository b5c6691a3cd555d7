/**
 * How mistakes in the configuration are written down: `gateway.yaml:12:5 servers.crm.url: is not an absolute URL`.
 * Messages name keys and rules, never values: a URL or a reference may hold a secret.
 */
import type { ConfigProblem } from './config.ts';

export type Path = readonly (string | number)[];

/** `servers.crm.tools["a.b"]`, `quorums.finance.from[0]`; empty for the whole document. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** One line each, in the order of the files and of the lines in them. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems.map(formatProblem).join('\n');
}

function formatProblem({ file, path, line, column, message }: ConfigProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return path === '' ? `${place}: ${message}` : `${place} ${path}: ${message}`;
}

/** By line and column; a problem without a place comes first, and equals keep their order. */
export function sortProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
