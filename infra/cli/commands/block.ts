/**
 * `sallyport block`: who is kept out, over the gateway's API (DESIGN §7). The gateway records each change before it makes
 * it; on other instances it stands within seconds.
 */
import type { Command } from 'commander';
import type { z } from 'zod';
import { blockListSchema, blockSchema } from '../../../shared/api/routes/block-schemas.ts';
import { REASON_CHARACTERS } from '../../../shared/identity/blocks/block.ts';
import { type ApiFlags, openApi, withApiFlags } from '../api-flags.ts';
import { type BlockFlags, readBlockKey, readDuration } from '../blocks/block-flags.ts';
import { CommandFailure, describeExitCodes } from '../outcome.ts';
import { visibleJson, visibleLine } from '../pins/visible-text.ts';

type NamedFlags = ApiFlags & BlockFlags;

interface AddFlags extends NamedFlags {
  readonly reason: string;
  readonly for?: string;
}

const REFUSED = 'the gateway said no: you may not administer it, or there is no such block';

export function addBlockCommand(program: Command): void {
  const block = program
    .command('block')
    .description('keep people, apps, agents, sessions or tokens out, at once, and let them in again')
    .helpCommand(false);

  withBlockFlags(block.command('add'))
    .description('end what they have open and refuse what comes; in the place of a block on the same')
    .requiredOption('--reason <text>', 'why, for the transcript')
    .option('--for <time>', 'how long: 90m, 2h, 7d; without it until it is removed')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((flags: AddFlags) => add(flags));

  withApiFlags(block.command('list'))
    .description('who is kept out, and by whom')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((flags: ApiFlags) => list(flags));

  withBlockFlags(block.command('remove'))
    .description('let them in again')
    .addHelpText('after', describeExitCodes(REFUSED))
    .action((flags: NamedFlags) => remove(flags));
}

function withBlockFlags(command: Command): Command {
  return withApiFlags(command)
    .option('--principal <id>', 'a person or app by object id; with --local also by name, e.g. alice')
    .option('--server <name>', 'with --principal: on this server only')
    .option('--agent <id>', 'an app through which people call, by client id; with --local also by name')
    .option('--session <id>', 'a session, as transcripts name it')
    .option('--token <id>', 'a token by its id, as transcripts have it');
}

async function add(flags: AddFlags): Promise<void> {
  const { reason, json } = flags;
  if (reason.trim() === '') throw new CommandFailure('--reason needs some words');
  if (reason.length > REASON_CHARACTERS) throw new CommandFailure(`--reason: at most ${REASON_CHARACTERS} characters`);
  const body = {
    ...readBlockKey(flags),
    reason,
    ...(flags.for !== undefined && { forSeconds: readDuration(flags.for) }),
  };
  const api = await openApi(flags);
  const added = await api.ask({ method: 'POST', path: '/api/blocks', body, schema: blockSchema });
  console.log(json ? visibleJson(added) : `blocked: ${formatBlock(added)}`);
}

async function list(flags: ApiFlags): Promise<void> {
  const api = await openApi(flags);
  const listed = await api.ask({ path: '/api/blocks', schema: blockListSchema });
  if (flags.json) console.log(visibleJson(listed));
  else console.log(listed.blocks.length === 0 ? 'nobody is blocked' : listed.blocks.map(formatBlock).join('\n'));
}

async function remove(flags: NamedFlags): Promise<void> {
  const query = new URLSearchParams(Object.entries(readBlockKey(flags)));
  const api = await openApi(flags);
  const removed = await api.ask({ method: 'DELETE', path: `/api/blocks?${query}`, schema: blockSchema });
  console.log(flags.json ? visibleJson(removed) : `not blocked any more: ${formatBlock(removed)}`);
}

function formatBlock({ kind, value, server, reason, by, until, ended }: z.output<typeof blockSchema>): string {
  const where = server === undefined ? '' : ` on ${server}`;
  const end = until === undefined ? 'until it is removed' : `${ended ? 'ended' : 'until'} ${until}`;
  return visibleLine(`${kind} ${value}${where}  ${end}  by ${by.name ?? by.id}  ${reason}`);
}
