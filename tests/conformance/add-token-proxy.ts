/**
 * The suite can't send an access token: this stands before the gateway and adds one. Nothing else changes: Host, Origin and
 * every other header arrive as sent, bodies stream both ways, and a client that goes away is gone for the gateway too.
 */
import { Agent, createServer } from 'node:http';
import { listen } from '../../infra/local/function-host/listen.ts';
import { relay } from '../../infra/local/function-host/relay.ts';

export interface AddTokenProxy {
  readonly port: number;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
}

/** `port` is the gateway's. What the gateway does not answer at all becomes a 502. */
export async function startAddTokenProxy(port: number, token: string): Promise<AddTokenProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const headers = { authorization: `Bearer ${token}` };
    void relay(incoming, outgoing, { port, path: incoming.url ?? '/', agent, headers }, () => undefined);
  });
  return {
    port: await listen(server, 0),
    async stop() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      agent.destroy();
      await closed.promise;
    },
  };
}
