/**
 * `sallyport doctor`: looks over a deployment, or the stack on this machine, and says what is well, what is doubtful and
 * what is broken, with what to do. It changes nothing, prints no secret, and posts to nobody unless it was told to.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ConfigProblem } from '../../../shared/config/config.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import { ok, type Result } from '../../../shared/result.ts';
import { findDoor, withApiFlags } from '../api-flags.ts';
import { DEFAULT_CONFIG_FOLDER, loadConfigFolder } from '../config-folder.ts';
import type { LoadedPolicies } from '../doctor/configuration.ts';
import { checkFlags, type DoctorFlags } from '../doctor/doctor-flags.ts';
import { findingsToJson, formatFindings } from '../doctor/format-findings.ts';
import { runChecks } from '../doctor/run-checks.ts';
import { exitCodes } from '../outcome.ts';

/** Of one check; they run side by side. */
const DEADLINE_MS = 15_000;

const explanation = `
Sign in as somebody who may administer the gateway. Prints a line for each check: ok, warn or fail, and what to do.

With --url, what else is named is looked at too, as whoever is signed in with az or azd:
  --vault                              the credentials of upstreams, and the secrets of Teams
  --account --vault                    the last seal, verified here
  --subscription --resource-group      the queues’ settings; with --account whether policies are locked
What the app’s identity may do, the gateway’s own health says: nobody else can try it out.

Exit codes:
  0  nothing failed; there may be warnings
  1  something failed
  2  could not be done: bad flags, or no such stack`;

export function addDoctorCommand(program: Command): void {
  withApiFlags(program.command('doctor'))
    .description('check a deployment, or the local stack, and say what to do about what is wrong')
    .option('--config <dir>', 'configuration folder that is deployed', DEFAULT_CONFIG_FOLDER)
    .option('--subscription <id>', 'with --url: that the deployment is in')
    .option('--resource-group <name>', 'likewise')
    .option('--account <url>', 'with --url: the blob service of the transcripts, https://name.blob.core.windows.net')
    .option('--vault <url>', 'with --url: the Key Vault')
    .option('--seal-key <name>', 'the name of the key that signs seals', 'transcript-seal')
    .option('--secret-env <server=variable...>', 'with --url: an upstream’s credential, from a variable')
    .option('--post-test-card', 'post a card to the Teams channel: people will see it')
    .addHelpText('after', explanation)
    .action(examine);
}

async function examine(flags: DoctorFlags): Promise<void> {
  checkFlags(flags);
  const door = await findDoor(flags);
  // It brings the SDKs of everything that is looked at: loaded when asked for, so that other commands start quickly.
  const { planChecks } = await import('../doctor/plan-checks.ts');
  const set = door.stack === undefined ? process.env : { ...process.env, CRM_URL: door.stack.crm };
  const loaded = await load(resolve(flags.config), set);
  const findings = await runChecks(planChecks({ flags, door, loaded }), { deadlineMs: DEADLINE_MS });
  console.log(flags.json ? findingsToJson(findings) : formatFindings(findings));
  if (findings.some(({ status }) => status === 'fail')) process.exitCode = exitCodes.wrong;
}

async function load(folder: string, set: NodeJS.ProcessEnv): Promise<Result<LoadedPolicies, readonly ConfigProblem[]>> {
  const config = await loadConfigFolder(folder, set);
  if (!config.ok) return config;
  const engine = createPolicyEngine(config.value);
  return engine.ok ? ok({ config: config.value, engine: engine.value }) : engine;
}
