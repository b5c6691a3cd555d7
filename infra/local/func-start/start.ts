/**
 * The stack without its gateway, which `func start` is to run: the stand-ins, storage and Service Bus where they are, and
 * the app's settings as `local.settings.json` has them. Either all of it runs or none of it. Core Tools themselves were
 * never part of it: what is known is that the built app runs on these settings alone, in our function host.
 */
import type { BusService, StorageService } from '../access/access.ts';
import { createAccessByEmulators, type Emulators } from '../access/by-emulators.ts';
import { createAppEnvironment } from '../app-environment.ts';
import { checkConfig } from '../check-config.ts';
import { findPort } from '../free-port.ts';
import { linesOf, StackProblem } from '../stack.ts';
import { type StandIns, startStandIns } from '../stand-ins.ts';
import { createStopwatch } from '../stopwatch.ts';
import { killAll, type WatchedProcess, waitForLoss } from '../watch-processes.ts';

export interface FuncStackOptions {
  readonly configDir: string;
  /** Its claim is the caller's (data-folder.ts). */
  readonly dataDir: string;
  /** Where `func start` will listen; 0: any free port. */
  readonly port: number;
  readonly emulators: Emulators;
}

export interface FuncStack extends StandIns<StorageService, BusService> {
  /** The gateway's, once `func start` runs it. */
  readonly url: string;
  readonly port: number;
  /** `Values` of the settings file: all that the app and its host read, and nothing that is empty. */
  readonly values: Readonly<Record<string, string>>;
  /** Resolves when a child process ends that nobody stopped. */
  readonly lost: Promise<WatchedProcess>;
  /** Ends every child process now. */
  kill(): void;
}

/** Rejects with `StackProblem`. */
export async function startFuncStack(options: FuncStackOptions): Promise<FuncStack> {
  const { configDir, dataDir } = options;
  const [port, config] = await Promise.all([findPort(options.port), checkConfig(configDir, process.env)]);
  if (!config.ok) throw new StackProblem(config.error);
  if (!port.ok) throw new StackProblem([port.error]);
  const url = `http://127.0.0.1:${port.value}`;
  const access = createAccessByEmulators(options.emulators);
  try {
    const standIns = await startStandIns(
      {
        access,
        dataDir,
        publicUrl: url,
        servers: [...config.value.servers.keys()],
        retentionClasses: [...config.value.transcripts.retention.keys()],
      },
      createStopwatch(),
    );
    const { azurite } = standIns;
    const app = createAppEnvironment({ publicUrl: url, configDir, ...standIns, access: access.settings(standIns) });
    const processes = azurite.pid === undefined ? [] : [{ name: 'azurite', pid: azurite.pid }];
    const stopping = new AbortController();
    return {
      ...standIns,
      url,
      port: port.value,
      values: withoutEmpty({ FUNCTIONS_WORKER_RUNTIME: 'node', AzureWebJobsStorage: azurite.connectionString, ...app }),
      lost: waitForLoss(processes, stopping.signal),
      stop() {
        stopping.abort();
        return standIns.stop();
      },
      kill: () => killAll(processes),
    };
  } catch (cause) {
    throw new StackProblem(linesOf(cause), { cause });
  }
}

/** An empty setting counts as unset, and this file is the whole environment: what is not in it need not be kept out. */
function withoutEmpty(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
}
