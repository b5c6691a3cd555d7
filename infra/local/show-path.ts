/** Paths as people at a terminal write them. */
import { join, relative } from 'node:path';

/** As seen from where the command was given, when it is below it. */
export function shortenPath(path: string): string {
  const seen = relative(process.cwd(), path);
  return seen.startsWith('..') ? path : seen;
}

/** What the other commands need to find the stack on this data folder; nothing for the default one. */
export function commandFlags(dataDir: string, appDir: string): string {
  if (dataDir === join(appDir, '.local')) return '';
  return ` --data ${quoteForShell(shortenPath(dataDir))}`;
}

export function quoteForShell(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : JSON.stringify(path);
}
