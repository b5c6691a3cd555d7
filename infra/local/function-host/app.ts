/**
 * Loads one app through the real library and says what it registered: entry files in order, start hooks, the model's
 * capabilities, then nothing more may register (LOCAL-STACK §A1). Throws `HostProblem` when the app cannot run here.
 */
import { Server } from 'node:http';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Binding,
  installCoreApi,
  type ProgrammingModel,
  type RegisteredFunction,
  type Registrations,
} from './core-api.ts';
import { HostProblem } from './settings.ts';

export interface LoadedApp {
  readonly model: ProgrammingModel;
  readonly hooks: Pick<Registrations, 'runHooks'>;
  /** Shared by every hook of the app's life. */
  readonly appHookData: object;
  readonly functions: readonly RegisteredFunction[];
  /** The port of the library's own server, when the app asked for streaming. */
  readonly streamPort: number | undefined;
  readonly loading: LoadTimes;
}

/** What a start consists of, in milliseconds. */
export interface LoadTimes {
  /** From the start of the process to the app's first file: Node's and this host's own. */
  readonly beforeMs: number;
  /** By entry file, relative to the app's folder, in order: the first loads what all of them share. */
  readonly entriesMs: Readonly<Record<string, number>>;
}

type WorkerLog = (level: string, category: string, message: string) => void;

export async function loadApp(
  app: { readonly appDir: string; readonly entryFiles: readonly string[] },
  log: WorkerLog,
): Promise<LoadedApp> {
  const registrations = installCoreApi(log);
  const beforeMs = performance.now();
  const entriesMs: Record<string, number> = {};
  for (const path of app.entryFiles) {
    const file = relative(app.appDir, path);
    const startedMs = performance.now();
    await loadEntry(path, file);
    entriesMs[file] = performance.now() - startedMs;
  }

  const model = registrations.model();
  if (model === undefined || registrations.functions.size === 0) {
    throw new HostProblem(
      'The app registered no function: is @azure/functions bundled into it, or its app folder wrong?',
    );
  }
  const appHookData = {};
  await registrations.runHooks('appStart', { hookData: {}, appHookData, functionAppDirectory: app.appDir });
  const capabilities = await listeningOnLoopback(() => model.getCapabilities({}));
  registrations.lock();
  const { HttpUri } = capabilities;
  return {
    model,
    hooks: registrations,
    appHookData,
    functions: [...registrations.functions.values()],
    streamPort: HttpUri === undefined ? undefined : Number(new URL(HttpUri).port),
    loading: { beforeMs, entriesMs },
  };
}

/** The trigger's name in the function and its settings, with `%NAME%` filled in from the environment. */
export function readTrigger(
  { metadata }: RegisteredFunction,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly type: string; readonly settings: Readonly<Record<string, unknown>> } {
  const found = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
  if (found === undefined) throw new HostProblem(`Function "${metadata.name}" has no trigger`);
  const [name, binding] = found;
  const fill = (text: string) =>
    text.replace(/%([^%]+)%/g, (_, variable: string) => {
      const value = environment[variable];
      if (value === undefined) throw new HostProblem(`Function "${metadata.name}": %${variable}% is not set`);
      return value;
    });
  const settings = Object.entries(binding satisfies Binding).map(([key, value]) => [
    key,
    typeof value === 'string' ? fill(value) : value,
  ]);
  return { name, type: binding.type, settings: Object.fromEntries(settings) };
}

async function loadEntry(path: string, file: string): Promise<void> {
  try {
    await import(pathToFileURL(path).href);
  } catch (cause) {
    throw new HostProblem(describeEntryError(cause, file), { cause });
  }
}

/** What an app says on purpose is shown as it stands; a slip in its code is named with its kind and file. */
function describeEntryError(cause: unknown, file: string): string {
  if (!(cause instanceof Error)) return `${file}: ${String(cause)}`;
  const isSlip = /^(Type|Reference|Syntax|Range)Error$/.test(cause.name) || 'code' in cause;
  return isSlip ? `${file}: ${cause.name}: ${cause.message}` : cause.message;
}

/** The library listens on every interface; here nothing may. The patch stands only while the library starts. */
async function listeningOnLoopback<T>(start: () => Promise<T>): Promise<T> {
  const { listen } = Server.prototype;
  Server.prototype.listen = function listenOnLoopback(this: Server, ...given: unknown[]): Server {
    const onListening = given.find((argument) => typeof argument === 'function');
    const port = given.find((argument) => typeof argument === 'number') ?? 0;
    // The host is the only client and keeps its connections: an idle one must not be cut under a request.
    this.keepAliveTimeout = 0;
    return Reflect.apply(listen, this, [port, '127.0.0.1', onListening]);
  };
  try {
    return await start();
  } finally {
    Server.prototype.listen = listen;
  }
}
