/**
 * Azurite (Blob, Queue, Table) as a child process, by its documented flags (LOCAL-STACK §E). Ready means that Azurite
 * itself said where each service listens, so a free port (0) is never guessed and never raced for.
 * Azurite does not imitate WORM policies, legal holds, versions or soft delete, and it flushes its index every few
 * seconds: a SIGKILL of *this child* may lose the last writes of a folder; any other stop does not.
 * With `tls` it speaks https alone and takes Entra tokens (`--oauth basic`), of which it looks at issuer (any tenant's),
 * audience and times, never at signature or roles; shared keys it takes all the same, where Azure has them off.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface StorageAccount {
  readonly name: string;
  /** Base64. */
  readonly key: string;
}

/** The development account that Azurite's documentation publishes; it opens nothing but an emulator. */
export const developmentAccount: StorageAccount = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};

const READY_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 2_000;
const LISTENING = /^Azurite (Blob|Queue|Table) service is successfully listening at (https?:\S+)$/;

export interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface AccountAddresses {
  /** Service URLs with the account, no trailing slash: `http://127.0.0.1:{port}/devstoreaccount1`. */
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly connectionString: string;
}

/** The addresses are those of the first account. */
export interface Azurite extends AccountAddresses {
  addressesOf(account: StorageAccount): AccountAddresses;
  readonly pid: number;
  /** Lets it close its stores and end; kills it after 2 s. */
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  /** Absent: everything is in memory. */
  readonly folder?: string;
  /** 0 is any free one. */
  readonly ports?: AzuritePorts;
  /** Default: the development account. */
  readonly accounts?: readonly [StorageAccount, ...StorageAccount[]];
  /** PEM files: https instead of http, and Entra tokens. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/**
 * Starts Azurite on 127.0.0.1 and waits until all three services listen. Rejects with one clear line, e.g. when a port is
 * in use; nothing is left running then.
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { ports = { blob: 0, queue: 0, table: 0 }, accounts = [developmentAccount] } = options;
  const child = fork(fileURLToPath(new URL('azurite-process.ts', import.meta.url)), azuriteFlags(options, ports), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // What else begins so in a developer's shell would change what it does.
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AZURITE_'))),
      AZURITE_ACCOUNTS: accounts.map(({ name, key }) => `${name}:${key}`).join(';'),
    },
    execArgv: [],
    // A session of its own: Ctrl-C in the terminal must reach the gateway first, which still has records to write.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  async function stop(): Promise<void> {
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await ended;
    clearTimeout(timer);
  }

  try {
    const origins = await waitUntilListening(child, ports);
    const { pid } = child;
    if (pid === undefined) throw new Error('azurite: did not start');
    const addressesOf = (account: StorageAccount) => addressesAt(origins, account);
    return { ...addressesOf(accounts[0]), addressesOf, pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Origins {
  readonly blob: string;
  readonly queue: string;
  readonly table: string;
}

function addressesAt({ blob, queue, table }: Origins, { name, key }: StorageAccount): AccountAddresses {
  const [blobUrl, queueUrl, tableUrl] = [`${blob}/${name}`, `${queue}/${name}`, `${table}/${name}`];
  const connectionString = [
    `DefaultEndpointsProtocol=${new URL(blob).protocol.replace(':', '')}`,
    `AccountName=${name}`,
    `AccountKey=${key}`,
    `BlobEndpoint=${blobUrl}`,
    `QueueEndpoint=${queueUrl}`,
    `TableEndpoint=${tableUrl}`,
  ].join(';');
  return { blobUrl, queueUrl, tableUrl, connectionString };
}

function azuriteFlags({ folder, tls }: AzuriteOptions, ports: AzuritePorts): string[] {
  const store = folder === undefined ? ['--inMemoryPersistence'] : ['--location', folder];
  const door = tls === undefined ? [] : ['--cert', tls.certFile, '--key', tls.keyFile, '--oauth', 'basic'];
  const services = Object.entries(ports).flatMap(([service, port]) => [
    `--${service}Host`,
    '127.0.0.1',
    `--${service}Port`,
    String(port),
  ]);
  return [...store, ...services, ...door, '--skipApiVersionCheck', '--disableTelemetry', '--silent'];
}

/** Azurite prints each once it listens. */
function waitUntilListening(child: ChildProcess, ports: AzuritePorts): Promise<Origins> {
  return new Promise((resolve, reject) => {
    const addresses = new Map<string, string>();
    let lastError = '';
    const timer = setTimeout(() => reject(new Error('azurite: not ready after 30 s')), READY_DEADLINE_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    if (child.stdout && child.stderr) {
      createInterface(child.stdout).on('line', (line) => {
        const [, service, address] = LISTENING.exec(line) ?? [];
        if (service && address) addresses.set(service, address);
        const [blob, queue, table] = ['Blob', 'Queue', 'Table'].map((name) => addresses.get(name));
        if (blob && queue && table) settle(() => resolve({ blob, queue, table }));
      });
      createInterface(child.stderr).on('line', (line) => {
        if (line.trim() !== '') lastError = line.trim();
      });
    }
    child.once('error', (cause) => settle(() => reject(new Error(`azurite: ${cause.message}`, { cause }))));
    child.once('close', () => settle(() => reject(new Error(`azurite: ${explainExit(lastError, ports)}`))));
  });
}

function explainExit(lastError: string, ports: AzuritePorts): string {
  const [, taken] = /EADDRINUSE.*?:(\d+)\b/.exec(lastError) ?? [];
  if (taken !== undefined) return `port ${taken} is in use`;
  return lastError || `ended before it was ready (ports ${Object.values(ports).join(', ')})`;
}
