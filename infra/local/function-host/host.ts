/**
 * One instance of the host in this process: binds the port first, loads the app, starts its triggers, and on stop takes
 * no new work, lets what runs finish within a bound, and runs the app's end hooks.
 */
import { Agent, createServer, type Server } from 'node:http';
import { type LoadedApp, type LoadTimes, loadApp } from './app.ts';
import type { HostKeys } from './http-functions.ts';
import { createHttpHandler, type HttpHandler } from './http-server.ts';
import { createInvocations, type Invoke } from './invocations.ts';
import { listen } from './listen.ts';
import type { QueueFunction } from './queue-function.ts';
import type { QueueTriggers } from './queue-trigger.ts';
import { readAppSettings } from './settings.ts';
import { runTimer } from './timer-trigger.ts';
import { sortTriggers } from './triggers.ts';

export interface HostOptions {
  /** Absolute. */
  readonly appDir: string;
  /** 0: any free one. */
  readonly port: number;
  /** Instance 0 alone runs timers. */
  readonly instance: number;
  readonly isOutermost: boolean;
  readonly keys: HostKeys;
  /** Filled in from local.settings.json, then read for bindings and switched-off functions. */
  readonly environment: Record<string, string | undefined>;
  readonly timerFolder: string | undefined;
  /** How long a stop waits for what runs, and again for the app's end hooks. */
  readonly drainMs: number;
  readonly log: (line: string) => void;
}

export interface Host {
  readonly port: number;
  readonly loading: LoadTimes;
  stop(): Promise<void>;
}

const END_HOOKS_MS = 1_000;

/** Throws `HostProblem` with what stands in the way. */
export async function startHost(options: HostOptions): Promise<Host> {
  const settings = readAppSettings(options.appDir, options.environment);
  const http = await openPort(options.port);
  const log = (level: string, category: string, message: string) => {
    if (level !== 'debug' && level !== 'trace' && level !== 'none') options.log(`${level} ${category}: ${message}`);
  };
  const app = await loadApp({ appDir: options.appDir, entryFiles: settings.entryFiles }, log);
  const invocations = createInvocations(app.model, app.hooks, app.appHookData, log);
  const triggers = sortTriggers(app.functions, settings, options.environment);

  const stopping = new AbortController();
  const agent = new Agent({ keepAlive: true });
  http.serve(
    createHttpHandler({
      functions: triggers.http,
      keys: options.keys,
      invoke: invocations.invoke,
      stream: app.streamPort === undefined ? undefined : { port: app.streamPort, agent },
      isOutermost: options.isOutermost,
      log: options.log,
    }),
  );
  const timers = (options.instance === 0 ? triggers.timers : []).map((timer) =>
    runTimer(
      timer,
      { invoke: invocations.invoke, folder: options.timerFolder, log: options.log },
      stopping.signal,
    ).catch((cause: unknown) => options.log(`Timer ${timer.target.metadata.name} stopped: ${String(cause)}`)),
  );
  const queues = startQueues(triggers.queues, { invoke: invocations.invoke, log: options.log });
  return {
    port: http.port,
    loading: app.loading,
    stop: async () => {
      stopping.abort();
      // Timers too: one that has run must still note that it has.
      const drained = [http.drain(), queues.then((started) => started?.drain()), invocations.settled(), ...timers];
      await Promise.race([Promise.all(drained), pause(options.drainMs)]);
      http.close();
      agent.destroy();
      const closed = queues.then((started) => started?.close());
      await Promise.race([Promise.all([endApp(app, options.log), closed]), pause(END_HOOKS_MS)]);
    },
  };
}

/** The port answers meanwhile: the Service Bus client takes a tenth of a second to load, and only queues need it. */
async function startQueues(
  functions: readonly QueueFunction[],
  tools: { readonly invoke: Invoke; readonly log: (line: string) => void },
): Promise<QueueTriggers | undefined> {
  if (functions.length === 0) return undefined;
  const { startQueueTriggers } = await import('./queue-trigger.ts');
  return startQueueTriggers(functions, tools);
}

async function endApp(app: LoadedApp, log: (line: string) => void): Promise<void> {
  try {
    await app.hooks.runHooks('appTerminate', { hookData: {}, appHookData: app.appHookData });
  } catch (cause) {
    log(`An appTerminate hook failed: ${String(cause)}`);
  }
}

interface Port {
  readonly port: number;
  serve(handler: HttpHandler): void;
  /** Takes nothing new; resolves when every exchange has ended. */
  drain(): Promise<void>;
  /** Cuts what is left. */
  close(): void;
}

/** Binds before the app loads: a port in use must not cost an app's start. Until the app is there: 503. */
async function openPort(wanted: number): Promise<Port> {
  let handle: HttpHandler | undefined;
  const server: Server = createServer((incoming, outgoing) => {
    if (handle === undefined) {
      outgoing.writeHead(503, { 'content-length': 0, connection: 'close' }).end();
      return;
    }
    handle(incoming, outgoing).catch((cause: unknown) => outgoing.destroy(cause instanceof Error ? cause : undefined));
  });
  const port = await listen(server, wanted);
  return {
    port,
    serve: (handler) => {
      handle = handler;
    },
    drain: () => {
      handle = undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      return promise;
    },
    close: () => server.closeAllConnections(),
  };
}

function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  return promise;
}
