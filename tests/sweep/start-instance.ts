/** The parent's side of one instance: started, told the time, told to sweep, killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

export interface Instance {
  /** `http://127.0.0.1:{port}`, no trailing slash. */
  readonly url: string;
  /** False from the moment it is killed, or ends by itself. */
  readonly isAlive: () => boolean;
  setClock(aheadMs: number): Promise<void>;
  /** What the timer does. Rejects when the sweep does. */
  sweep(): Promise<void>;
  /** SIGKILL, now: nothing of it runs after this returns but what the kernel has left. */
  kill(): void;
  readonly ended: Promise<unknown>;
}

const answerSchema = z.union([
  z.object({ kind: z.literal('ready'), port: z.int() }),
  z.object({ kind: z.literal('obeyed') }),
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);
type Answer = z.infer<typeof answerSchema>;

/** Of what an instance printed that did not start. */
const PRINTED_LINES = 20;

/** Rejects when it ends before it is ready. `script`: of `bundleInstance`; `log` gets what it prints, line by line. */
export async function startInstance(
  script: string,
  env: Readonly<Record<string, string>>,
  log: (line: string) => void,
): Promise<Instance> {
  const child = fork(script, [], {
    env: { ...process.env, NODE_COMPILE_CACHE: dirname(script), ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let isKilled = false;
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      printed.push(line);
      log(line);
    });
  }
  const ended = once(child, 'exit');
  const ready = await answerOf(child).catch((cause: unknown) => {
    throw new Error(`the instance did not start:\n${printed.slice(-PRINTED_LINES).join('\n')}`, { cause });
  });
  if (ready.kind !== 'ready') throw new Error('the instance is not ready');

  async function order(message: object): Promise<void> {
    const answered = answerOf(child);
    child.send(message);
    const answer = await answered;
    if (answer.kind === 'failed') throw new Error(answer.reason);
  }

  return {
    url: `http://127.0.0.1:${ready.port}`,
    isAlive: () => !isKilled && child.exitCode === null && child.signalCode === null,
    setClock: (aheadMs) => order({ kind: 'clock', aheadMs }),
    sweep: () => order({ kind: 'sweep' }),
    kill() {
      isKilled = true;
      child.kill('SIGKILL');
    },
    ended,
  };
}

/** One order at a time, so the next answer is this one's. */
function answerOf(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error('the instance ended'));
    child.once('exit', end);
    child.once('message', (message) => {
      child.off('exit', end);
      const answer = answerSchema.safeParse(message);
      if (answer.success) resolve(answer.data);
      else reject(new Error('the instance said something else'));
    });
  });
}
