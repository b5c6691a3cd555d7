/**
 * Notices that a child process of this one has ended when nobody asked it to. Only for children: Node reaps them, so a
 * pid that answers is still the same process.
 */
const intervalMs = 200;

export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
}

/** Resolves with the first that is gone; never, once `signal` is aborted. It keeps no process alive. */
export function waitForLoss(processes: readonly WatchedProcess[], signal: AbortSignal): Promise<WatchedProcess> {
  const { promise, resolve } = Promise.withResolvers<WatchedProcess>();
  const timer = setInterval(() => {
    const lost = processes.find(({ pid }) => !send(pid, 0));
    if (lost === undefined) return;
    clearInterval(timer);
    resolve(lost);
  }, intervalMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return promise;
}

export function killAll(processes: readonly WatchedProcess[]): void {
  for (const { pid } of processes) send(pid, 'SIGKILL');
}

/** False when there is no such process any more. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
