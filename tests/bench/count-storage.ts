/**
 * A reverse proxy before one service of Azurite that counts requests by kind: what a call costs in storage operations.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StorageCounter {
  readonly url: string;
  readonly counts: Map<string, number>;
  stop(): Promise<void>;
}

/** Names a request; by default its method and what it does to a blob. */
export type NameRequest = (method: string, url: URL) => string;

const nameBlobRequest: NameRequest = (method, url) => `${method} ${url.searchParams.get('comp') ?? 'blob'}`;

/** `target`: the service's origin. */
export async function startStorageCounter(
  target: string,
  nameRequest: NameRequest = nameBlobRequest,
): Promise<StorageCounter> {
  const counts = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', target);
    const kind = nameRequest(incoming.method ?? '', url);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const { method, headers } = incoming;
    const forwarded = request(url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
