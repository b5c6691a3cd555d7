/**
 * Somebody who answers for services of the app's under all their names, with a certificate that nobody vouches for. Keeps
 * every byte that came to it within TLS: a client that looks at certificates says nothing there.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import { createSelfSigned } from '../../../infra/local/access/self-signed.ts';

export interface Impostor {
  readonly port: number;
  /** Whom it was taken for. */
  readonly names: () => ReadonlySet<string>;
  /** What was said to it. */
  readonly heard: () => Buffer;
  stop(): Promise<void>;
}

export async function startImpostor(...names: readonly [string, ...string[]]): Promise<Impostor> {
  const sockets = new Set<Socket>();
  const heard: Buffer[] = [];
  const asked = new Set<string>();
  const server = createServer({
    ...createSelfSigned(...names),
    SNICallback(name, answer) {
      asked.add(name);
      answer(null);
    },
  });
  server.on('secureConnection', (socket) => socket.on('data', (chunk) => heard.push(chunk)));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    names: () => asked,
    heard: () => Buffer.concat(heard),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
