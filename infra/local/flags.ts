/**
 * The flags of `npm start` (DESIGN §8), parsed and checked. It reads nothing but its argument: folders are looked at later.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../shared/result.ts';

export interface Flags {
  /** Absolute. */
  readonly configDir: string;
  /** 0: any free one. */
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly isEphemeral: boolean;
  readonly isQuiet: boolean;
  readonly instances: number;
}

export const help = `npm start -- [options]     (npm start -- --help)

Starts the gateway and everything it needs on this machine. Ctrl-C stops it.

  --config DIR     configuration folder (default infra/config)
  --port N         port of the gateway, 0 for any free one (default 7071)
  --data DIR       where data is kept (default .local)
  --ephemeral      keep data in memory only
  --instances N    processes of the gateway behind its port (default 1)
  --quiet          print nothing but the ready line
  --help           print this`;

const options = {
  config: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  ephemeral: { type: 'boolean' },
  quiet: { type: 'boolean' },
  instances: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const instancesMost = 8;

/** Relative folders count from `cwd`; without flags the configuration and the data are those of the app in `appDir`. */
export function parseFlags(args: string[], cwd: string, appDir: string): Result<Flags | 'help', string> {
  const parsed = readArgs(args);
  if (!parsed.ok) return parsed;
  const values = parsed.value;
  if (values.help) return ok('help');
  const port = readCount(values.port ?? '7071', 0, 65_535);
  if (port === undefined) return err('--port must be a number from 0 to 65535');
  const instances = readCount(values.instances ?? '1', 1, instancesMost);
  if (instances === undefined) return err(`--instances must be a number from 1 to ${instancesMost}`);
  if (values.config === '') return err('--config must name a folder');
  if (values.data === '') return err('--data must name a folder');
  return ok({
    configDir: values.config === undefined ? resolve(appDir, 'infra/config') : resolve(cwd, values.config),
    dataDir: values.data === undefined ? resolve(appDir, '.local') : resolve(cwd, values.data),
    port,
    instances,
    isEphemeral: values.ephemeral ?? false,
    isQuiet: values.quiet ?? false,
  });
}

function readArgs(args: string[]) {
  try {
    return ok(parseArgs({ args, options }).values);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // Node's messages go on with advice over several sentences; the first one says what is wrong.
    const [first = 'bad flags'] = cause.message.split(/[.\n]/);
    return err(`${first.charAt(0).toLowerCase()}${first.slice(1)} (--help lists the flags)`);
  }
}

function readCount(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  return value >= least && value <= most ? value : undefined;
}
