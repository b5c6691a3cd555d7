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
    const lost = processes.find(({ pid }) => !isAlive(pid));
    if (lost === undefined) return;
    clearInterval(timer);
    resolve(lost);
  }, intervalMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return promise;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it is there, and somebody else's.
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
}
