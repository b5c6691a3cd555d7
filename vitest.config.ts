/**
 * Fast tests first: `unit` needs nothing but the source; `stack` drives the built app, Azurite and the stand-ins
 * over the wire, one file at a time on two cores, because each starts processes of its own.
 */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Hundreds of processes are started, and all of them read the same sources.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '.local/compile-cache');

/** Real totals for `.ci/run`, which prints them as its last line. */
const ciReporters = process.env.CI
  ? { reporters: ['default', 'json'], outputFile: { json: '.local/test-report.json' } }
  : {};

export default defineConfig({
  test: {
    ...ciReporters,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/{unit,properties,infra}/**/*.test.ts'],
          testTimeout: 20_000,
          // Both cores: by default one is left to whoever watches.
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'stack',
          include: ['tests/{stack,flows,adversarial,browser}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
