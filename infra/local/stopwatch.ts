/**
 * How long each step of a start took, for the line that says so and for whoever wants it shorter.
 */
export interface Stopwatch {
  /** By name, in the order in which the steps ended; milliseconds. Steps may overlap. */
  readonly timings: Readonly<Record<string, number>>;
  measure<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function createStopwatch(): Stopwatch {
  const timings: Record<string, number> = {};
  return {
    timings,
    async measure(name, work) {
      const startedMs = performance.now();
      const done = await work();
      timings[name] = Math.round(performance.now() - startedMs);
      return done;
    },
  };
}
