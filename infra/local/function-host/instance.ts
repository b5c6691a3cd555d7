/**
 * One host process as its parent sees it: started, ready or refused, stopped, gone. The IPC channel ties the two: when
 * the parent dies, however it dies, the channel closes and the child ends.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { LoadTimes } from './app.ts';

export interface Instance {
  readonly pid: number;
  readonly port: number;
  readonly loading: LoadTimes;
  /** False from the moment its process has ended. */
  isAlive(): boolean;
  /** SIGTERM, and SIGKILL when it outlives its grace. */
  stop(): Promise<void>;
}

export interface InstanceOptions {
  readonly appDir: string;
  readonly port: number;
  readonly index: number;
  readonly isBehindFront: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
}

const Ready = z.object({
  kind: z.literal('ready'),
  port: z.number(),
  loading: z.object({ beforeMs: z.number(), entriesMs: z.record(z.string(), z.number()) }),
});
type Ready = z.infer<typeof Ready>;
const Message = z.discriminatedUnion('kind', [Ready, z.object({ kind: z.literal('failed'), message: z.string() })]);

/** Above the child's own bounds for draining and end hooks. */
const GRACE_AFTER_DRAIN_MS = 2_000;
const DEFAULT_DRAIN_MS = 1_500;

/** Rejects with the one clear line the process gave as its reason; then nothing is left running. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const script = fileURLToPath(new URL('process.ts', import.meta.url));
  const args = ['--app', options.appDir, '--port', String(options.port), '--instance', String(options.index)];
  const child = fork(script, options.isBehindFront ? [...args, '--behind-front'] : args, {
    env: { ...process.env, ...options.env },
    // As the real host starts its worker: a setting of the app may give Node arguments.
    execArgv: workerArguments(options.env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = once(child, 'exit');
  readLines(child, options.onLog);
  const { port, loading } = await untilReady(child);
  child.once('exit', (code, signal) => options.onLog(`instance ${options.index} ended (${signal ?? code})`));

  const drainMs = Number(options.env.FUNCTION_HOST_DRAIN_MS ?? DEFAULT_DRAIN_MS);
  return {
    pid: child.pid ?? 0,
    port,
    loading,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), drainMs + GRACE_AFTER_DRAIN_MS);
      await ended;
      clearTimeout(impatience);
    },
  };
}

function workerArguments(env: Readonly<Record<string, string>>): string[] {
  const given = env.languageWorkers__node__arguments ?? '';
  return given.split(/\s+/).filter((argument) => argument !== '');
}

function readLines(child: ChildProcess, onLog: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', onLog);
  }
}

/** A process that gives its reason ends after it; the rejection waits for that end. */
function untilReady(child: ChildProcess): Promise<Ready> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  let reason: string | undefined;
  child.once('error', reject);
  child.once('exit', (code, signal) =>
    reject(new Error(reason ?? `The function host ended before it was ready (${signal ?? code})`)),
  );
  child.on('message', (given) => {
    const message = Message.safeParse(given).data;
    if (message?.kind === 'ready') resolve(message);
    if (message?.kind === 'failed') reason = message.message;
  });
  return promise;
}
