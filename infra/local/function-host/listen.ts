/** Binds a server to 127.0.0.1, or says in one line that the port is taken. */
import type { Server } from 'node:http';
import { HostProblem } from './settings.ts';

/** The port that came out (`wanted` 0: any free one). Throws `HostProblem` when it is in use. */
export async function listen(server: Server, wanted: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(wanted, '127.0.0.1', resolve);
  try {
    await promise;
  } catch (cause) {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    throw new HostProblem(
      isTaken ? `Port ${wanted} on 127.0.0.1 is in use` : `Port ${wanted} on 127.0.0.1: ${String(cause)}`,
      {
        cause,
      },
    );
  } finally {
    server.off('error', reject);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
