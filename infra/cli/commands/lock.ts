/**
 * `sallyport lock`: locks the immutability policies of the account that holds transcripts and seals (DESIGN §6, FACTS §9).
 * It can't be undone, so it says what that means and wants the account's name typed; it locks what was shown, and nothing
 * at all while one of the policies is wrong.
 */
import type { TokenCredential } from '@azure/identity';
import type { Command } from 'commander';
import { confirm, type Terminal } from '../confirm.ts';
import { type AccountFlags, openPolicies, RESOURCE_MANAGER, signedIn } from '../lock/account-flags.ts';
import type { ContainerPolicies } from '../lock/container-policies.ts';
import { describeConsequences, describeNext, describePlan, toJson } from '../lock/describe-lock.ts';
import { type LockPlan, planLock } from '../lock/plan-lock.ts';
import { CommandFailure, CommandRefusal, describeExitCodes } from '../outcome.ts';
import { visibleJson } from '../pins/visible-text.ts';

interface LockFlags extends AccountFlags {
  readonly dryRun?: boolean;
  readonly yesLock?: string;
  readonly json?: boolean;
}

export interface LockParts {
  readonly credential: () => Promise<TokenCredential>;
  readonly terminal: Terminal;
}

const OWN: LockParts = { credential: signedIn, terminal: { input: process.stdin, output: process.stderr } };

export function addLockCommand(program: Command, parts: LockParts = OWN): void {
  program
    .command('lock')
    .description('lock the immutability policies of the transcripts: for good, nobody can undo it')
    .requiredOption('--subscription <id>', 'that the storage account is in')
    .requiredOption('--resource-group <name>', 'likewise')
    .requiredOption('--account <name>', 'the storage account of the transcripts')
    .option('--dry-run', 'say what would be locked, and lock nothing')
    .option('--yes-lock <account>', 'for scripts: the account’s name once more, in the place of typing it')
    .option('--resource-manager <url>', 'of another cloud than the public one', RESOURCE_MANAGER)
    .option('--json', 'print JSON')
    .addHelpText('after', describeExitCodes('a policy is wrong, or it was not confirmed: what was locked is named'))
    .action((flags: LockFlags) => lock(flags, parts));
}

async function lock(flags: LockFlags, { credential, terminal }: LockParts): Promise<void> {
  const { account, dryRun: isDryRun = false, json = false } = flags;
  const policies = openPolicies(flags, await credential());
  const plan = planLock(await policies.list());
  const report = (lockedNow: readonly string[]): void => {
    if (json) console.log(visibleJson(toJson({ account, isDryRun, lockedNow, plan })));
  };
  // What a program reads stays JSON: people’s words go beside it.
  const say = (text: string): void => (json ? console.error(text) : console.log(text));

  say(describePlan(plan));
  if (plan.problems.length > 0) {
    report([]);
    throw new CommandRefusal(
      `nothing is locked in ${account}:\n${plan.problems.map((line) => `- ${line}`).join('\n')}`,
    );
  }
  if (plan.toLock.length === 0) {
    report([]);
    return say(`everything in ${account} is locked already`);
  }
  say(describeConsequences(account, plan));
  if (isDryRun) {
    report([]);
    return say('nothing was locked: this was a dry run');
  }
  await demandConsent(flags, terminal);
  const lockedNow = await lockAll(policies, plan);
  report(lockedNow);
  say(`locked: ${lockedNow.join(', ')}\n${describeNext(plan)}`);
}

/** A pipe is no consent: `confirm` asks nothing there. */
async function demandConsent({ account, yesLock }: LockFlags, terminal: Terminal): Promise<void> {
  if (yesLock !== undefined) {
    if (yesLock === account) return;
    throw new CommandFailure(`--yes-lock ${yesLock} is not --account ${account}: nothing was locked`);
  }
  if (!terminal.input.isTTY || !terminal.output.isTTY) {
    throw new CommandFailure('nobody is here to ask: say --yes-lock and the account’s name. Nothing was locked');
  }
  if (!(await confirm(`Lock ${account} for good?`, account, terminal))) {
    throw new CommandRefusal('not confirmed: nothing was locked');
  }
}

/** One after the other, so that what stops it leaves the rest as it was. */
async function lockAll(policies: ContainerPolicies, { toLock }: LockPlan): Promise<readonly string[]> {
  const done: string[] = [];
  const so = (): string => (done.length === 0 ? 'nothing was locked' : `locked until then: ${done.join(', ')}`);
  for (const policy of toLock) {
    let outcome: Awaited<ReturnType<ContainerPolicies['lock']>>;
    try {
      outcome = await policies.lock(policy);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CommandFailure(`${why}\n${so()}. Run it again: it goes on from there`, { cause });
    }
    if (outcome === 'changed') {
      throw new CommandRefusal(`the policy of ${policy.container} changed since it was shown; ${so()}. Look again`);
    }
    done.push(policy.container);
  }
  return done;
}
