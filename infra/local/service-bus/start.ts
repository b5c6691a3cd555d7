/**
 * A stand-in for Azure Service Bus (LOCAL-STACK §B): the AMQP 1.0 dialect that `@azure/service-bus` speaks, for queues
 * and their dead-letter queues, with messages kept in the data folder. Plain TCP and a shared key; or, as it is deployed,
 * TLS and Entra tokens alone. Does not imitate: sessions, topics, transactions, auto-forwarding, WebSockets, key and
 * tokens side by side, roles, the administration API, sequence numbers of each queue's own (they are shared), quotas, a
 * new sequence number when a message is activated or dead-lettered.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import rhea from 'rhea';
import { createKeyCheck } from './access.ts';
import { type Client, createClient } from './connection.ts';
import { keepSetting, openDatabase } from './database.ts';
import { type Authority, createTokenCheck } from './entra-token.ts';
import { createStrikes, type ServiceBusFaults } from './faults.ts';
import { createQueue, type Queue, type QueueOptions } from './queue.ts';
import type { WireConnection, WireReceiver, WireSender } from './wire.ts';

export interface ServiceBus {
  /**
   * For `new ServiceBusClient(…)`; the same key as long as the folder is the same. With `identity` the key is as in Azure
   * once local authentication is off: there, and refused.
   */
  readonly connectionString: string;
  readonly port: number;
  /** `sb://127.0.0.1:{port}`, no trailing slash. */
  readonly url: string;
  readonly faults: ServiceBusFaults;
  /** Cuts every connection and frees the port; what was sent stays in the folder. */
  stop(): Promise<void>;
}

const deadLetterSuffix = '/$DeadLetterQueue';
const keyName = 'RootManageSharedAccessKey';
/** 256 KiB, as in the Standard tier. */
const maxMessageBytes = 256 * 1024;
/** How soon a lock's end, a schedule or an expiry is noticed. */
const tickMs = 25;

/** Listens on 127.0.0.1 (`port` 0: any free one); rejects with one clear line when the port is taken. */
export async function startServiceBus(options: {
  readonly port: number;
  /** Where the messages are kept; absent: in memory. */
  readonly folder?: string;
  readonly queues: readonly QueueOptions[];
  /** TLS with this certificate (PEM), and tokens of this authority instead of the key. */
  readonly identity?: Authority & { readonly certificate: { readonly key: string; readonly cert: string } };
  /** For messages: locks, schedules, expiries. Tokens end by the system's clock. Default: the same. */
  readonly nowMs?: () => number;
}): Promise<ServiceBus> {
  const { nowMs = Date.now, identity } = options;
  const database = openDatabase(options.folder);
  const key = { name: keyName, value: keepSetting(database, 'key', () => randomBytes(32).toString('base64')) };
  const checkToken = identity === undefined ? createKeyCheck(key) : createTokenCheck(identity);
  const strikes = createStrikes();
  const queues = new Map<string, Queue>();
  for (const queue of options.queues) {
    const deadLetters = { name: `${queue.name}${deadLetterSuffix}` };
    queues.set(queue.name.toLowerCase(), createQueue({ database, queue, nowMs, deadLetters }));
    const buried = {
      ...deadLetters,
      ...(queue.lockDurationMs !== undefined && { lockDurationMs: queue.lockDurationMs }),
    };
    queues.set(deadLetters.name.toLowerCase(), createQueue({ database, queue: buried, nowMs }));
  }

  const sockets = new Set<Socket>();
  const clients = new Map<WireConnection, Client>();
  let isAwake = false;

  function pumpAll(): void {
    isAwake = false;
    for (const client of clients.values()) client.pump();
  }

  /** Soon, and once for all that happens meanwhile. */
  function wake(): void {
    if (!isAwake) setImmediate(pumpAll);
    isAwake = true;
  }

  function clientOf(connection: WireConnection): Client {
    const known = clients.get(connection);
    if (known) return known;
    const findQueue = (address: string) => queues.get(address.toLowerCase());
    const client = createClient({ checkToken, nowMs: Date.now, findQueue, strikes, wake });
    clients.set(connection, client);
    // The socket's own event: `rhea` does not notice when this side cuts it.
    connection.socket.once('close', () => clients.delete(connection));
    return client;
  }

  const container = rhea.create_container({
    id: 'service-bus',
    receiver_options: { autoaccept: false, max_message_size: maxMessageBytes },
    sender_options: { autosettle: false, treat_modified_as_released: false },
  });
  container.on('receiver_open', ({ receiver }: { receiver: WireReceiver }) => {
    clientOf(receiver.connection).attachReceiver(receiver);
  });
  container.on('sender_open', ({ sender }: { sender: WireSender }) => {
    clientOf(sender.connection).attachSender(sender);
  });
  // A client that goes away is no error here, and a closed link has been dealt with where it was opened.
  for (const event of ['disconnected', 'connection_error', 'session_error', 'sender_error', 'receiver_error'])
    container.on(event, () => undefined);
  container.on('error', (error: unknown) => console.error('service-bus:', error));

  const transport = identity === undefined ? {} : { transport: 'tls' as const, ...identity.certificate };
  const server = container.listen({ port: options.port, host: '127.0.0.1', ...transport });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  try {
    await once(server, 'listening');
  } catch (cause) {
    database.sql.close();
    throw new Error(`service-bus: port ${options.port} on 127.0.0.1 cannot be used`, { cause });
  }
  const { port } = server.address() as AddressInfo;
  const ticking = setInterval(() => {
    for (const queue of queues.values()) queue.advance();
    pumpAll();
  }, tickMs);

  async function stop(): Promise<void> {
    clearInterval(ticking);
    clients.clear();
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    database.sql.close();
  }

  const url = `sb://127.0.0.1:${port}`;
  const credential = `SharedAccessKeyName=${key.name};SharedAccessKey=${key.value}`;
  const plain = identity === undefined ? ';UseDevelopmentEmulator=true' : '';
  const connectionString = `Endpoint=${url};${credential}${plain}`;
  return { connectionString, port, url, faults: strikes, stop };
}
