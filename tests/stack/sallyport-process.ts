/**
 * `sallyport` as a script runs it: a process with arguments, and what it printed.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const shim = fileURLToPath(new URL('../../infra/cli/sallyport.mjs', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `node`: another Node than the one that runs the tests. */
export function runSallyport(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  node = process.execPath,
): Promise<Ended> {
  const options = { env: { ...process.env, ...env }, timeout: 50_000 };
  return new Promise((resolve) => {
    const child = execFile(node, [shim, ...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
