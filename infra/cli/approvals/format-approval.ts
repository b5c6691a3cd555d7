/**
 * Held calls as text for a terminal: everything that a decision needs, in an order that can be read. What came with the
 * call is somebody else's text: each line of it is set apart, and what a terminal would obey or hide is written out.
 */
import type { z } from 'zod';
import type {
  approvalListSchema,
  approvalSchema,
  approvalSummarySchema,
} from '../../../shared/api/routes/approval-schemas.ts';
import { visibleLine, visibleText } from '../pins/visible-text.ts';

export type Approval = z.output<typeof approvalSchema>;
export type ApprovalSummary = z.output<typeof approvalSummarySchema>;

/** `nowMs`: to say how long there is still time. */
export function formatList({ approvals, total }: z.output<typeof approvalListSchema>, nowMs: number): string {
  if (approvals.length === 0) return 'nothing waits for you';
  const rows = approvals.map((approval) => [
    visibleLine(approval.code),
    formatCall(approval),
    `by ${formatName(approval.requester)}`,
    `through ${formatName(approval.agent)}`,
    formatTimeLeft(approval.expiresAt, nowMs),
  ]);
  return [...alignColumns(rows), ...formatRest(total - approvals.length)].join('\n');
}

/** Each with its id, by which it is resolved: a short code names open requests only. */
export function formatAttention({ approvals, total }: z.output<typeof approvalListSchema>): string {
  if (approvals.length === 0) return 'nothing needs you';
  const rows = approvals.map((approval) => [
    visibleLine(approval.id),
    formatCall(approval),
    `by ${formatName(approval.requester)}`,
    visibleLine(approval.state),
    visibleLine(approval.attention ?? ''),
  ]);
  return [...alignColumns(rows), ...formatRest(total - approvals.length)].join('\n');
}

export function formatApproval(approval: Approval, nowMs: number): string {
  const { reasons, policies, justification, decisions, endReason } = approval;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['call', formatCall(approval)],
    ['state', `${approval.state}${endReason === undefined ? '' : ` (${visibleLine(endReason)})`}`],
    ['attention', approval.attention],
    ['requester', `${approval.requester.kind} ${formatNamed(approval.requester)}`],
    ['agent', formatNamed(approval.agent)],
    ['asked', approval.createdAt],
    ['expires', `${approval.expiresAt}, ${formatTimeLeft(approval.expiresAt, nowMs)}`],
    ['ended', approval.endedAt],
    ['held because', reasons.length === 0 ? undefined : reasons.join(' ')],
    ['by policies', policies.length === 0 ? undefined : policies.join(', ')],
    ['still needs', formatNeeds(approval.needs)],
    ['you', approval.mayDecide ? 'may decide it' : `may not decide it: ${approval.whyNot ?? 'no reason given'}`],
    ['id', approval.id],
  ];
  const lines = facts.flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${name.padEnd(14)}${visibleLine(text)}`],
  );
  return [
    visibleLine(approval.code),
    ...lines,
    '',
    'Arguments, masked:',
    setApart(JSON.stringify(approval.arguments, null, 2) ?? 'none'),
    ...(justification === undefined
      ? []
      : ['', 'Justification, in the agent’s own words, verified by nobody:', setApart(justification)]),
    ...(decisions.length === 0 ? [] : ['', 'Decisions:', ...decisions.map(formatDecision)]),
  ].join('\n');
}

function formatRest(left: number): readonly string[] {
  return left > 0 ? [`and ${left} more (--limit)`] : [];
}

function formatDecision({
  person,
  verdict,
  reason,
  channel,
  decidedAt,
  counts,
}: Approval['decisions'][number]): string {
  const said = `  ${verdict} by ${formatNamed(person)} through ${channel} at ${decidedAt}`;
  const words = reason === '' ? '' : `\n${setApart(reason)}`;
  return `${visibleLine(said)}${counts ? '' : ' (does not count)'}${words}`;
}

function formatNeeds(needs: Approval['needs']): string | undefined {
  if (needs.length === 0) return undefined;
  return needs
    .map(({ quorum, from }) => `${quorum} (${from.map(({ group, people }) => `${people} of ${group}`).join(', ')})`)
    .join(' and ');
}

function formatCall({ server, tool }: ApprovalSummary): string {
  return visibleLine(`${server}/${tool}`);
}

function formatName({ id, name }: ApprovalSummary['agent']): string {
  return visibleLine(name ?? id);
}

/** A name is what somebody chose to be called: the id stands beside it. */
function formatNamed({ id, name }: ApprovalSummary['agent']): string {
  return name === undefined ? id : `${name} (${id})`;
}

function formatTimeLeft(expiresAt: string, nowMs: number): string {
  const minutes = Math.floor((Date.parse(expiresAt) - nowMs) / 60_000);
  if (minutes < 0) return 'over';
  return minutes < 120 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h left`;
}

/** No line of it can pass for one of ours. */
function setApart(text: string): string {
  return visibleText(text)
    .split('\n')
    .map((line) => `  | ${line}`)
    .join('\n');
}

function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
}
