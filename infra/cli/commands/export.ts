/** `sallyport export`: an access review as CSV for a spreadsheet, or as JSON (DESIGN §8), from a gateway or from blobs. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import { toCsv } from '../../../shared/reviews/export-csv.ts';
import { openApi } from '../api-flags.ts';
import { DEFAULT_CONFIG_FOLDER } from '../config-folder.ts';
import { CommandFailure, describeExitCodes } from '../outcome.ts';
import { visibleJson } from '../pins/visible-text.ts';
import { fetchReport } from '../reviews/fetch-report.ts';
import { buildOwnReport, type OwnReportFlags } from '../reviews/own-report.ts';
import { openBlobs, type ReviewFlags, readPeriod, withReviewFlags } from '../reviews/review-flags.ts';

type ExportFlags = ReviewFlags &
  OwnReportFlags & {
    readonly format: 'csv' | 'json';
    readonly out?: string;
  };

export function addExportCommand(program: Command): void {
  withReviewFlags(program.command('export'))
    .description('an access review as CSV or JSON')
    .addOption(new Option('--format <format>', 'of the file').choices(['csv', 'json']).default('csv'))
    .option('--out <file>', 'write it there; without it, to the terminal')
    .option('--members <file>', 'with --account or --folder: who is in which group, as JSON')
    .option('--config <dir>', 'with --account or --folder: the configuration folder', DEFAULT_CONFIG_FOLDER)
    .addHelpText('after', describeExitCodes('the gateway said no: there is no such server, or it is not for you'))
    .action((flags: ExportFlags) => exportReview(flags));
}

async function exportReview(flags: ExportFlags): Promise<void> {
  const { format, out } = flags;
  const period = readPeriod(flags, Date.now());
  const source = await openBlobs(flags);
  try {
    const report = source
      ? await buildOwnReport(source, period, flags)
      : await fetchReport(await openApi(flags), period, 'export');
    // CSV quotes what a spreadsheet would run; a terminal obeys other characters, so to one it goes as JSON does.
    const text = format === 'csv' ? toCsv(report) : `${visibleJson(report)}\n`;
    if (out === undefined) process.stdout.write(format === 'csv' && process.stdout.isTTY ? escapeControls(text) : text);
    else await write(out, text);
  } finally {
    await source?.close();
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (cause) {
    throw new CommandFailure(`${path} can't be written`, { cause });
  }
  console.error(`written to ${path}`);
}

function escapeControls(text: string): string {
  return text.replace(/[^\r\n\P{C}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
