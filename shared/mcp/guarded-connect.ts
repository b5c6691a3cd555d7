/**
 * Opens the connections to one upstream (DESIGN §2.7). What a name resolves to is judged here, and the connection goes
 * to the address that was judged: there is no second look-up in between that could answer differently. TLS is always
 * verified, whatever the environment says. Every failure is a `NotConnected`: not one byte of a message was sent.
 */
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { type AddressKind, classifyAddress, mayReach } from './address-guard.ts';

/** All addresses of a host name, in the order in which to try them. Rejects when there are none. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** A connection that never stood. `refused` is there when it was this guard that did not let it be. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
  /** Of the error behind it, such as `ECONNREFUSED`. */
  readonly code: string;
  readonly refused: AddressKind | undefined;

  constructor(message: string, options: { code: string; refused?: AddressKind; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.refused = options.refused;
  }
}

export interface GuardOptions {
  readonly privateAddresses: 'refuse' | 'allow';
  readonly lookup: Lookup;
  /** For the look-up, the connection and the TLS handshake together. */
  readonly connectMs: number;
}

export function createGuardedConnector({
  privateAddresses,
  lookup,
  connectMs,
}: GuardOptions): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectMs,
    allowH2: false,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    lookup: guardLookup(lookup, privateAddresses),
  });
  return (target, callback) => {
    // No look-up is made for a literal, so it is judged here.
    const refusal = isIP(target.hostname) === 0 ? undefined : refuse(target.hostname, privateAddresses);
    if (refusal !== undefined) return queueMicrotask(() => callback(refusal, null));
    connect(target, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(notConnected(error), null);
    });
  };
}

/** The look-up that `net.connect` uses: it hears of no address to which it may not connect. */
function guardLookup(lookup: Lookup, privateAddresses: GuardOptions['privateAddresses']): LookupFunction {
  return (hostname, options, callback) => {
    const judge = async (): Promise<ResolvedAddress[]> => {
      const found = await lookup(hostname);
      const open = found.filter(({ address }) => mayReach(classifyAddress(address), privateAddresses));
      if (open.length > 0) return open;
      const [first] = found;
      throw first === undefined
        ? new NotConnected('the name has no address', { code: 'ENOTFOUND' })
        : (refuse(first.address, privateAddresses) ?? new TypeError('no address was refused and none is left'));
    };
    judge().then(
      (open) => {
        const [first] = open;
        if (options.all) callback(null, open);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}

function refuse(address: string, privateAddresses: GuardOptions['privateAddresses']): NotConnected | undefined {
  const kind = classifyAddress(address);
  if (mayReach(kind, privateAddresses)) return undefined;
  return new NotConnected(`the upstream's address ${address} is refused: ${kind}`, {
    code: 'ADDRESS_REFUSED',
    refused: kind,
  });
}

function notConnected(error: Error): NotConnected {
  if (error instanceof NotConnected) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  return new NotConnected(`no connection (${code})`, { code, cause: error });
}
