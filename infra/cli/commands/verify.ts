/**
 * `sallyport verify`: a shell around `verifyTranscripts` (DESIGN §6). It reads, and changes nothing.
 * Exit codes are an interface (DESIGN §8): 0 intact, 1 tampered, 2 could not read.
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { verifyTranscripts } from '../../../shared/transcripts/verify.ts';
import type { SegmentReport, VerifyReport } from '../../../shared/transcripts/verify-report.ts';
import { openLocks } from '../lock/seen-locks.ts';
import { CommandFailure, exitCodes } from '../outcome.ts';
import { formatSegment, formatTotals, messageOf, toJson } from '../transcripts/format-report.ts';
import { openSource, type SourceFlags } from '../transcripts/open-source.ts';
import { readAnchor, readScope, type ScopeFlags } from '../transcripts/scope-flags.ts';
import type { TranscriptSource } from '../transcripts/source.ts';

/** Where `npm start` keeps its data, whatever folder this is run in. */
const DEFAULT_DATA_FOLDER = join(import.meta.dirname, '../../../.local');

interface Flags extends ScopeFlags, SourceFlags {
  readonly anchor?: readonly string[];
  readonly subscription?: string;
  readonly resourceGroup?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const explanation = `
One of --local, --account and --folder says where the transcripts are.

Exit codes:
  0  intact: everything that was found holds; segments without a close record are counted as open or cut off
  1  tampered: something that is not as its writer left it; the first bad record of each segment is named
  2  could not read: storage, vault or key out of reach, nothing found, or bad flags

--since, --until, --server and --session say which segments are read; the chain of seals is always checked whole.
Keep a seal somewhere else from time to time (its number and hash are printed): with --anchor it must still stand.`;

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check from their bytes that transcripts are as they were written, and say what that shows')
    .option('--local', 'of the local stack, running or not')
    .option('--data <dir>', 'data folder of the local stack', DEFAULT_DATA_FOLDER)
    .option('--account <url>', 'of a storage account, e.g. https://name.blob.core.windows.net; needs --vault or --key')
    .option('--subscription <id>', 'with --account: look too whether its immutability policies are locked')
    .option('--resource-group <name>', 'likewise; the account is in it')
    .option('--vault <url>', 'the Key Vault whose key endorses writers')
    .option('--seal-key <name>', 'the name of that key', 'transcript-seal')
    .option('--folder <dir>', 'of downloaded blobs, {dir}/{container}/{name}; needs --key')
    .option('--key <file>', 'the endorsing public key: JWK, JWK set or PEM')
    .option('--since <day>', 'segments opened on this UTC day or later: 2026-11-22, or 7d for seven days ago')
    .option('--until <day>', 'segments opened on this UTC day or before')
    .option('--server <name>', 'the segments of this server only')
    .option('--session <id>', 'the segments of this session only')
    .option('--anchor <seal...>', 'a seal that you kept, as NUMBER:HASH or a file: it must still stand')
    .option('--verbose', 'list every segment, not only bad ones')
    .option('--json', 'print JSON')
    .addHelpText('after', explanation)
    .action(async (flags: Flags) => {
      const source = await openSource(flags);
      try {
        process.exitCode = await verify(source, flags);
      } finally {
        await source.close();
      }
    });
}

/** Prints as it goes; returns the exit code. */
async function verify(source: TranscriptSource, flags: Flags): Promise<number> {
  const listed: SegmentReport[] = [];
  const onSegment = (report: SegmentReport): void => {
    const isBad = report.state === 'tampered' || report.state === 'unreadable';
    if (!isBad && !flags.verbose) return;
    if (flags.json) listed.push(report);
    else console.log(formatSegment(report));
  };
  const { reader, endorsingKey, description } = source;
  const nowMs = Date.now();
  const filter = readScope(flags, nowMs);
  const anchors = await Promise.all((flags.anchor ?? []).map(readAnchor));
  const policies = await openLocks(flags);
  let report: VerifyReport;
  try {
    report = await verifyTranscripts({ reader, endorsingKey, filter, anchors, nowMs, onSegment, ...policies });
  } catch (cause) {
    throw new CommandFailure(`the transcripts of ${description} cannot be read: ${messageOf(cause)}`, { cause });
  }
  console.log(flags.json ? toJson(report, listed) : formatTotals(report, description));
  if (report.state === 'intact') return exitCodes.done;
  return report.state === 'tampered' ? exitCodes.wrong : exitCodes.failed;
}
