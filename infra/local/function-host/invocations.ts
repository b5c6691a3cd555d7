/**
 * Runs one invocation through the library's model in the worker's order: arguments, pre hooks, handler, post hooks,
 * response (LOCAL-STACK §A1). A post hook may clear or replace the error. Counts what runs, so that a stop can wait.
 */
import type { FunctionCallback, ProgrammingModel, RegisteredFunction, Registrations } from './core-api.ts';

export interface InvocationInput {
  readonly invocationId: string;
  /** The trigger's binding name and its data, in the worker's typed form (`{http}`, `{json}`, `{string}`). */
  readonly inputData: readonly { readonly name: string; readonly data: object }[];
  readonly triggerMetadata: Readonly<Record<string, object>>;
  readonly retryContext?: object;
}

/** Resolves to the function's return value in the worker's typed form. Rejects with what the function threw. */
export type Invoke = (target: RegisteredFunction, input: InvocationInput) => Promise<unknown>;

export interface Invocations {
  readonly invoke: Invoke;
  /** Resolves when nothing runs any more. */
  settled(): Promise<void>;
}

type WorkerLog = (level: string, category: string, message: string) => void;

export function createInvocations(
  model: ProgrammingModel,
  hooks: Pick<Registrations, 'runHooks'>,
  appHookData: object,
  log: WorkerLog,
): Invocations {
  const running = new Set<Promise<unknown>>();

  async function run(target: RegisteredFunction, input: InvocationInput): Promise<unknown> {
    const core = {
      invocationId: input.invocationId,
      request: input,
      metadata: target.metadata,
      state: undefined as string | undefined,
      log,
    };
    const invocation = model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    const shared = { hookData: {}, appHookData, invocationContext: context };

    const before: { inputs: unknown[]; functionCallback: FunctionCallback } = {
      inputs,
      functionCallback: target.callback,
    };
    const pre = Object.assign(before, shared);
    core.state = 'preInvocationHooks';
    await hooks.runHooks('preInvocation', pre);

    core.state = 'invocation';
    const outcome = await settle(invocation.invokeFunction(context, pre.inputs, pre.functionCallback));

    const post = { ...shared, inputs: pre.inputs, ...outcome };
    core.state = 'postInvocationHooks';
    await hooks.runHooks('postInvocation', post);
    core.state = undefined;
    if (post.error !== undefined && post.error !== null) throw post.error;
    return (await invocation.getResponse(context, post.result)).returnValue;
  }

  return {
    invoke: (target, input) => {
      const outcome = run(target, input);
      running.add(outcome);
      const forget = () => running.delete(outcome);
      outcome.then(forget, forget);
      return outcome;
    },
    settled: async () => {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

async function settle(outcome: Promise<unknown>): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await outcome, error: undefined };
  } catch (error) {
    return { result: undefined, error: error ?? new Error('The function threw nothing.') };
  }
}
