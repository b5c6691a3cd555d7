/**
 * A TCP proxy on 127.0.0.1 that can lose a response: it lets a matching request through, waits until the server
 * answers, which is after the effect, and cuts the connection instead of passing the answer on.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LossyProxy {
  readonly port: number;
  /** The next request whose head contains this text gets no answer. */
  loseNext(text: string): void;
  /** How many answers were lost. */
  readonly lost: number;
  stop(): Promise<void>;
}

export async function startLossyProxy(targetPort: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  let losing: string | undefined;
  let lost = 0;

  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    let isDoomed = false;
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (bytes) => {
      if (losing !== undefined && bytes.includes(losing)) {
        losing = undefined;
        isDoomed = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!isDoomed) {
        client.write(bytes);
        return;
      }
      lost += 1;
      cut();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    loseNext(text) {
      losing = text;
    },
    get lost() {
      return lost;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
