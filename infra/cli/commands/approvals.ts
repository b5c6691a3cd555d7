/**
 * `sallyport approvals`: what waits for whoever is signed in, and their answer, over the gateway's API. It decides
 * nothing by itself: a decision carries the evidence of what was shown, and the gateway judges it.
 */
import type { Command } from 'commander';
import {
  approvalListSchema,
  approvalSchema,
  decisionTakenSchema,
} from '../../../shared/api/routes/approval-schemas.ts';
import { parseApprovalId } from '../../../shared/approvals/approval-store.ts';
import { REASON_CHARACTERS } from '../../../shared/approvals/inbox.ts';
import type { ApiClient } from '../api-client.ts';
import { type ApiFlags, openApi, withApiFlags } from '../api-flags.ts';
import { type Approval, formatApproval, formatList } from '../approvals/format-approval.ts';
import { confirm } from '../confirm.ts';
import { CommandFailure, CommandRefusal, describeExitCodes } from '../outcome.ts';
import { visibleJson, visibleLine } from '../pins/visible-text.ts';

interface DecideFlags extends ApiFlags {
  readonly reason?: string;
  readonly yes?: boolean;
}

const REFUSED =
  'the gateway said no: not there or not for you, decided or changed meanwhile, or not the one you may decide';

export function addApprovalsCommand(program: Command): void {
  const approvals = program
    .command('approvals')
    .description('see the calls that wait for you, and approve or deny them')
    .helpCommand(false);

  withApiFlags(approvals.command('list'))
    .description('the calls that wait for your decision, oldest first')
    .option('--limit <n>', 'at most so many', '50')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((flags: ApiFlags & { readonly limit: string }) => list(flags));

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
}

async function list(flags: ApiFlags & { readonly limit: string }): Promise<void> {
  if (!/^\d{1,3}$/.test(flags.limit)) throw new CommandFailure('--limit must be a number from 1 to 200');
  const api = await openApi(flags);
  const listed = await api.ask({ path: `/api/approvals?limit=${flags.limit}`, schema: approvalListSchema });
  console.log(flags.json ? visibleJson(listed) : formatList(listed, Date.now()));
}

async function show(named: string, flags: ApiFlags): Promise<void> {
  const approval = await find(await openApi(flags), named);
  console.log(flags.json ? visibleJson(approval) : formatApproval(approval, Date.now()));
}

async function decide(verdict: 'approve' | 'deny', named: string, flags: DecideFlags): Promise<void> {
  const reason = flags.reason ?? '';
  if (reason.length > REASON_CHARACTERS) throw new CommandFailure(`--reason: at most ${REASON_CHARACTERS} characters`);
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
  console.log(flags.json ? visibleJson(taken) : `${verdict}: ${said}${taken.state ? `; now ${taken.state}` : ''}`);
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
