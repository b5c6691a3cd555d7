/**
 * Tells of trouble that lasts without filling the log: the same words at most once a minute. A Service Bus that is down
 * is reported by every receiver at every try.
 */
const QUIET_MS = 60_000;

export function createTroubleLog(log: (line: string) => void, nowMs = Date.now): (trouble: unknown) => void {
  const saidMs = new Map<string, number>();
  return (trouble) => {
    const line = describe(trouble);
    const now = nowMs();
    if (now - (saidMs.get(line) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    // Words with a number or an address in them would otherwise be kept for ever.
    saidMs.clear();
    saidMs.set(line, now);
    log(line);
  };
}

/** Retries end in a bag of the same error. */
function describe(trouble: unknown): string {
  if (trouble instanceof AggregateError && trouble.errors.length > 0) return describe(trouble.errors.at(-1));
  return String(trouble);
}
