/** The report as tables for a terminal: a suite each, scenario by scenario, then what falls short and why. */
import { addCounts, type Counts, type ScenarioRow } from './compare.ts';

export interface SuiteReport {
  readonly name: string;
  readonly rows: readonly ScenarioRow[];
  /** Why the suite runs a scenario without counting it, by scenario. */
  readonly unscored: ReadonlyMap<string, string>;
}

/** A reason can hold a whole message. */
const reasonMost = 240;

export function formatSuite({ name, rows, unscored }: SuiteReport): string {
  const width = Math.max(...rows.map(({ scenario }) => scenario.length));
  const line = (title: string, direct: string, through: string, note: string) =>
    `  ${title.padEnd(width)}  ${direct.padStart(9)}  ${through.padStart(9)}  ${note}`.trimEnd();
  const total = [addCounts(rows.map(({ direct }) => direct)), addCounts(rows.map(({ through }) => through))];
  const [direct, through] = total.map(formatCounts);
  return [
    '',
    name,
    line('scenario', 'direct', 'through', ''),
    ...rows.map((row) => line(row.scenario, formatCounts(row.direct), formatCounts(row.through), note(row, unscored))),
    line('total', direct ?? '', through ?? '', ''),
    ...formatFindings(rows),
  ].join('\n');
}

function note({ scenario, shortfalls }: ScenarioRow, unscored: ReadonlyMap<string, string>): string {
  const reason = unscored.get(scenario);
  const notes = [
    ...(shortfalls.length > 0 ? ['SHORT'] : []),
    ...(reason === undefined ? [] : [`not scored: ${reason}`]),
  ];
  return notes.join(', ');
}

function formatFindings(rows: readonly ScenarioRow[]): string[] {
  return rows.flatMap(({ scenario, direct, failures, shortfalls }) => {
    const where = direct === undefined ? 'through' : 'directly';
    return [
      ...failures.map(({ check, reason }) => `  - ${scenario} / ${check} fails ${where}: ${shorten(reason)}`),
      ...shortfalls.map(({ check, reason }) => `  - ${scenario} / ${check} falls short: ${shorten(reason)}`),
    ];
  });
}

/** passed/failed, and warnings where there are any; a dash for what did not run. */
function formatCounts(counts: Counts | undefined): string {
  if (counts === undefined) return '–';
  const { passed, failed, warnings } = counts;
  return `${passed}/${failed}${warnings > 0 ? ` ${warnings}w` : ''}`;
}

function shorten(reason: string): string {
  const text = reason.replace(/\s+/g, ' ');
  return text.length > reasonMost ? `${text.slice(0, reasonMost)}…` : text;
}
