/**
 * `sallyport <command>`: what operators and auditors run. Each command is a file of its own under `commands/`; here is
 * only how they are gathered and how a failure is told. Run it by `npx sallyport`, which finds a fit Node.
 */
import { Command } from 'commander';
import { addApprovalsCommand } from './commands/approvals.ts';
import { addBlockCommand } from './commands/block.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addExportCommand } from './commands/export.ts';
import { addKeyringCommand } from './commands/keyring.ts';
import { addLockCommand } from './commands/lock.ts';
import { addPinCommand } from './commands/pin.ts';
import { addPolicyCommand } from './commands/policy.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addReviewCommand } from './commands/review.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { CommandFailure, CommandRefusal, exitCodes } from './outcome.ts';

/** Sets the exit code of the process; never throws. */
export async function runCli(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithReader);
  const program = new Command('sallyport')
    .description('Operates Sallyport, a gateway for MCP servers, and checks what it recorded.')
    .helpCommand(false)
    .exitOverride();
  addPolicyCommand(program);
  addPinCommand(program);
  addVerifyCommand(program);
  addReviewCommand(program);
  addExportCommand(program);
  addReplayCommand(program);
  addApprovalsCommand(program);
  addBlockCommand(program);
  addLockCommand(program);
  addKeyringCommand(program);
  addDoctorCommand(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = tell(error);
  }
}

function tell(error: unknown): number {
  // Commander has printed the help, or what is wrong with the flags, before it throws.
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return 'exitCode' in error && error.exitCode === 0 ? exitCodes.done : exitCodes.failed;
  }
  if (error instanceof CommandRefusal) {
    console.error(error.message);
    return exitCodes.wrong;
  }
  if (error instanceof CommandFailure) console.error(error.message);
  else console.error(error);
  return exitCodes.failed;
}

/** Whoever reads our output may have enough of it (`| head`): that is no failure. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

if (import.meta.main) await runCli(process.argv);
