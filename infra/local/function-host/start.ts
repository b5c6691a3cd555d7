/**
 * Starts the function host as child processes: one on the port itself, or several on free ports behind a round-robin
 * front. What the processes leave out of Azure stands in process.ts; what they read from `env` too.
 */
import type { LoadTimes } from './app.ts';
import { type Front, startFront } from './front.ts';
import { startInstance } from './instance.ts';

export interface FunctionHostOptions {
  /** The folder of `package.json`, `host.json` and the built files. */
  readonly appDir: string;
  /** 0: any free one. */
  readonly port: number;
  readonly instances?: number;
  /** On top of this process's environment. */
  readonly env?: Record<string, string>;
  readonly onLog?: (line: string) => void;
}

export interface FunctionHost {
  /** `http://127.0.0.1:{port}`, no trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Of the instances, in their order; timers run in the first. */
  readonly pids: readonly number[];
  /** What their starts took, in the same order. */
  readonly loading: readonly LoadTimes[];
  /** Lets what runs finish within the drain bound, then ends every process. */
  stop(): Promise<void>;
}

/** Rejects with an Error whose message is the one clear line; then no process is left. */
export async function startFunctionHost(options: FunctionHostOptions): Promise<FunctionHost> {
  const { appDir, port, instances: count = 1, env = {}, onLog = () => undefined } = options;
  if (!Number.isInteger(count) || count < 1) throw new Error('instances must be a whole number of 1 or more');
  const isBehindFront = count > 1;

  const starts = Array.from({ length: count }, (_, index) =>
    startInstance({ appDir, port: isBehindFront ? 0 : port, index, isBehindFront, env, onLog: prefix(index, onLog) }),
  );
  const settled = await Promise.allSettled(starts);
  const instances = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stopAll = () => Promise.all(instances.map((instance) => instance.stop()));
  let front: Front | undefined;
  try {
    for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
    front = isBehindFront ? await startFront(port, instances, onLog) : undefined;
  } catch (error) {
    await stopAll();
    throw error;
  }

  const openPort = front?.port ?? instances[0]?.port ?? port;
  return {
    url: `http://127.0.0.1:${openPort}`,
    port: openPort,
    pids: instances.map((instance) => instance.pid),
    loading: instances.map((instance) => instance.loading),
    stop: async () => {
      const drained = front?.drain();
      await stopAll();
      front?.close();
      await drained;
    },
  };

  function prefix(index: number, log: (line: string) => void): (line: string) => void {
    return isBehindFront ? (line) => log(`[${index}] ${line}`) : log;
  }
}
