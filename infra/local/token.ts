/**
 * `npm run --silent token -- --user alice`: prints an access token of a running local stack, and nothing else, so that
 * it can stand in `$(…)`. Asks the Entra stand-in that the stack's file names, or, for another data folder, the one
 * that the gateway on `--port` names in its resource metadata (RFC 9728). Any failure is one line and exit code 1.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { err, ok, type Result } from '../../shared/result.ts';
import { askForToken, askJson } from './request-token.ts';
import { readStackFile } from './stack-file.ts';

const HELP = `npm run --silent token -- [options]

Prints an access token of the local stack.

  --user NAME    of a person: alice, bob, carol, dave, mallory, grace
  --agent NAME   of an app by itself, such as reporting-bot; with --user: the app that they call through;
                 cli is the one whose tokens are for the API, and not for MCP
  --ttl S        lifetime in seconds (default 3600)
  --port N       of the running gateway, when it is not the one of the data folder
  --data DIR     the data folder of the running stack (default .local)
  --help         print this`;

const OPTIONS = {
  user: { type: 'string' },
  agent: { type: 'string' },
  ttl: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string', default: '.local' },
  help: { type: 'boolean', default: false },
} as const;

const resourceMetadata = z.object({ authorization_servers: z.tuple([z.url()], z.url()) });

async function main(args: string[]): Promise<Result<string, string>> {
  const flags = readFlags(args);
  if (!flags.ok) return flags;
  const { user, agent, ttl, port, data, help } = flags.value;
  if (help) return ok(HELP);
  if (user === undefined && agent === undefined) return err('whose token? --user NAME or --agent NAME');
  if (ttl !== undefined && !/^-?\d{1,9}$/.test(ttl)) return err('--ttl must be a number of seconds');
  if (port !== undefined && !/^\d{1,5}$/.test(port)) return err('--port must be a number');
  const entra = await findEntra(data, port);
  if (!entra.ok) return entra;
  const who = user === undefined ? { app: agent } : { user, agent };
  return askForToken(entra.value, { ...who, ...(ttl === undefined ? {} : { ttlSeconds: Number(ttl) }) });
}

function readFlags(args: string[]) {
  try {
    return ok(parseArgs({ args, options: OPTIONS }).values);
  } catch (cause) {
    const [first = 'bad flags'] = String(cause instanceof Error ? cause.message : cause).split(/[.\n]/);
    return err(`${first} (--help lists the flags)`);
  }
}

/** The authority host: the stack file's, unless `--port` names another gateway. */
async function findEntra(dataFolder: string, port: string | undefined): Promise<Result<string, string>> {
  const stack = await readStackFile(dataFolder);
  if (port === undefined) return stack.ok ? ok(stack.value.entra) : stack;
  const gateway = `http://127.0.0.1:${port}`;
  if (stack.ok && stack.value.gateway === gateway) return ok(stack.value.entra);
  const answer = await askJson(`${gateway}/.well-known/oauth-protected-resource/mcp/crm`);
  if (!answer.ok) return answer;
  const metadata = resourceMetadata.safeParse(answer.value.body);
  if (!metadata.success) return err(`what answers on ${gateway} is not a gateway of a local stack`);
  const { origin, hostname } = new URL(metadata.data.authorization_servers[0]);
  if (hostname !== '127.0.0.1') return err(`the gateway on ${gateway} trusts ${origin}, which is no local stand-in`);
  return ok(origin);
}

const result = await main(process.argv.slice(2));
if (result.ok) console.log(result.value);
else {
  console.error(result.error);
  process.exitCode = 1;
}
