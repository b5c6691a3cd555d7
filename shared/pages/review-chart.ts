/**
 * A review as drawings that the server makes: what was found by class and what became of it, and who called which tool.
 * SVG with attributes and classes alone, since the Content-Security-Policy allows no style in a page; each drawing has its
 * words, in the drawing and as a table beside it. Narrow enough to be read on a phone at its own size.
 */
import { html } from 'hono/html';
import type { Exposure, FindingOutcome } from '../masking/masker.ts';
import { nameOf } from '../reviews/make-report.ts';
import type { ReportPerson, ReviewReport } from '../reviews/report.ts';
import { type Html, visibleLine } from './visible-text.ts';

const WIDTH = 360;
const BAR_ROW = 48;
const MOST_CLASSES = 12;
const MOST_ROWS = 12;
const MOST_COLUMNS = 7;
const OUTCOMES = ['revealed', 'uninspected', 'withheld', 'masked'] as const satisfies readonly FindingOutcome[];

export function exposureChart({ exposure }: ReviewReport): Html {
  const classes = byClass(exposure);
  if (classes.length === 0) return html`<p class="quiet">No sensitive data was found in what was delivered.</p>`;
  const shown = classes.slice(0, MOST_CLASSES);
  const most = Math.max(...shown.map(({ total }) => total));
  const height = shown.length * BAR_ROW;
  const words = shown.map((one) => `${plain(one.name)}: ${wordsOf(one)}`).join('; ');
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="bars-title bars-desc">
<title id="bars-title">Values found by class, and what became of them</title>
<desc id="bars-desc">${words}</desc>
${shown.map((one, n) => bar(one, n * BAR_ROW, most))}</svg>
${table(
  'Values by class',
  ['Class', ...OUTCOMES],
  classes.map((one) => [visibleLine(one.name), ...OUTCOMES.map((outcome) => number(one.counts[outcome]))]),
)}`;
}

interface ClassCounts {
  readonly name: string;
  readonly total: number;
  readonly counts: Readonly<Record<FindingOutcome, number>>;
}

function byClass(exposure: readonly Exposure[]): readonly ClassCounts[] {
  const names = [...new Set(exposure.map(({ class: name }) => name))];
  const classes = names.map((name): ClassCounts => {
    const of = (outcome: FindingOutcome): number =>
      exposure.reduce((sum, each) => sum + (each.class === name && each.outcome === outcome ? each.count : 0), 0);
    const counts = {
      masked: of('masked'),
      revealed: of('revealed'),
      uninspected: of('uninspected'),
      withheld: of('withheld'),
    };
    return { name, counts, total: OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0) };
  });
  return classes
    .filter(({ total }) => total > 0)
    .sort((left, right) => right.counts.revealed - left.counts.revealed || right.total - left.total);
}

function wordsOf({ counts }: ClassCounts): string {
  return OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${number(counts[outcome])} ${outcome}`)
    .join(', ');
}

function bar(one: ClassCounts, top: number, most: number): Html {
  let left = 0;
  const parts = OUTCOMES.flatMap((outcome) => {
    const count = one.counts[outcome];
    if (count === 0) return [];
    // Never so thin that it can't be seen: one value in clear among thousands is what matters.
    const width = Math.max(4, Math.round((count / most) * (WIDTH - 16)));
    const part = html`<rect class="part-${outcome}" x="${left}" y="${top + 22}" width="${width}" height="12" rx="2"/>`;
    left += width + 2;
    return [part];
  });
  return html`<g><text class="label" x="0" y="${top + 14}">${short(one.name, 22)}</text>
<text class="words" x="${WIDTH}" y="${top + 14}" text-anchor="end">${wordsOf(one)}</text>${parts}</g>
`;
}

