/**
 * Preloaded into a process (`node --import`): a TCP connection to a `host:port` in LOCAL_ROUTES goes to that port of
 * 127.0.0.1, one to this machine stays as it is, every other fails, and no other name is looked up. Stands for DNS alone:
 * TLS still asks for the name that was wanted, and checks the certificate for it. Never part of the app.
 */
import { Socket } from 'node:net';
import { z } from 'zod';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/i;

const routes = z.record(z.string(), z.int()).parse(JSON.parse(process.env.LOCAL_ROUTES ?? '{}'));

interface Target {
  readonly host: string;
  readonly port: number;
}

const connect: unknown = Reflect.get(Socket.prototype, 'connect');
if (typeof connect !== 'function')
  throw new Error('This Node has no Socket.prototype.connect: names cannot be routed.');

// Where `net`, `tls`, `http`, `https` and `fetch` all end up.
Reflect.set(Socket.prototype, 'connect', function route(this: Socket, ...given: unknown[]): unknown {
  const [first, second] = given;
  // `net.connect` hands over its arguments in an array that it has marked: what is in it may be replaced, it may not.
  if (Array.isArray(first)) first[0] = { ...first[0], ...targetOf(first[0]) };
  else if (typeof first === 'object') given[0] = { ...first, ...targetOf(first) };
  else if (typeof second === 'string') {
    const options = { port: first, host: second };
    given.splice(0, 2, { ...options, ...targetOf(options) });
  }
  return Reflect.apply(connect, this, given);
});

/** Undefined for what stays as it is: this machine, or no TCP at all. Throws for everything else. */
function targetOf(options: unknown): Target | undefined {
  const { host, port } = z
    .looseObject({ host: z.string().optional(), port: z.coerce.number().optional() })
    .parse(options);
  if (host === undefined || port === undefined || LOOPBACK.test(host)) return undefined;
  const routed = routes[`${host.toLowerCase()}:${port}`];
  if (routed === undefined) throw new Error(`no route leads to ${host}:${port}: this process talks to its stack alone`);
  return { host: '127.0.0.1', port: routed };
}
