/** What the checks found, for a terminal and for a program. Names are cleaned here: some come from a gateway or a file. */
import { visibleJson, visibleLine } from '../pins/visible-text.ts';
import { count, type Finding } from './check.ts';

const MOST_NAME_COLUMNS = 28;
/** What a gateway says of itself may have any length. */
const MOST_CHARACTERS = 400;

/** A line each; under all but the well ones, what to do. */
export function formatFindings(findings: readonly Finding[]): string {
  const names = findings.map(({ name }) => visibleLine(name));
  const width = Math.min(MOST_NAME_COLUMNS, Math.max(0, ...names.map(({ length }) => length)));
  const lines = findings.flatMap((finding, index) => {
    const head = `${finding.status.padEnd(4)}  ${(names[index] ?? '').padEnd(width)}  ${shorten(visibleLine(finding.detail))}`;
    return finding.status === 'ok' ? [head] : [head, `${' '.repeat(width + 8)}→ ${visibleLine(finding.advice)}`];
  });
  return [...lines, '', formatTotals(findings)].join('\n');
}

function shorten(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** The machine form. Stable; may gain keys. */
export function findingsToJson(findings: readonly Finding[]): string {
  const { ok, warn, fail } = totalsOf(findings);
  return visibleJson({ ok: fail === 0, totals: { ok, warn, fail }, findings });
}

function formatTotals(findings: readonly Finding[]): string {
  const { ok, warn, fail } = totalsOf(findings);
  return `${count(findings.length, 'line')}: ${ok} ok, ${warn} warn, ${fail} fail`;
}

function totalsOf(findings: readonly Finding[]): Record<Finding['status'], number> {
  const of = (wanted: Finding['status']) => findings.filter(({ status }) => status === wanted).length;
  return { ok: of('ok'), warn: of('warn'), fail: of('fail') };
}
