/**
 * The flags of `npm run stand-ins`, parsed and checked. It reads nothing but its arguments: whether an emulator runs is
 * looked at later. Errors are one line and never quote a connection string, which holds a key.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { Emulators } from '../access/by-emulators.ts';
import {
  DEVELOPMENT_STORAGE,
  readEndpoint,
  readStorageAddresses,
  SERVICE_BUS_EMULATOR,
} from '../access/emulator-addresses.ts';

export interface StandInFlags {
  /** All absolute. */
  readonly configDir: string;
  readonly dataDir: string;
  readonly settingsFile: string;
  /** Where `func start` will listen; 0: any free one. */
  readonly port: number;
  readonly emulators: Emulators;
  readonly mayOverwrite: boolean;
  readonly isQuiet: boolean;
}

export const help = `npm run stand-ins -- [options]

For "func start" on this machine: starts what no official emulator plays (Entra ID with a managed identity, Key Vault,
Microsoft Graph, Teams and the sample CRM) and writes local.settings.json, which leads the app to them. Ctrl-C stops them.

  --azurite CONNECTION      of Azurite, which runs already, or "own" to have it started (default ${DEVELOPMENT_STORAGE})
  --service-bus CONNECTION  of the Service Bus emulator, which runs already, or "own" for our stand-in
                            (default: the emulator on localhost)
  --config DIR              configuration folder (default infra/config)
  --port N                  where func start will listen, 0 for any free port (default 7071)
  --data DIR                where data is kept (default .local)
  --settings FILE           what to write (default local.settings.json)
  --overwrite               writes it also where there is one that this command did not write
  --quiet                   print nothing but the ready line
  --help                    print this`;

const options = {
  azurite: { type: 'string', default: DEVELOPMENT_STORAGE },
  'service-bus': { type: 'string', default: SERVICE_BUS_EMULATOR },
  config: { type: 'string' },
  port: { type: 'string', default: '7071' },
  data: { type: 'string' },
  settings: { type: 'string' },
  overwrite: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const OWN = 'own';

/** Relative paths count from `cwd`; what is not given is the app's in `appDir`. */
export function parseStandInFlags(args: string[], cwd: string, appDir: string): Result<StandInFlags | 'help', string> {
  const parsed = readArgs(args);
  if (!parsed.ok) return parsed;
  const { help: isHelp, config, data, settings, port, azurite, 'service-bus': serviceBus, ...others } = parsed.value;
  if (isHelp) return ok('help');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return err('--port must be a number from 0 to 65535');
  for (const [name, value] of Object.entries({ config, data, settings })) {
    if (value === '') return err(`--${name} must name a ${name === 'settings' ? 'file' : 'folder'}`);
  }
  const storage = azurite === OWN ? undefined : readStorageAddresses(azurite);
  if (storage?.ok === false) return err(`--azurite: ${storage.error}`);
  const endpoint = serviceBus === OWN ? undefined : readEndpoint(serviceBus);
  if (endpoint?.ok === false) return err(`--service-bus: ${endpoint.error}`);
  const place = (given: string | undefined, usual: string) =>
    given === undefined ? resolve(appDir, usual) : resolve(cwd, given);
  return ok({
    configDir: place(config, 'infra/config'),
    dataDir: place(data, '.local'),
    settingsFile: place(settings, 'local.settings.json'),
    port: Number(port),
    emulators: {
      ...(storage === undefined ? {} : { storage: azurite }),
      ...(endpoint === undefined ? {} : { serviceBus }),
    },
    mayOverwrite: others.overwrite,
    isQuiet: others.quiet,
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
