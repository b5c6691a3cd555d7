/**
 * The one file that reaches inside `@azure/functions`: the programming model that the library gave to its host. Through
 * it the cure learns where the library listens, sees an invocation before it waits for its forwarded request, and has
 * the library answer and forget a request that nobody claimed. Public calls of the core contract only; tests pin it.
 */
import { createRequire } from 'node:module';

interface InvocationModel {
  getArguments(): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<unknown>;
}

interface ProgrammingModel {
  getCapabilities(defaults: object): Promise<unknown>;
  getInvocationModel(context: object): InvocationModel;
}

export interface SeamWatcher {
  /** Startup is over; `port` is the library's own server's, undefined when HTTP streaming is off. */
  onStarted(port: number | undefined): void;
  /** Wraps the wait of an HTTP invocation for its forwarded request. */
  onArguments<T>(invocationId: string, getArguments: () => Promise<T>): Promise<T>;
}

export interface LibrarySeam {
  /**
   * Has the library answer, with an empty body, the response it holds under this id, and drop it from its table.
   * False when it holds none.
   */
  answer(invocationId: string, status: number): Promise<boolean>;
  /** Has the library drop the request that it holds under this id, which no invocation has taken. */
  forget(invocationId: string): void;
}

/**
 * Call it from an appStart hook: the functions are registered then, and the library does not yet listen.
 * `undefined` outside a Functions host, or when the host's shape is not the one this was written for.
 */
export function openLibrarySeam(watcher: SeamWatcher): LibrarySeam | undefined {
  const model = findProgrammingModel();
  if (model === undefined) return undefined;
  const getCapabilities = model.getCapabilities.bind(model);
  const getInvocationModel = model.getInvocationModel.bind(model);

  model.getCapabilities = async (defaults) => {
    const capabilities = await getCapabilities(defaults);
    watcher.onStarted(readPort(capabilities));
    return capabilities;
  };
  model.getInvocationModel = (context) => {
    const invocation = getInvocationModel(context);
    const id = readHttpInvocationId(context);
    if (id === undefined) return invocation;
    const getArguments = invocation.getArguments.bind(invocation);
    invocation.getArguments = () => watcher.onArguments(id, getArguments);
    return invocation;
  };

  return {
    answer: async (invocationId, status) => {
      try {
        await getInvocationModel(describeOrphan(invocationId)).getResponse({ invocationId }, { status });
        return true;
      } catch {
        return false;
      }
    },
    forget: (invocationId) => {
      // Taking it is all that matters; what the library then makes of it may fail.
      getInvocationModel(describeOrphan(invocationId))
        .getArguments()
        .catch(() => undefined);
    },
  };
}

/** As much of an invocation as the library reads before it looks into its tables. */
function describeOrphan(invocationId: string): object {
  const bindings = { request: { type: 'httpTrigger', direction: 'in' }, $return: { type: 'http', direction: 'out' } };
  return {
    invocationId,
    metadata: { name: 'unclaimed-request', bindings },
    request: { invocationId, inputData: [{ name: 'request', data: { http: {} } }], triggerMetadata: {} },
    state: undefined,
    log: () => undefined,
  };
}

function findProgrammingModel(): ProgrammingModel | undefined {
  try {
    const core: unknown = createRequire(import.meta.url)('@azure/functions-core');
    if (!isRecord(core) || typeof core.getProgrammingModel !== 'function') return undefined;
    const model: unknown = core.getProgrammingModel();
    return isProgrammingModel(model) ? model : undefined;
  } catch {
    return undefined;
  }
}

function isProgrammingModel(value: unknown): value is ProgrammingModel {
  return (
    typeof value === 'object' &&
    value !== null &&
    'getCapabilities' in value &&
    typeof value.getCapabilities === 'function' &&
    'getInvocationModel' in value &&
    typeof value.getInvocationModel === 'function'
  );
}

function readPort(capabilities: unknown): number | undefined {
  const uri = isRecord(capabilities) ? capabilities.HttpUri : undefined;
  const port = typeof uri === 'string' ? Number(URL.parse(uri)?.port) : Number.NaN;
  return Number.isInteger(port) && port > 0 ? port : undefined;
}

function readHttpInvocationId(context: object): string | undefined {
  if (!('invocationId' in context) || typeof context.invocationId !== 'string') return undefined;
  const metadata = 'metadata' in context ? context.metadata : undefined;
  const bindings = isRecord(metadata) ? metadata.bindings : undefined;
  const isHttp =
    isRecord(bindings) &&
    Object.values(bindings).some((binding) => isRecord(binding) && /^httptrigger$/i.test(String(binding.type)));
  return isHttp ? context.invocationId : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