export function peopleChart({ people }: ReviewReport): Html {
  const callers = people.filter((person) => (person.did?.calls ?? 0) > 0);
  if (callers.length === 0) return html`<p class="quiet">Nobody called anything in this period.</p>`;
  const tools = busiestTools(callers);
  const shownTools = tools.slice(0, MOST_COLUMNS);
  const rows = callers.toSorted((left, right) => (right.did?.calls ?? 0) - (left.did?.calls ?? 0)).slice(0, MOST_ROWS);
  const most = Math.max(...rows.flatMap((person) => shownTools.map((tool) => callsOf(person, tool))));
  const left = 122;
  const cell = Math.floor((WIDTH - left) / Math.max(shownTools.length, 4));
  const top = 96;
  const height = top + rows.length * 32;
  const rest = callers.length > rows.length || tools.length > shownTools.length;
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="grid-title grid-desc">
<title id="grid-title">Calls by person and tool</title>
<desc id="grid-desc">${rows.map((person) => `${plain(nameOf(person.principal))}: ${number(person.did?.calls ?? 0)} calls`).join('; ')}</desc>
${shownTools.map((tool, n) => html`<text class="words" transform="translate(${left + n * cell + cell / 2 + 3} ${top - 8}) rotate(52)" text-anchor="end">${short(tool, 17)}</text>`)}
${rows.map((person, row) => gridRow(person, { tools: shownTools, most, left, cell, top: top + row * 32 }))}</svg>
${rest && html`<p class="quiet small">The busiest people and tools; the table has more.</p>`}
${table(
  'Calls by person and tool',
  ['Person', ...shownTools, 'All'],
  callers
    .slice(0, 50)
    .map((person) => [
      visibleLine(nameOf(person.principal)),
      ...shownTools.map((tool) => number(callsOf(person, tool))),
      number(person.did?.calls ?? 0),
    ]),
)}`;
}

interface GridRow {
  readonly tools: readonly string[];
  readonly most: number;
  readonly left: number;
  readonly cell: number;
  readonly top: number;
}

function gridRow(person: ReportPerson, { tools, most, left, cell, top }: GridRow): Html {
  return html`<g><text class="label" x="0" y="${top + 19}">${short(nameOf(person.principal).split('@', 1)[0] ?? '', 16)}</text>
${tools.map((tool, n) => {
  const calls = callsOf(person, tool);
  const level = calls === 0 ? 0 : Math.max(1, Math.ceil((Math.log1p(calls) / Math.log1p(most)) * 5));
  return html`<rect class="heat heat-${level}" x="${left + n * cell}" y="${top}" width="${cell - 3}" height="28" rx="4"/>${calls > 0 && html`<text class="words" x="${left + n * cell + (cell - 3) / 2}" y="${top + 19}" text-anchor="middle">${compact(calls)}</text>`}`;
})}</g>
`;
}

function busiestTools(people: readonly ReportPerson[]): readonly string[] {
  const sums = new Map<string, number>();
  for (const { did } of people)
    for (const { tool, calls } of did?.tools ?? []) sums.set(tool, (sums.get(tool) ?? 0) + calls);
  return [...sums].sort(([, left], [, right]) => right - left).map(([tool]) => tool);
}

function callsOf({ did }: ReportPerson, tool: string): number {
  return did?.tools.find((each) => each.tool === tool)?.calls ?? 0;
}

function table(caption: string, head: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  return html`<details><summary>As a table</summary><div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<thead><tr>${head.map((text) => html`<th scope="col">${visibleLine(text)}</th>`)}</tr></thead>
<tbody>${rows.map(([first = '', ...cells]) => html`<tr><th scope="row">${first}</th>${cells.map((text) => html`<td>${text}</td>`)}</tr>\n`)}</tbody></table></div></details>`;
}

/** An SVG's text takes no `bdi`: what could reorder or hide stands as a question mark. The table has it in full. */
function short(text: string, characters: number): string {
  const points = [...plain(text)];
  return points.length <= characters ? points.join('') : `${points.slice(0, characters - 1).join('')}…`;
}

function plain(text: string): string {
  return text.replace(/[\p{C}\p{Default_Ignorable_Code_Point}\p{Z}]/gu, (unit) => (unit === ' ' ? ' ' : '?'));
}

function number(count: number): string {
  return count.toLocaleString('en-GB');
}

function compact(count: number): string {
  return count < 1_000 ? String(count) : new Intl.NumberFormat('en-GB', { notation: 'compact' }).format(count);
}
