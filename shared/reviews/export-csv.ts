/**
 * A review as CSV (RFC 4180): a row for each person and tool, one for each person without. Names and reasons are whoever
 * wrote them, and a spreadsheet runs what begins like a formula: such a cell gets an apostrophe before it (OWASP, CSV
 * injection), wherever whitespace or quotes try to hide its beginning.
 */

import type { Exposure } from '../masking/masker.ts';
import { decisionsThatCount } from './digest.ts';
import { CALL_STATUSES, personKey, type ReportPerson, type ReviewReport, type ToolDeeds } from './report.ts';
import type { ReviewDecision } from './review.ts';

const COLUMNS = [
  'server',
  'since',
  'until',
  'answer',
  'seal',
  'kind',
  'id',
  'name',
  'guest',
  'standing',
  'groups',
  'could',
  'duties',
  'blocked',
  'tool',
  'calls',
  ...CALL_STATUSES,
  'first',
  'last',
  'agents',
  'justifications',
  'exposure',
  'decision',
  'reason',
  'decidedBy',
  'decidedAt',
] as const;

type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** Lines end with CR LF, the last one too. `decisions`: of the review, in order. */
export function toCsv(report: ReviewReport, decisions: readonly ReviewDecision[] = []): string {
  const counting = decisionsThatCount(decisions);
  const rows = report.people.flatMap((person) => {
    const facts = personCells(report, person, counting.get(personKey(person.principal)));
    const tools: readonly (ToolDeeds | undefined)[] = person.did?.tools.length ? person.did.tools : [undefined];
    return tools.map((tool): Row => ({ ...facts, ...toolCells(tool) }));
  });
  return [[...COLUMNS], ...rows.map((row) => COLUMNS.map((column) => row[column]))]
    .map((cells) => `${cells.map(cell).join(',')}\r\n`)
    .join('');
}

function personCells(
  { server, since, until, answer, proof }: ReviewReport,
  { principal, standing, groups, could, duties, isBlocked, did }: ReportPerson,
  decision: ReviewDecision | undefined,
) {
  return {
    server,
    since,
    until,
    answer: answer.kind,
    seal: proof.seal === undefined ? '' : String(proof.seal.number),
    kind: principal.kind,
    id: principal.id,
    name: principal.name ?? '',
    guest: yesOrNo(principal.guest),
    standing,
    groups: groups.join(' '),
    could: could.join(' '),
    duties: duties.join(' '),
    blocked: yesOrNo(isBlocked),
    agents: (did?.agents ?? []).map(({ id, name, calls }) => `${name ?? id} (${calls})`).join('; '),
    justifications: (did?.justifications ?? [])
      .map(({ text, tool, count }) => `${tool}: ${text} (${count})`)
      .join('; '),
    exposure: (did?.exposure ?? []).map(describeExposure).join('; '),
    decision: decision?.verdict ?? '',
    reason: decision?.reason ?? '',
    decidedBy: decision?.by.name ?? decision?.by.id ?? '',
    decidedAt: decision === undefined ? '' : new Date(decision.decidedMs).toISOString(),
  };
}

function toolCells(tool: ToolDeeds | undefined) {
  const statuses = Object.fromEntries(CALL_STATUSES.map((status) => [status, numberOf(tool?.statuses[status])]));
  return {
    // Each status has a column of its own name.
    ...(statuses as Record<(typeof CALL_STATUSES)[number], string>),
    tool: tool?.tool ?? '',
    calls: numberOf(tool?.calls),
    first: tool?.first ?? '',
    last: tool?.last ?? '',
  };
}

function describeExposure({ class: name, outcome, count }: Exposure): string {
  return `${name} ${outcome} ${count}`;
}

function numberOf(count: number | undefined): string {
  return String(count ?? 0);
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** What some spreadsheet takes for the beginning of a formula, its full-width forms too. */
const FORMULA = /^["'\s\p{C}]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n\t']/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
