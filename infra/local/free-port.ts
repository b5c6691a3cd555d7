/**
 * Which port the gateway gets: its public URL stands in identifier URIs and in the app's settings, so it must be known
 * before anything starts. Between the look and the gateway's own listening another process may take it: that fails then.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { err, ok, type Result } from '../../shared/result.ts';

/** The port itself, or for 0 any that is free; an error is one line. */
export async function findPort(port: number): Promise<Result<number, string>> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const isTaken = 'code' in cause && cause.code === 'EADDRINUSE';
    return err(isTaken ? `port ${port} is in use` : `port ${port} cannot be used: ${cause.message}`);
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return ok(address.port);
}
