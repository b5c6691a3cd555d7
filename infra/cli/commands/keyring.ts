/**
 * `sallyport keyring`: the versions of what names and seals everything (DESIGN §7), and a new one. Instances that run go
 * on with what they have, and can't open what newer ones seal: so it asks whether all of them are stopped.
 */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { addKeyVersion as AddKeyVersion, KeyringOptions } from '../../../shared/keys/load-keyring.ts';
import { confirm, type Terminal } from '../confirm.ts';
import type { KeyringFlags } from '../keyring/open-keyring.ts';
import { CommandFailure, CommandRefusal, describeExitCodes } from '../outcome.ts';
import { visibleJson } from '../pins/visible-text.ts';

interface Flags extends KeyringFlags {
  readonly json?: boolean;
}

interface AddFlags extends Flags {
  readonly yes?: boolean;
}

const OWN: Terminal = { input: process.stdin, output: process.stderr };

const CONSEQUENCES = `A new version names sessions and seals values from the next start of each instance. What older ones sealed still opens.
An instance that runs meanwhile can't open what newer ones seal, and cancels approvals that look tampered with to it:
stop the app first (az functionapp stop), and start it afterwards. A version can't be taken back.`;

export function addKeyringCommand(program: Command, terminal: Terminal = OWN): void {
  const keyring = program
    .command('keyring')
    .description('the versions of the keyring that names and seals everything; a new one')
    .helpCommand(false);

  withPlace(keyring.command('list'))
    .description('which versions there are, and what wrapped each')
    .addHelpText('after', describeExitCodes('there is none yet: the first instance makes it'))
    .action((flags: Flags) => list(flags));

  withPlace(keyring.command('add'))
    .description('make the next version, with every instance stopped')
    .option('--yes', 'for scripts: every instance is stopped, ask nothing')
    .addHelpText('after', describeExitCodes('it was not confirmed: nothing was made'))
    .action((flags: AddFlags) => add(flags, terminal));
}

function withPlace(command: Command): Command {
  return command
    .option('--local', 'the stack on this machine')
    .option('--data <dir>', 'with --local: the stack’s data folder', join(import.meta.dirname, '../../../.local'))
    .option('--vault <url>', 'the key vault, e.g. https://name.vault.azure.net')
    .option('--tables <url>', 'the account of state, e.g. https://name.table.core.windows.net')
    .option('--wrapping-key <name>', 'in the vault: RSA, wraps a version', 'keyring')
    .option('--signing-key <name>', 'in the vault: signs what was wrapped', 'transcript-seal')
    .option('--json', 'print JSON');
}

async function list(flags: Flags): Promise<void> {
  const { store } = await open(flags);
  const rows = (await tellingWhy(() => store.list())).toSorted((left, right) => left.version - right.version);
  const versions = rows.map(({ version, keyId }) => ({ version, wrappedBy: keyId }));
  if (flags.json) console.log(visibleJson({ versions }));
  else for (const { version, wrappedBy } of versions) console.log(`${version}  wrapped by ${wrappedBy}`);
  if (versions.length === 0) throw new CommandRefusal('there is none yet: the first instance makes it');
}

async function add(flags: AddFlags, terminal: Terminal): Promise<void> {
  const options = await open(flags);
  console.error(CONSEQUENCES);
  if (!flags.yes) await demandConsent(terminal);
  const { addKeyVersion } = await loadKeys();
  const version = await tellingWhy(() => addKeyVersion(options));
  console.log(flags.json ? visibleJson({ version }) : `version ${version} stands: start the app now`);
}

/** A pipe is no consent: `confirm` asks nothing there. */
async function demandConsent(terminal: Terminal): Promise<void> {
  if (!terminal.input.isTTY || !terminal.output.isTTY) {
    throw new CommandFailure('nobody is here to ask: say --yes once every instance is stopped. Nothing was made');
  }
  if (!(await confirm('Is every instance stopped?', 'yes', terminal))) {
    throw new CommandRefusal('not confirmed: nothing was made');
  }
}

/** The SDKs are loaded when they are needed, not for each `--help`. */
async function open(flags: Flags): Promise<KeyringOptions> {
  const { openKeyring } = await import('../keyring/open-keyring.ts');
  return openKeyring({ ...flags, data: resolve(flags.data) });
}

async function loadKeys(): Promise<{ readonly addKeyVersion: typeof AddKeyVersion }> {
  return import('../../../shared/keys/load-keyring.ts');
}

/** Of an outage no stack: what it was, and the innermost reason. */
async function tellingWhy<T>(work: () => Promise<T>): Promise<T> {
  const { explainTrouble } = await import('../doctor/explain-trouble.ts');
  try {
    return await work();
  } catch (cause) {
    const what =
      cause instanceof Error && cause.name === 'KeyringUnavailable' ? cause.message : 'the keyring is out of reach';
    throw new CommandFailure(`${what} (${explainTrouble(cause)})`, { cause });
  }
}
