/** The sweep for people: a table by stage and kind, what was violated and how to see it again, and the last line. */
import { describeCase, KINDS, STAGES } from './fault.ts';
import type { Done, Swept } from './run-sweep.ts';

const CELL = 14;

export function formatTable({ calls, cases }: Swept): string {
  const header = ['stage', 'calls', ...KINDS, 'left unknown'].map((name) => name.padEnd(CELL)).join('');
  const rows = STAGES.map((stage) => {
    const made = calls.filter((call) => call.stage === stage).length;
    const cells = KINDS.map((kind) => {
      const here = cases.filter(({ planned }) => planned.call.stage === stage && planned.kind === kind);
      const bad = here.filter(({ result }) => result.violations.length > 0).length;
      return bad === 0 ? `${here.length} ok` : `${bad} of ${here.length} BAD`;
    });
    const unknown = cases.filter(({ planned, result }) => planned.call.stage === stage && /unknown/.test(result.ended));
    return [stage, String(made), ...cells, String(unknown.length)].map((cell) => cell.padEnd(CELL)).join('');
  });
  return [header, ...rows].map((line) => line.trimEnd()).join('\n');
}

export function formatEnds({ cases }: Swept): string {
  const ends = new Map<string, number>();
  for (const { result } of cases) ends.set(result.ended, (ends.get(result.ended) ?? 0) + 1);
  return [...ends].map(([ended, count]) => `${count} ${ended}`).join(', ');
}

export function formatTranscripts({ transcripts: { segments, faults } }: Swept): string {
  return faults.length === 0
    ? `transcripts: ${segments} segments, all of them verify`
    : `transcripts: ${faults.length} of ${segments} segments do not verify:\n${faults.join('\n')}`;
}

export function formatViolations({ number, planned, result }: Done): string {
  const lines = result.violations.map(({ invariant, detail }) => `  ${invariant}: ${detail}`);
  return [`case ${number}: ${describeCase(planned)}; ended ${result.ended}, ran ${result.executions}×`, ...lines].join(
    '\n',
  );
}

export function formatTotal({ calls, cases }: Swept): string {
  const bad = cases.filter(({ result }) => result.violations.length > 0).length;
  const each = cases.length / Math.max(1, calls.length);
  const whole = Number.isInteger(each) && each > 0 ? `${each}n = ` : '';
  return `n = ${calls.length} calls, ${whole}${cases.length} cases, ${bad} violations`;
}
