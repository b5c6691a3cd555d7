/**
 * `npm run sweep [-- --only KIND] [--case N] [--both] [--parallel N] [--json FILE] [--verbose]`: every storage, queue,
 * vault, Graph and upstream call on the path of a held call, struck in every way (fault.ts says which), each followed by a
 * recovery on a fresh instance and a look at everything that must be true then. Exit 1 when anything is not.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { bundleInstance } from './bundle-instance.ts';
import { describeCase, KINDS } from './fault.ts';
import { formatEnds, formatTable, formatTotal, formatTranscripts, formatViolations } from './report.ts';
import { hasFailed, runSweep } from './run-sweep.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    case: { type: 'string' },
    both: { type: 'boolean', default: false },
    parallel: { type: 'string', default: '4' },
    json: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const kinds = KINDS.filter((kind) => values.only === undefined || kind === values.only);
if (kinds.length === 0) throw new Error(`--only takes one of ${KINDS.join(', ')}`);
const only = values.case === undefined ? undefined : Number(values.case);
const lanes = only === undefined ? Number(values.parallel) : 1;
const startedMs = performance.now();
const bundle = await bundleInstance();
try {
  const swept = await runSweep({
    script: bundle.script,
    lanes,
    kinds,
    bothWays: values.both,
    isWanted: (_, number) => only === undefined || number === only,
    onCase(done, of) {
      const { number, planned, result } = done;
      const isBad = result.violations.length > 0;
      if (isBad) console.log(formatViolations(done));
      if (values.verbose || only !== undefined) {
        console.log(`${number} (of ${of}) ${describeCase(planned)}: ${result.ended}, ${result.durationMs} ms`);
      }
      if (only !== undefined) console.log(result.log.join('\n'));
    },
  });
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify({ seconds, ...swept }, undefined, 1)}\n`);
  console.log(`\n${formatTable(swept)}\n\nended: ${formatEnds(swept)}; ${seconds} s in ${lanes} lanes`);
  console.log(formatTranscripts(swept));
  console.log(formatTotal(swept));
  process.exitCode = hasFailed(swept) ? 1 : 0;
} finally {
  await bundle.remove();
}
