/**
 * The call that whatever runs now belongs to, so that a line of the log can say it where nobody handed it down. Entered
 * only where traces are made; elsewhere a line has the call's id from whoever writes it, or none.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFacts } from '../log.ts';

export interface CurrentCall {
  readonly callId: string;
  /** Undefined until it is known whose trace it is. */
  readonly traceId: string | undefined;
}

const calls = new AsyncLocalStorage<CurrentCall>();

/** `call` may come to know its trace later. */
export function withCurrentCall<T>(call: CurrentCall, run: () => T): T {
  return calls.run(call, run);
}

export function currentCallFacts(): LogFacts {
  const call = calls.getStore();
  return call === undefined ? {} : { callId: call.callId, traceId: call.traceId };
}
