/**
 * `sallyport replay`: sessions, and one of them as it went. From a gateway, which asks whether one may and records that one
 * looked; or straight from blobs, verified here. It changes nothing, but for `--rebuild-index`.
 */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { sessionListSchema, sessionSchema } from '../../../shared/api/routes/session-schemas.ts';
import { readFilter } from '../../../shared/sessions/session-filter.ts';
import { type ApiFlags, openApi } from '../api-flags.ts';
import { CommandFailure, CommandRefusal, exitCodes } from '../outcome.ts';
import { visibleJson, visibleLine } from '../pins/visible-text.ts';
import { formatSession, formatSessions, type Session } from '../replay/format-session.ts';
import { createPaint } from '../replay/paint.ts';
import { listFromBlobs, showFromBlobs } from '../replay/read-blobs.ts';
import { openSource, type SourceFlags } from '../transcripts/open-source.ts';
import type { TranscriptSource } from '../transcripts/source.ts';

interface Flags extends ApiFlags, Omit<SourceFlags, 'data' | 'local'> {
  readonly server?: string;
  readonly person?: string;
  readonly agent?: string;
  readonly tool?: string;
  readonly since?: string;
  readonly until?: string;
  readonly decision?: string;
  readonly class?: string;
  readonly outcome?: string;
  readonly after?: string;
  readonly limit: string;
  readonly from: string;
  readonly content?: boolean;
  readonly rebuildIndex?: boolean;
  readonly tables?: string;
}

const FILTERS = ['server', 'person', 'agent', 'tool', 'since', 'until', 'decision', 'class', 'outcome'] as const;

const explanation = `
Where from: --url GATEWAY or --local --user NAME ask a gateway: it wants \`audit\` on the server, and records that you look.
--local alone, --account URL and --folder DIR read the blobs themselves, and verify them here.

In a timeline, ~ marks what is newer than the last seal over it, and ! what is not proven.

Exit codes:
  0  done; what was read verifies
  1  something does not verify, or there is no such session, or it is not for you
  2  could not be done: bad flags, a file or a service out of reach`;

export function addReplayCommand(program: Command): void {
  program
    .command('replay [session]')
    .description(
      'list sessions, or show one as it went: calls, decisions, approvals, what was delivered, and its proof',
    )
    .option('--url <gateway>', 'the gateway’s public address, e.g. https://name.azurewebsites.net')
    .option('--token-env <name>', 'with --url: take the token from this variable, not from az or azd')
    .option('--local', 'the stack on this machine: its gateway with --user, its blobs without')
    .option('--data <dir>', 'with --local: the stack’s data folder', join(import.meta.dirname, '../../../.local'))
    .option('--user <name>', 'with --local: as this person of the sample tenant, e.g. carol')
    .option('--account <url>', 'the blobs of a storage account; needs --vault or --key')
    .option('--vault <url>', 'the Key Vault whose key endorses writers and signs seals')
    .option('--seal-key <name>', 'the name of that key', 'transcript-seal')
    .option('--folder <dir>', 'downloaded blobs, {dir}/{container}/{name}; needs --key')
    .option('--key <file>', 'the public key: JWK, JWK set or PEM')
    .option('--server <name>', 'sessions on this server')
    .option('--person <who>', 'of this person: an id, or part of a name')
    .option('--agent <who>', 'through this agent: an id, or part of a name')
    .option('--tool <name>', 'that used this tool')
    .option('--since <day>', 'with a record since this day (UTC), or moment')
    .option('--until <day>', 'with a record until this day, or moment')
    .option('--decision <word>', 'with a call that was decided so: allow, hold or deny')
    .option('--class <name>', 'in which data of this class was delivered')
    .option('--outcome <word>', 'and in this way: masked, revealed, uninspected or withheld')
    .option('--limit <n>', 'at most so many sessions, or items of one', '50')
    .option('--after <where>', 'go on with a list where it ended')
    .option('--from <n>', 'with a session: leave out so many items', '0')
    .option('--content', 'with a session: print requests and answers as recorded')
    .option(
      '--rebuild-index',
      'make the index of sessions again from the blobs; with --local, or --account and --tables',
    )
    .option('--tables <url>', 'with --rebuild-index: the account of state, e.g. https://name.table.core.windows.net')
    .option('--json', 'print JSON')
    .addHelpText('after', explanation)
    .action((session: string | undefined, flags: Flags) => replay(session, flags));
}

