/**
 * The Service Bus stand-in as it is deployed, with local authentication off: TLS, and Entra tokens that are looked at.
 * Driven by the official client, whose token is the test's own, and by less than that where a client would not do it.
 */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type MessagingError, ServiceBusClient } from '@azure/service-bus';
import rhea from 'rhea';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createSelfSigned } from '../../infra/local/access/self-signed.ts';
import { sampleId } from '../../infra/local/entra/directory.ts';
import { type Entra, startEntra } from '../../infra/local/entra/start.ts';
import { type ServiceBus, startServiceBus } from '../../infra/local/service-bus/start.ts';
import { proves } from '../requirements.ts';

const NAMESPACE = 'orders.servicebus.windows.net';
const AUDIENCE = 'https://servicebus.azure.net/';
const certificate = createSelfSigned('localhost');
const trusted = getCACertificates('default');
/** Each attempt is made once: what the client would repeat, the test sees. */
const retryOptions = { maxRetries: 0, timeoutInMs: 10_000 };

let entra: Entra;
let bus: ServiceBus;
/** What a client connects to: the certificate is not for an address. */
let endpoint: string;

beforeAll(async () => {
  entra = await startEntra({ port: 0, publicUrl: 'http://127.0.0.1:7071', servers: [] });
  const { tenantId, keysUrl } = entra;
  bus = await startServiceBus({ port: 0, queues: [{ name: 'orders' }], identity: { tenantId, keysUrl, certificate } });
  endpoint = `sb://localhost:${bus.port}`;
});
beforeEach(() => setDefaultCACertificates([...trusted, certificate.cert]));
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await Promise.all([bus?.stop(), entra?.stop()]);
});

type TokenRequest = Parameters<Entra['issueToken']>[0];

/** A good one, but for what is given. */
const issue = (request: TokenRequest = {}) =>
  entra.issueToken({ app: 'gateway-identity', version: 1, audience: AUDIENCE, ...request });

function connect(token: string): ServiceBusClient {
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  return closing(new ServiceBusClient(NAMESPACE, credential, { customEndpointAddress: endpoint, retryOptions }));
}

function closing(client: ServiceBusClient): ServiceBusClient {
  onTestFinished(() => client.close());
  return client;
}

const send = (client: ServiceBusClient) => client.createSender('orders').sendMessages({ body: 'hello' });

/** The client's word for why it may not. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'sent',
    (error: MessagingError) => error.code ?? error.message,
  );

describe('Service Bus as it is deployed', () => {
  it(proves('servicebus.identity', 'takes messages from and gives them to who brings a good token'), async () => {
    const client = connect(await issue());
    await send(client);
    const receiver = client.createReceiver('orders');
    const [message] = await receiver.receiveMessages(1);
    if (message === undefined) throw new Error('no message came');
    expect(message.body).toBe('hello');
    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  it.each<[string, TokenRequest]>([
    ['for storage', { audience: 'https://storage.azure.com' }],
    ['for the gateway', { audience: 'api://5a11e000-0000-4000-8000-0000000000c0' }],
    ['that has expired', { ttlSeconds: -10 }],
    ['that is not valid yet', { validFromSeconds: 3_600 }],
    ['of another tenant', { tenant: sampleId('2') }],
    ['of another issuer', { issuer: 'https://sts.windows.net/' }],
    ['signed with a key that is not the authority’s', { key: 'foreign' }],
    ['signed with nothing', { alg: 'none' }],
    ['signed with the public key as a secret', { alg: 'HS256' }],
    ['without an end', { claims: { exp: null } }],
  ])(proves('access.refused', 'refuses a token %s'), async (_what, request) => {
    expect(await codeOf(send(connect(await issue(request))))).toBe('UnauthorizedAccess');
  });

  it(proves('access.refused', 'refuses what is no token at all'), async () => {
    expect(await codeOf(send(connect('let me in')))).toBe('UnauthorizedAccess');
  });

  it(proves('servicebus.identity', 'refuses the shared key, though there is one'), async () => {
    const withKey = bus.connectionString.replace(bus.url, endpoint);
    const client = closing(new ServiceBusClient(withKey, { retryOptions }));
    expect(withKey).toContain('SharedAccessKey=');
    expect(await codeOf(send(client))).toBe('UnauthorizedAccess');
  });

  it(proves('access.refused', 'opens no queue to who brings nothing'), async () => {
    const connection = rhea
      .create_container()
      .connect({ port: bus.port, host: 'localhost', transport: 'tls', reconnect: false });
    const refused = new Promise((resolve) =>
      connection.on('receiver_error', ({ receiver }) => resolve(receiver.error)),
    );
    connection.on('receiver_close', () => connection.close());
    connection.open_receiver('orders');
    expect(await refused).toMatchObject({ condition: 'amqp:unauthorized-access' });
  });

  it(proves('access.refused', 'hangs up on who comes without TLS, and says nothing'), async () => {
    const socket = connectTcp(bus.port, '127.0.0.1');
    const heard: Buffer[] = [];
    socket.on('data', (chunk) => heard.push(chunk));
    // It may be cut hard.
    socket.on('error', () => undefined);
    socket.write(Buffer.from('AMQP\x00\x01\x00\x00', 'latin1'));
    await once(socket, 'close');
    // At most TLS's own word for it, never AMQP's.
    expect(Buffer.concat(heard).includes('AMQP')).toBe(false);
  });

  it(proves('access.trust', 'is not spoken to by a client that does not trust its certificate'), async () => {
    const good = await issue();
    setDefaultCACertificates(trusted);
    await expect(send(connect(good))).rejects.toThrow(/self-signed certificate/);
  });
});
