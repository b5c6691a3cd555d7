/**
 * The test switch of every stand-in: make the next N requests that match slow, failing, hanging, or cut *after* the
 * effect has happened. Set in process (`add`, `clear`) or over HTTP (`POST`, `GET`, `DELETE /_faults`), so that a test
 * in another process can drive it. It never changes what the stand-in does, only what the client gets to hear.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { HttpProblem, readJson, sendJson } from './http.ts';

const pattern = z.string().refine(isPattern, 'must be a regular expression');
const matching = {
  /** Upper case; absent: any. */
  method: z.string().optional(),
  /** Regular expression over path and query; absent: any. */
  path: pattern.optional(),
  /** How many matching requests it strikes; default 1. */
  times: z.int().positive().optional(),
};
/** `before`: the stand-in does nothing. `after`: it does its work, and the client does not hear of it. */
const when = z.enum(['before', 'after']).optional();

const faultSchema = z.discriminatedUnion('does', [
  /** The request is served, `ms` milliseconds late. */
  z.strictObject({ ...matching, does: z.literal('wait'), ms: z.int().nonnegative() }),
  /** An error status; by default before the effect. */
  z.strictObject({
    ...matching,
    does: z.literal('fail'),
    status: z.int().min(400).max(599),
    retryAfterSeconds: z.int().nonnegative().optional(),
    when,
  }),
  /** No answer, ever; by default before the effect. */
  z.strictObject({ ...matching, does: z.literal('hang'), when }),
  /** The connection is cut; by default after the effect. */
  z.strictObject({ ...matching, does: z.literal('drop'), when }),
]);

export type Fault = z.infer<typeof faultSchema>;

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** What is still to strike, in the order in which it was added. */
  list(): readonly Fault[];
  /** True when the request has been dealt with (struck, or about `/_faults`) and must not be served. */
  intercept(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

export function createFaults(): Faults {
  let pending: { fault: Fault; left: number }[] = [];

  function add(fault: Fault): void {
    pending.push({ fault, left: fault.times ?? 1 });
  }

  function clear(): void {
    pending = [];
  }

  function take(method: string, url: string): Fault | undefined {
    const entry = pending.find(
      ({ fault }) =>
        (fault.method === undefined || fault.method === method) &&
        (fault.path === undefined || new RegExp(fault.path).test(url)),
    );
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left === 0) pending = pending.filter((other) => other !== entry);
    return entry.fault;
  }

  async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      const parsed = faultSchema.safeParse(await readJson(request));
      if (!parsed.success) throw new HttpProblem(400, z.prettifyError(parsed.error));
      add(parsed.data);
    } else if (request.method === 'DELETE') clear();
    else if (request.method !== 'GET') throw new HttpProblem(405, 'GET, POST or DELETE');
    sendJson(
      response,
      200,
      pending.map(({ fault, left }) => ({ ...fault, times: left })),
    );
  }

  async function intercept(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = request.url ?? '/';
    if (url === '/_faults') {
      await control(request, response);
      return true;
    }
    const fault = take(request.method ?? 'GET', url);
    if (!fault) return false;
    if (fault.does === 'wait') {
      await sleep(fault.ms);
      return false;
    }
    const moment = fault.when ?? (fault.does === 'drop' ? 'after' : 'before');
    if (moment === 'before') {
      strike(fault, response);
      return true;
    }
    swallowAnswer(response, () => strike(fault, response));
    return false;
  }

  return { add, clear, list: () => pending.map(({ fault, left }) => ({ ...fault, times: left })), intercept };
}

function strike(fault: Exclude<Fault, { does: 'wait' }>, response: ServerResponse): void {
  if (fault.does === 'drop') response.socket?.destroy();
  if (fault.does !== 'fail') return;
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  if (fault.retryAfterSeconds !== undefined) response.setHeader('retry-after', fault.retryAfterSeconds);
  sendJson(response, fault.status, { error: { code: 'Fault', message: 'A fault that a test asked for.' } });
}

/** Lets a handler write its whole answer into the void, then calls `finished` on the untouched response. */
function swallowAnswer(response: ServerResponse, finished: () => void): void {
  const muted = {
    writeHead: () => response,
    write: () => true,
    flushHeaders: () => undefined,
    end: () => {
      for (const name of Object.keys(muted)) Reflect.deleteProperty(response, name);
      finished();
      return response;
    },
  };
  Object.assign(response, muted);
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}
