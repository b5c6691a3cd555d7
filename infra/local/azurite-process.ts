/**
 * The process that Azurite runs in: Azurite's own command line, plus an end when its parent is gone. The IPC channel
 * closes however the parent dies, SIGKILL included, so no orphan keeps the ports. Started by azurite.ts only.
 */
import { createRequire } from 'node:module';

const GRACE_MS = 3_000;

// Its output goes to the parent; without one, a line written while closing must not end it before it has flushed.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.once('disconnect', () => {
  // Azurite answers SIGTERM by closing its stores, which flushes what it holds in memory.
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(0), GRACE_MS).unref();
});

createRequire(import.meta.url)('azurite/dist/src/azurite.js');
