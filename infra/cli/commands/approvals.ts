/**
 * `sallyport approvals`: what waits for whoever is signed in, and their answer, over the gateway's API; and for operators
 * what needs a person. It decides nothing by itself: a decision carries the evidence of what was shown, and the gateway
 * judges it.
 */
import type { Command } from 'commander';
import type { z } from 'zod';
import {
  approvalListSchema,
  approvalSchema,
  decisionTakenSchema,
  resolvedSchema,
} from '../../../shared/api/routes/approval-schemas.ts';
import { parseApprovalId } from '../../../shared/approvals/approval-store.ts';
import { REASON_CHARACTERS } from '../../../shared/approvals/inbox.ts';
import type { ApiClient } from '../api-client.ts';
import { type ApiFlags, openApi, withApiFlags } from '../api-flags.ts';
import { type Approval, formatApproval, formatAttention, formatList } from '../approvals/format-approval.ts';
import { confirm } from '../confirm.ts';
import { CommandFailure, CommandRefusal, describeExitCodes } from '../outcome.ts';
import { visibleJson, visibleLine } from '../pins/visible-text.ts';

interface ListFlags extends ApiFlags {
  readonly limit: string;
}

interface ResolveFlags extends ApiFlags {
  readonly as: string;
  readonly reason: string;
}

interface DecideFlags extends ApiFlags {
  readonly reason?: string;
  readonly yes?: boolean;
}

const REFUSED =
  'the gateway said no: not there or not for you, decided or changed meanwhile, or not the one you may decide';

const NOT_RESOLVED = 'the gateway said no: not there, not for you, your own, or not unknown (any more)';

export function addApprovalsCommand(program: Command): void {
  const approvals = program
    .command('approvals')
    .description('see the calls that wait for you, and approve or deny them')
    .helpCommand(false);

  withApiFlags(approvals.command('list'))
    .description('the calls that wait for your decision, oldest first')
    .option('--limit <n>', 'at most so many', '50')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((flags: ListFlags) => list(flags));

  withApiFlags(approvals.command('show <approval>'))
    .description('one call with everything that a decision needs; by its short code or its id')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((approval: string, flags: ApiFlags) => show(approval, flags));

  withApiFlags(approvals.command('approve <approval>'))
    .description('show the call, then approve what was shown; at a terminal it asks first')
    .option('--reason <text>', 'why, for the transcript')
    .option('--yes', 'do not ask')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((approval: string, flags: DecideFlags) => decide('approve', approval, flags));

  withApiFlags(approvals.command('deny <approval>'))
    .description('show the call, then deny it; one denial ends it')
    .requiredOption('--reason <text>', 'why, for the transcript')
    .option('--yes', 'do not ask')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((approval: string, flags: DecideFlags) => decide('deny', approval, flags));

  withApiFlags(approvals.command('attention'))
    .description('what needs a person, on the servers that you administer or audit, oldest first')
    .option('--limit <n>', 'at most so many', '50')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((flags: ListFlags) => attention(flags));

  withApiFlags(approvals.command('resolve <id>'))
    .description('say what became of a call whose outcome is unknown: first look at the server itself')
    .requiredOption('--as <outcome>', 'done, if it took effect; failed, if it is certain that it did not')
    .requiredOption('--reason <text>', 'how you know, for the transcript')
    .addHelpText('after', describeExitCodes(NOT_RESOLVED))
    .action((id: string, flags: ResolveFlags) => resolve(id, flags));
}

async function list(flags: ListFlags): Promise<void> {
  const listed = await askForList('/api/approvals', flags);
  console.log(flags.json ? visibleJson(listed) : formatList(listed, Date.now()));
}

async function attention(flags: ListFlags): Promise<void> {
  const listed = await askForList('/api/approvals/attention', flags);
  console.log(flags.json ? visibleJson(listed) : formatAttention(listed));
}

async function askForList(path: string, flags: ListFlags): Promise<z.output<typeof approvalListSchema>> {
  if (!/^\d{1,3}$/.test(flags.limit)) throw new CommandFailure('--limit must be a number from 1 to 200');
  const api = await openApi(flags);
  return api.ask({ path: `${path}?limit=${flags.limit}`, schema: approvalListSchema });
}

async function show(named: string, flags: ApiFlags): Promise<void> {
  const approval = await find(await openApi(flags), named);
  console.log(flags.json ? visibleJson(approval) : formatApproval(approval, Date.now()));
}

async function decide(verdict: 'approve' | 'deny', named: string, flags: DecideFlags): Promise<void> {
  const reason = readReason(flags.reason ?? '');
  const api = await openApi(flags);
  const approval = await find(api, named);
  if (!flags.json) console.log(`${formatApproval(approval, Date.now())}\n`);
  if (!approval.mayDecide) throw new CommandRefusal(visibleLine(approval.whyNot ?? 'You may not decide it.'));
  const question = `${verdict} ${visibleLine(`${approval.server}/${approval.tool}`)}?`;
  if (!flags.yes && !(await confirm(question, visibleLine(approval.code)))) {
    throw new CommandFailure('nothing was decided');
  }
  const taken = await api.ask({
    method: 'POST',
    path: `/api/approvals/${approval.id}/decisions`,
    // What was shown is what is decided: the gateway refuses it if that is not so any more.
    body: { verdict, reason, evidence: approval.evidence },
    schema: decisionTakenSchema,
  });
  const said = taken.repeated ? 'you had said so before' : 'taken, and applied soon';
  console.log(flags.json ? visibleJson(taken) : `${verdict}: ${said}`);
}

async function resolve(id: string, flags: ResolveFlags): Promise<void> {
  const { as: outcome, json } = flags;
  if (!parseApprovalId(id))
    throw new CommandFailure('name the approval by its id; sallyport approvals attention lists it');
  if (outcome !== 'done' && outcome !== 'failed') throw new CommandFailure('--as is done or failed');
  const reason = readReason(flags.reason);
  if (reason.trim() === '') throw new CommandFailure('--reason needs some words');
  const api = await openApi(flags);
  const path = `/api/approvals/${id}/resolution`;
  const resolved = await api.ask({ method: 'POST', path, body: { outcome, reason }, schema: resolvedSchema });
  console.log(json ? visibleJson(resolved) : `resolved: ${resolved.state}`);
}

function readReason(text: string): string {
  if (text.length > REASON_CHARACTERS) throw new CommandFailure(`--reason: at most ${REASON_CHARACTERS} characters`);
  return text;
}

/** By id or short code; of several under one code the one that can be decided. */
async function find(api: ApiClient, named: string): Promise<Approval> {
  const id = await findId(api, named);
  return { ...(await api.ask({ path: `/api/approvals/${id}`, schema: approvalSchema })), id };
}

async function findId(api: ApiClient, named: string): Promise<string> {
  if (parseApprovalId(named)) return named;
  const path = `/api/approvals?code=${encodeURIComponent(named)}`;
  const { approvals } = await api.ask({ path, schema: approvalListSchema });
  const pending = approvals.filter(({ state }) => state === 'pending');
  const [one, ...others] = pending.length > 0 ? pending : approvals;
  if (one === undefined) throw new CommandRefusal(`There is no approval ${visibleLine(named)}, or it is not for you.`);
  if (others.length === 0 && parseApprovalId(one.id)) return one.id;
  throw new CommandFailure(
    `several have this code, name one by its id:\n${[one, ...others].map(({ id }) => visibleLine(id)).join('\n')}`,
  );
}
