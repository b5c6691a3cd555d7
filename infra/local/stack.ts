/**
 * The embedded stack: the stand-ins and the gateway on them, everything on 127.0.0.1. Either all of it runs or none of
 * it: a part that fails takes the others down before the error is told.
 */
import { createAccessByIdentity } from './access/by-identity.ts';
import { accessByKeys } from './access/by-keys.ts';
import { createAppEnvironment } from './app-environment.ts';
import { checkConfig } from './check-config.ts';
import type { Directory } from './entra/directory.ts';
import { findPort } from './free-port.ts';
import { type FunctionHost, startFunctionHost } from './function-host/start.ts';
import { type StandIns, startStandIns } from './stand-ins.ts';
import { createStopwatch } from './stopwatch.ts';
import { killAll, type WatchedProcess, waitForLoss } from './watch-processes.ts';

export interface StackOptions {
  readonly configDir: string;
  /** Where data is kept; absent: in memory, gone at the end. Its claim is the caller's (data-folder.ts). */
  readonly dataDir?: string;
  /** Of the gateway; 0: any free one. */
  readonly port: number;
  readonly instances: number;
  /** The folder of package.json, host.json and dist/. */
  readonly appDir: string;
  /** Settings of the app on top of what the stack gives it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Who there is; default: the sample tenant. */
  readonly directory?: Directory;
  /** How the app opens storage and Service Bus (access/); default `keys`. */
  readonly access?: 'keys' | 'identity';
  /** False: everything but the gateway, which can then be started with `appEnvironment`. */
  readonly gateway?: boolean;
  /** The gateway's log, line by line. */
  readonly onLog?: (line: string) => void;
}

export interface Stack extends Omit<StandIns, 'stop'> {
  /** The gateway's public URL, no trailing slash, whether it was started or not. */
  readonly url: string;
  readonly port: number;
  /** Settings of the app, as the deployment would make them. */
  readonly appEnvironment: Readonly<Record<string, string>>;
  readonly gateway: FunctionHost | undefined;
  /** By part, milliseconds; parts start side by side. */
  readonly timings: Readonly<Record<string, number>>;
  /** Resolves when a child process ends that nobody stopped. */
  readonly lost: Promise<WatchedProcess>;
  /** The gateway drains first, then the rest ends. A second call waits for the first. */
  stop(): Promise<void>;
  /** Ends every child process now. */
  kill(): void;
}

/** A reason not to start, one line per mistake; nothing is left running. */
export class StackProblem extends Error {
  override readonly name = 'StackProblem';
  readonly lines: readonly string[];

  constructor(lines: readonly string[], options?: ErrorOptions) {
    super(lines.join('\n'), options);
    this.lines = lines;
  }
}

/** Rejects with `StackProblem`. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { configDir, appDir, instances } = options;
  const [port, config] = await Promise.all([
    findPort(options.port),
    checkConfig(configDir, { ...process.env, ...options.env }),
  ]);
  if (!config.ok) throw new StackProblem(config.error);
  if (!port.ok) throw new StackProblem([port.error]);

  const url = `http://127.0.0.1:${port.value}`;
  const stopwatch = createStopwatch();
  let standIns: StandIns | undefined;
  try {
    const access = options.access === 'identity' ? await createAccessByIdentity() : accessByKeys;
    const started = await startStandIns(
      {
        access,
        publicUrl: url,
        servers: [...config.value.servers.keys()],
        retentionClasses: [...config.value.transcripts.retention.keys()],
        ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
        ...(options.directory === undefined ? {} : { directory: options.directory }),
      },
      stopwatch,
    );
    standIns = started;
    const settings = createAppEnvironment({ publicUrl: url, configDir, ...started, access: access.settings(started) });
    const appEnvironment = { ...settings, ...options.env };
    const gateway =
      options.gateway === false
        ? undefined
        : await stopwatch.measure('gateway', () =>
            startFunctionHost({
              appDir,
              port: port.value,
              instances,
              env: appEnvironment,
              ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
            }),
          );
    return {
      ...started,
      url,
      port: port.value,
      appEnvironment,
      gateway,
      timings: stopwatch.timings,
      ...end(started, gateway),
    };
  } catch (cause) {
    await standIns?.stop();
    throw new StackProblem(linesOf(cause), { cause });
  }
}

/** What a person can read of an error: every line but those of a stack. */
export function linesOf(cause: unknown): string[] {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
}

/** How it can end: stopped, killed, or by losing a child. */
function end(standIns: StandIns, gateway: FunctionHost | undefined): Pick<Stack, 'lost' | 'stop' | 'kill'> {
  const processes = [
    { name: 'azurite', pid: standIns.azurite.pid },
    ...(gateway?.pids ?? []).map((pid) => ({ name: 'gateway', pid })),
  ];
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    stopping.abort();
    // The gateway still has records to write while it drains.
    await gateway?.stop();
    await standIns.stop();
  }

  return {
    lost: waitForLoss(processes, stopping.signal),
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    kill: () => killAll(processes),
  };
}
