/**
 * The process that Azurite runs in: Azurite's own command line, plus an end when its parent is gone. The IPC channel
 * closes however the parent dies, SIGKILL included, so no orphan keeps the ports. Where it takes tokens, one of Azurite's
 * own mistakes about addresses is put right. Started by azurite.ts only.
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

const require = createRequire(import.meta.url);
if (process.argv.includes('--oauth')) readTableNamesBehindAnyHost();
require('azurite/dist/src/azurite.js');

/**
 * Addresses as they are deployed have the account in the host's name. Azurite takes it from there in every request but in
 * those of a table's transaction, where it looks for the table behind an account's name in the path, and finds none.
 */
function readTableNamesBehindAnyHost(): void {
  const { BatchSerialization } = require('azurite/dist/src/table/batch/BatchSerialization.js');
  BatchSerialization.prototype.extractPath = (address: string) => /^\w+:\/\/[^/]+\/(?:\w+\/)?(\w+)/.exec(address);
}
