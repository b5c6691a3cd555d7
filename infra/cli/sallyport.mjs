#!/usr/bin/env node
/**
 * The `sallyport` command. The CLI is TypeScript that Node runs as it is; a Node that can't (before 22.18) hands over
 * to the one among the project's own dependencies, the version that is deployed. It does nothing else.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

/** Runs TypeScript without a flag, and has all that the code uses: 22.18, 23.6 and later. */
function runsTypeScript() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major === 22) return minor >= 18 && Boolean(process.features.typescript);
  return (major > 23 || (major === 23 && minor >= 6)) && Boolean(process.features.typescript);
}

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const own = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));

if (runsTypeScript()) {
  // A third of a command's time is reading TypeScript. Kept here, where nobody but this project's owner writes.
  module.enableCompileCache?.(fileURLToPath(new URL('../../.local/compile-cache', import.meta.url)));
  const { runCli } = await import('./main.ts');
  await runCli(process.argv);
} else if (existsSync(own)) {
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
} else {
  console.error(`sallyport needs Node 22.18 or later, or "npm ci" first; this is Node ${process.versions.node}`);
  process.exitCode = 2;
}
