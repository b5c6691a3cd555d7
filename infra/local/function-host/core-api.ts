/**
 * The module `@azure/functions-core`, which only the Functions worker has: the real `@azure/functions` library asks for
 * it by `require`. It records what an app registers; it runs nothing itself. Follows the worker: names are unique,
 * nothing registers after start, and an unknown hook is a RangeError that the library recognises.
 */
import Module from 'node:module';

export interface Binding {
  readonly type: string;
  readonly direction: string;
  readonly [setting: string]: unknown;
}

export interface RetryOptions {
  readonly retryStrategy?: 'fixedDelay' | 'exponentialBackoff';
  readonly maxRetryCount?: number;
  readonly delayInterval?: { readonly seconds: number };
  readonly minimumInterval?: { readonly seconds: number };
  readonly maximumInterval?: { readonly seconds: number };
}

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: RetryOptions;
}

export type FunctionCallback = (...inputs: unknown[]) => unknown;
export type HookCallback = (context: object) => unknown;

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

export interface InvocationModel {
  getArguments(): Promise<{ readonly context: object; readonly inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<{ readonly returnValue?: unknown }>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: object): InvocationModel;
  getCapabilities(defaults: Record<string, string>): Promise<Record<string, string>>;
}

const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
export type HookName = (typeof hookNames)[number];

/** What the app registered so far. */
export interface Registrations {
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  model(): ProgrammingModel | undefined;
  /** Runs the hooks of one name in the order of registration; the first that throws ends the row. */
  runHooks(name: HookName, context: object): Promise<void>;
  /** From now on a registration throws, as it does in the worker. */
  lock(): void;
}

class Disposable {
  readonly #callOnDispose: () => unknown;

  constructor(callOnDispose: () => unknown) {
    this.#callOnDispose = callOnDispose;
  }

  dispose(): unknown {
    return this.#callOnDispose();
  }
}

/** Makes `require('@azure/functions-core')` work in this process. Call it before the app loads. */
export function installCoreApi(log: (level: string, category: string, message: string) => void): Registrations {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, HookCallback[]>(hookNames.map((name) => [name, []]));
  let model: ProgrammingModel | undefined;
  let isLocked = false;

  function registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    if (isLocked) throw systemError(new Error('A function can only be registered during app startup.'));
    if (functions.has(metadata.name)) {
      throw systemError(new Error(`A function with name "${metadata.name}" has already been registered.`));
    }
    functions.set(metadata.name, { metadata, callback });
    return new Disposable(() => functions.delete(metadata.name));
  }

  function registerHook(name: string, callback: HookCallback): Disposable {
    const row = hooks.get(name);
    if (row === undefined) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
    row.push(callback);
    return new Disposable(() => {
      const index = row.indexOf(callback);
      if (index >= 0) row.splice(index, 1);
    });
  }

  const api = {
    version: '3.9.1',
    hostVersion: '4.1000.0',
    setProgrammingModel: (value: ProgrammingModel) => {
      model = value;
    },
    getProgrammingModel: () => model,
    registerFunction,
    registerHook,
    log,
    Disposable,
  };
  answerRequire('@azure/functions-core', api);

  return {
    functions,
    model: () => model,
    runHooks: async (name, context) => {
      for (const callback of [...(hooks.get(name) ?? [])]) await callback(context);
    },
    lock: () => {
      isLocked = true;
    },
  };
}

function systemError<E extends Error>(error: E): E {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}

/** `Module._load` is where both `require` and an ES module's import of a CommonJS package end up. */
function answerRequire(name: string, exported: object): void {
  const load: unknown = Reflect.get(Module, '_load');
  if (typeof load !== 'function') throw new Error('This Node has no Module._load: the host cannot supply its module.');
  Reflect.set(Module, '_load', function answer(this: unknown, request: unknown, ...rest: unknown[]): unknown {
    return request === name ? exported : Reflect.apply(load, this, [request, ...rest]);
  });
}
