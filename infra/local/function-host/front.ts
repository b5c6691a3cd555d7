/**
 * The one port in front of several instances: they take turns, request by request, streams and disconnects included.
 * There is no stickiness, as on Azure. An instance that has ended is passed over; with none left the answer is 503.
 */
import { Agent, createServer } from 'node:http';
import { forwardedFor } from './http-server.ts';
import type { Instance } from './instance.ts';
import { listen } from './listen.ts';
import { relay } from './relay.ts';

export interface Front {
  readonly port: number;
  /** Takes nothing new; resolves when every exchange has ended. */
  drain(): Promise<void>;
  /** Cuts what is left. */
  close(): void;
}

/** Throws `HostProblem` when the port is in use. */
export async function startFront(
  wanted: number,
  instances: readonly Instance[],
  log: (line: string) => void,
): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  let turn = 0;

  function nextInstance(): Instance | undefined {
    const alive = instances.filter((instance) => instance.isAlive());
    turn += 1;
    return alive[turn % Math.max(alive.length, 1)];
  }

  const server = createServer((incoming, outgoing) => {
    const instance = nextInstance();
    if (instance === undefined) {
      outgoing.writeHead(503, { 'content-length': 0, connection: 'close' }).end();
      return;
    }
    const headers = forwardedFor(incoming);
    void relay(incoming, outgoing, { port: instance.port, path: incoming.url ?? '/', agent, headers }, (cause) =>
      log(`instance on port ${instance.port} did not answer: ${cause.message}`),
    );
  });
  const port = await listen(server, wanted);
  return {
    port,
    drain: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      return promise;
    },
    close: () => {
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
