/**
 * `sallyport review`, `sallyport review ask`: who could, who did, what was exposed (DESIGN §1), from a gateway, or from
 * the blobs themselves without trusting one. They read; a gateway puts on record that they did.
 */
import type { Command } from 'commander';
import { askedSchema } from '../../../shared/api/routes/review-schemas.ts';
import { type AskAnswer, type Asked, ask } from '../../../shared/reviews/ask.ts';
import { openApi } from '../api-flags.ts';
import { DEFAULT_CONFIG_FOLDER } from '../config-folder.ts';
import { CommandFailure, describeExitCodes } from '../outcome.ts';
import { visibleJson, visibleLine } from '../pins/visible-text.ts';
import { fetchReport } from '../reviews/fetch-report.ts';
import { formatReview } from '../reviews/format-review.ts';
import { buildOwnReport, type OwnReportFlags, periodSource } from '../reviews/own-report.ts';
import { openBlobs, type ReviewFlags, readPeriod, withReviewFlags } from '../reviews/review-flags.ts';

type ShowFlags = ReviewFlags & OwnReportFlags;

interface AskFlags extends ReviewFlags {
  readonly principal: string;
  readonly class?: string;
}

/** The answers of `ask`, as scripts see them. */
const answerCodes = { no: 0, yes: 1, 'cannot-tell': 3 } as const satisfies Record<AskAnswer['kind'], number>;

const ASK_CODES = `
Exit codes:
  0  no: nothing of it left in clear, in records that were all read and are under a seal
  1  yes: it did, with the list
  2  could not be done: bad flags, a name that nobody or several bear, a file or a service out of reach
  3  cannot tell, with why`;

export function addReviewCommand(program: Command): void {
  const review = withReviewFlags(program.command('review'))
    .description('who could, who did and why, and was data exposed: from verified records')
    .option(
      '--members <file>',
      'with --account or --folder: who is in which group, as JSON; without it who could is not known',
    )
    .option('--config <dir>', 'with --account or --folder: the configuration folder', DEFAULT_CONFIG_FOLDER)
    .helpCommand(false)
    .addHelpText('after', describeExitCodes('the gateway said no: there is no such server, or it is not for you'))
    .action((flags: ShowFlags) => show(flags));

  // The flags above are recognised after `ask` too; given twice they would be wanted twice.
  review
    .command('ask')
    .configureHelp({ showGlobalOptions: true })
    .description('did data reach this person or app in clear: no, yes with the list, or cannot tell with why')
    .requiredOption('--principal <who>', 'an object id, or a name as records have it, e.g. alice')
    .option('--class <name>', 'of data, e.g. card; without it any')
    .addHelpText('after', ASK_CODES)
    .action((_: unknown, command: Command) => answerQuestion(command.optsWithGlobals<AskFlags>()));
}

async function show(flags: ShowFlags): Promise<void> {
  const period = readPeriod(flags, Date.now());
  const source = await openBlobs(flags);
  try {
    const report = source
      ? await buildOwnReport(source, period, flags)
      : await fetchReport(await openApi(flags), period, 'review');
    console.log(flags.json ? visibleJson(report) : formatReview(report));
  } finally {
    await source?.close();
  }
}

async function answerQuestion(flags: AskFlags): Promise<void> {
  const asked = await put(flags);
  switch (asked.kind) {
    case 'nobody':
      throw new CommandFailure(
        `the records of the period know nobody called ${visibleLine(flags.principal)}; an object id can be asked for`,
      );
    case 'ambiguous': {
      const candidates = asked.candidates.map(({ kind, id, name }) => `  ${kind} ${id} ${visibleLine(name ?? '')}`);
      throw new CommandFailure(
        `several are called ${visibleLine(flags.principal)}, ask by id:\n${candidates.join('\n')}`,
      );
    }
    case 'too-long':
      throw new CommandFailure(
        'the period is too long to be answered in a request: ask for less, or read the blobs with --account',
      );
    case 'answered':
      console.log(flags.json ? visibleJson(asked.answer) : formatAnswer(asked.answer));
      process.exitCode = answerCodes[asked.answer.kind];
  }
}

async function put(flags: AskFlags): Promise<Asked | { readonly kind: 'too-long' }> {
  const { principal, class: wanted } = flags;
  const period = readPeriod(flags, Date.now());
  const named = { principal, ...(wanted !== undefined && { class: wanted }) };
  const source = await openBlobs(flags);
  if (source === undefined) {
    const { server, sinceMs, untilMs } = period;
    const span = { since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() };
    const query = new URLSearchParams({ server, ...span, ...named });
    return (await openApi(flags)).ask({ path: `/api/ask?${query}`, schema: askedSchema });
  }
  try {
    return await ask({ ...periodSource(source), nowMs: Date.now() }, { ...period, ...named });
  } finally {
    await source.close();
  }
}

function formatAnswer({ sentence, found, furtherFound }: AskAnswer): string {
  const lines = found.map(
    ({ time, id, tool, session, class: name, count }) =>
      `  ${time}  ${count} ${name}  ${tool}  call ${id}  session ${session}`,
  );
  const rest = furtherFound > 0 ? [`  and ${furtherFound} more`] : [];
  return [sentence, ...lines, ...rest].map(visibleLine).join('\n');
}
