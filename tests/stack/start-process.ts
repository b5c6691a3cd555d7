/**
 * `npm start` and `npm run stand-ins` as a test sees them: a process with arguments, its lines, the processes below it, and
 * its end.
 */
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const local = new URL('../../infra/local/', import.meta.url);
const deadlineMs = 30_000;

export interface StartProcess {
  readonly pid: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** What the ready line says, the gateway's URL of `npm start`; rejects with stderr when the process ends instead. */
  ready(): Promise<string>;
  /** Exit code, or the signal's name. */
  ended(): Promise<number | NodeJS.Signals | null>;
  signal(name: NodeJS.Signals): void;
  /** Process ids below it now, grandchildren included. */
  descendants(): Promise<number[]>;
}

export function runStart(...args: string[]): StartProcess {
  return runScript('start.ts', args);
}

/** `npm run stand-ins`. */
export function runStandIns(...args: string[]): StartProcess {
  return runScript('func-start/main.ts', args);
}

function runScript(name: string, args: readonly string[]): StartProcess {
  const script = fileURLToPath(new URL(name, local));
  return watch(spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** The same by its npm script, as people run it; the process is npm's. */
export function runNpmStart(...args: string[]): StartProcess {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return watch(spawn('npm', ['start', '--silent', '--', ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] }));
}

function watch(child: ChildProcessByStdio<null, Readable, Readable>): StartProcess {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const becameReady = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(line);
    if (line.startsWith('ready ')) becameReady.resolve(line.slice('ready '.length));
  });
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  const closed = once(child, 'close').then(() => {
    becameReady.reject(new Error(`ended before it was ready: ${stderr.join('\n')}`));
    return child.exitCode ?? child.signalCode;
  });
  becameReady.promise.catch(() => undefined);
  const { pid } = child;
  if (pid === undefined) throw new Error('did not start');
  return {
    pid,
    stdout,
    stderr,
    ready: () => withDeadline(becameReady.promise, 'ready'),
    ended: () => withDeadline(closed, 'its end'),
    signal: (name) => void child.kill(name),
    descendants: () => listDescendants(pid),
  };
}

/** Waits until none of the processes runs any more; the ids of those that still do after `withinMs`. */
export async function survivors(pids: readonly number[], withinMs: number): Promise<number[]> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const running = new Set((await listProcesses()).map(({ pid }) => pid));
    const left = pids.filter((pid) => running.has(pid));
    if (left.length === 0 || performance.now() >= untilMs) return left;
    await sleep(50);
  }
}

async function listDescendants(root: number): Promise<number[]> {
  const processes = await listProcesses();
  const below = (parent: number): number[] =>
    processes.flatMap(({ pid, parentPid }) => (parentPid === parent ? [pid, ...below(pid)] : []));
  return below(root);
}

/** All but zombies: those have ended, and wait for a parent that may be slow to look. */
async function listProcesses(): Promise<{ readonly pid: number; readonly parentPid: number }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, parentPid]) => ({ pid: Number(pid), parentPid: Number(parentPid) }));
}

async function withDeadline<T>(promise: Promise<T>, what: string): Promise<T> {
  const tooLate = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(deadlineMs, undefined, { signal: tooLate.signal }).then(() => {
        throw new Error(`waited ${deadlineMs} ms for ${what}`);
      }),
    ]);
  } finally {
    tooLate.abort();
  }
}