async function replay(session: string | undefined, flags: Flags): Promise<void> {
  const limit = readCount('--limit', flags.limit);
  const from = readCount('--from', flags.from);
  if (limit < 1) throw new CommandFailure('--limit is at least 1');
  const isOfGateway = flags.url !== undefined || flags.user !== undefined;
  if (flags.rebuildIndex) {
    if (isOfGateway || session !== undefined)
      throw new CommandFailure('--rebuild-index takes no gateway and no session');
    return rebuild(flags);
  }
  if (isOfGateway)
    return session === undefined ? listOfGateway(flags, limit) : showOfGateway(session, flags, { from, limit });
  return withSource(flags, (source) =>
    session === undefined ? listOfBlobs(source, flags, limit) : showOfBlobs(source, session, flags, { from, limit }),
  );
}

async function withSource(flags: Flags, run: (source: TranscriptSource) => Promise<void>): Promise<void> {
  const source = await openSource(flags);
  try {
    await run(source);
  } finally {
    await source.close();
  }
}

function givenFilter(flags: Flags): Readonly<Record<string, string>> {
  return Object.fromEntries(FILTERS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])));
}

async function listOfGateway(flags: Flags, limit: number): Promise<void> {
  const { after } = flags;
  const query = new URLSearchParams({
    ...givenFilter(flags),
    limit: String(limit),
    ...(after !== undefined && { after }),
  });
  const list = await (await openApi(flags)).ask({ path: `/api/sessions?${query}`, schema: sessionListSchema });
  console.log(flags.json ? visibleJson(list) : formatSessions(list, terminal()));
}

interface Part {
  readonly from: number;
  readonly limit: number;
}

async function showOfGateway(id: string, flags: Flags, { from, limit }: Part): Promise<void> {
  const query = new URLSearchParams({
    from: String(from),
    limit: String(limit),
    content: flags.content ? 'yes' : 'no',
  });
  const path = `/api/sessions/${encodeURIComponent(id)}?${query}`;
  tellSession(await (await openApi(flags)).ask({ path, schema: sessionSchema }), flags);
}

async function listOfBlobs(source: TranscriptSource, flags: Flags, limit: number): Promise<void> {
  if (flags.after !== undefined)
    throw new CommandFailure('--after belongs to a list of a gateway: use --until and --limit');
  const read = readFilter(givenFilter(flags));
  if (!read.ok) throw new CommandFailure(read.wrong.map((name) => `--${name} can't be understood`).join('\n'));
  const { list, report } = await listFromBlobs(source, read.filter, limit);
  console.log(flags.json ? visibleJson({ ...list, verified: report.state }) : formatSessions(list, terminal()));
  if (report.state === 'tampered') {
    console.error(`not everything in ${source.description} verifies: see sallyport verify`);
    process.exitCode = exitCodes.wrong;
  } else if (report.state === 'unreadable') throw new CommandFailure(`part of ${source.description} can't be read`);
}

async function showOfBlobs(source: TranscriptSource, id: string, flags: Flags, part: Part): Promise<void> {
  const session = await showFromBlobs(source, id, Date.now(), { ...part, withContent: flags.content === true });
  if (session === undefined)
    throw new CommandRefusal(`There is no session ${visibleLine(id)} in ${source.description}.`);
  tellSession(session, flags);
}

function tellSession(session: Session, flags: Flags): void {
  console.log(flags.json ? visibleJson(session) : formatSession(session, terminal()));
  const { state } = session.proof;
  if (state === 'broken' || state === 'empty') process.exitCode = exitCodes.wrong;
  else if (state === 'unreadable') process.exitCode = exitCodes.failed;
}

async function rebuild(flags: Flags): Promise<void> {
  // Only this needs a table: the SDK is loaded when it is asked for.
  const { rebuildTable } = await import('../replay/rebuild-table.ts');
  await withSource(flags, async (source) => {
    const { state, totals } = await rebuildTable(source, { ...flags, data: resolve(flags.data) });
    const { segments, lines } = totals;
    console.log(
      flags.json
        ? visibleJson({ state, segments, lines })
        : `indexed ${lines} records of ${segments} segments: ${state}`,
    );
    if (state === 'tampered') process.exitCode = exitCodes.wrong;
    else if (state === 'unreadable') process.exitCode = exitCodes.failed;
  });
}

function readCount(flag: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new CommandFailure(`${flag} is a number`);
  return Number(text);
}

function terminal() {
  return createPaint(process.stdout.isTTY === true);
}
