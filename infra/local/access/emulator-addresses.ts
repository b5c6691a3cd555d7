/**
 * Where emulators of this machine listen, read from their connection strings as the app reads them: it takes none that
 * leads elsewhere. Errors are the end of one line and never quote the string.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { isLocalServiceBus, isLocalStorage } from '../../../shared/azure/connection-strings.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { type AccountAddresses, developmentAccount } from '../azurite.ts';

/** Azurite with the ports that its documentation names. */
export const DEVELOPMENT_STORAGE = 'UseDevelopmentStorage=true';
/** The official emulator; its key is this constant, for everybody. */
export const SERVICE_BUS_EMULATOR =
  'Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true';

const AMQP_PORT = 5672;
const CONNECT_DEADLINE_MS = 2_000;

export function readStorageAddresses(connectionString: string): Result<AccountAddresses, string> {
  if (!isLocalStorage(connectionString)) return err('the connection string must lead to Azurite on this machine');
  const { name } = developmentAccount;
  if (connectionString.trim() === DEVELOPMENT_STORAGE) {
    const at = (port: number) => `http://127.0.0.1:${port}/${name}`;
    return ok({ connectionString, blobUrl: at(10_000), queueUrl: at(10_001), tableUrl: at(10_002) });
  }
  const values = readParts(connectionString);
  // The commands that look at storage by themselves (`sallyport verify --local`) know no other account.
  if (values.get('accountname') !== name) return err(`the account must be ${name}`);
  const [blobUrl, queueUrl, tableUrl] = ['blobendpoint', 'queueendpoint', 'tableendpoint'].map((part) =>
    values.get(part)?.replace(/\/$/, ''),
  );
  if (!blobUrl || !queueUrl || !tableUrl) return err('name BlobEndpoint, QueueEndpoint and TableEndpoint');
  return ok({ connectionString, blobUrl, queueUrl, tableUrl });
}

/** `host` with the port that the client takes. */
export function readEndpoint(
  connectionString: string,
): Result<{ readonly url: string; readonly host: string }, string> {
  const endpoint = isLocalServiceBus(connectionString) ? readParts(connectionString).get('endpoint') : undefined;
  if (endpoint === undefined) return err('the connection string must be of an emulator on this machine');
  const { hostname, port } = new URL(endpoint);
  const host = `${hostname}:${port || AMQP_PORT}`;
  return ok({ url: `sb://${host}`, host });
}

/** Keys in lower case. */
function readParts(connectionString: string): Map<string, string> {
  const parts = connectionString.split(';').filter((part) => part.includes('='));
  return new Map(
    parts.map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
    }),
  );
}

/** `host:port`. */
export async function isListening(host: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${host}`);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_DEADLINE_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
