/**
 * Azurite (Blob, Queue, Table) as a child process, by its documented flags (LOCAL-STACK §E). Ready means that Azurite
 * itself said where each service listens, so a free port (0) is never guessed and never raced for.
 * Azurite does not imitate WORM policies, legal holds, versions or soft delete, and it flushes its index every few
 * seconds: a SIGKILL of *this child* may lose the last writes of a folder; any other stop does not.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The development account that Azurite's documentation publishes; it opens nothing but an emulator. */
export const developmentAccount = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
} as const;

const READY_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 2_000;
const LISTENING = /^Azurite (Blob|Queue|Table) service is successfully listening at (http:\S+)$/;

export interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface Azurite {
  /** Service URLs with the account, no trailing slash: `http://127.0.0.1:{port}/devstoreaccount1`. */
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly connectionString: string;
  readonly pid: number;
  /** Lets it close its stores and end; kills it after 2 s. */
  stop(): Promise<void>;
}

/**
 * Starts Azurite on 127.0.0.1 and waits until all three services listen. Without a `folder` everything is in memory;
 * a port of 0 is any free one. Rejects with one clear line, e.g. when a port is in use; nothing is left running then.
 */
export async function startAzurite(
  options: { readonly folder?: string; readonly ports?: AzuritePorts } = {},
): Promise<Azurite> {
  const { folder, ports = { blob: 0, queue: 0, table: 0 } } = options;
  const child = fork(fileURLToPath(new URL('azurite-process.ts', import.meta.url)), azuriteFlags(folder, ports), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // AZURITE_ACCOUNTS, say, would change the account.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AZURITE_'))),
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
    const addresses = await waitUntilListening(child, ports);
    const [blobUrl, queueUrl, tableUrl] = addresses.map((address) => `${address}/${developmentAccount.name}`) as [
      string,
      string,
      string,
    ];
    const { pid } = child;
    if (pid === undefined) throw new Error('azurite: did not start');
    const connectionString = [
      'DefaultEndpointsProtocol=http',
      `AccountName=${developmentAccount.name}`,
      `AccountKey=${developmentAccount.key}`,
      `BlobEndpoint=${blobUrl}`,
      `QueueEndpoint=${queueUrl}`,
      `TableEndpoint=${tableUrl}`,
    ].join(';');
    return { blobUrl, queueUrl, tableUrl, connectionString, pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function azuriteFlags(folder: string | undefined, ports: AzuritePorts): string[] {
  const store = folder === undefined ? ['--inMemoryPersistence'] : ['--location', folder];
  const services = Object.entries(ports).flatMap(([service, port]) => [
    `--${service}Host`,
    '127.0.0.1',
    `--${service}Port`,
    String(port),
  ]);
  return [...store, ...services, '--skipApiVersionCheck', '--disableTelemetry', '--silent'];
}

/** The three addresses in the order blob, queue, table; Azurite prints each once it listens. */
function waitUntilListening(child: ChildProcess, ports: AzuritePorts): Promise<readonly string[]> {
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
        if (addresses.size === 3)
          settle(() => resolve(['Blob', 'Queue', 'Table'].map((name) => addresses.get(name) ?? '')));
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
