/**
 * When somebody wants this process to stop: SIGINT, SIGTERM, or the end of the npm that ran it. npm hands on what the
 * terminal sends to all, but not a SIGTERM of its own: it just ends, and what it ran would stay behind.
 */
const parentCheckMs = 500;

/** Resolves at the first request; `heard` is told of each, and how many there were. */
export function waitForStopRequest(heard: (count: number) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;

  function request(): void {
    count += 1;
    heard(count);
    resolve();
  }

  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, request);
  if (process.env.npm_lifecycle_event !== undefined) whenParentEnds(request);
  return promise;
}

function whenParentEnds(ended: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, parentCheckMs);
  timer.unref();
}
