/**
 * Questions to Microsoft Graph v1.0 by REST, as the app's managed identity. A lookup has one deadline for its token, all
 * its requests and their retries. No redirect is followed, and a token goes to the host that it is for.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';

export interface GraphOptions {
  /** Graph's origin: `https://graph.microsoft.com`, or http to a stand-in on this machine. */
  readonly url: string;
  readonly credential: TokenCredential;
  /** For one lookup with its token, all its requests and retries; milliseconds, default 5,000. */
  readonly deadlineMs?: number;
}

export interface GraphLookup {
  /** `path` below `/v1.0/`; with a body it is a POST. Rejects for any answer but a good one; names no token. */
  ask(path: string, body?: unknown): Promise<unknown>;
  /** A GET that wants Graph's index (`ConsistencyLevel: eventual`): casts and counts of lists, minutes behind at most. */
  askIndex(path: string): Promise<unknown>;
}

const DEADLINE_MS = 5_000;
/** Before the one retry, where the answer does not say when. */
const RETRY_PAUSE_MS = 200;

/** One lookup's time: when it is over, and the signal that says so. */
interface Limit {
  readonly endsMs: number;
  readonly signal: AbortSignal;
}

/** Starts a lookup; rejects when there is no token for it. */
export function createGraphClient(options: GraphOptions): () => Promise<GraphLookup> {
  const { url, credential, deadlineMs = DEADLINE_MS } = options;
  const scope = scopeOf(url);

  return async () => {
    const limit = { endsMs: performance.now() + deadlineMs, signal: AbortSignal.timeout(deadlineMs) };
    const token = await within(limit.signal, credential.getToken(scope, { abortSignal: limit.signal }));
    if (token === null) throw new Error('the managed identity gave no token for Graph');
    return {
      ask: (path, body) => ask(`${url}/v1.0/${path}`, token.token, { body }, limit),
      askIndex: (path) => ask(`${url}/v1.0/${path}`, token.token, { headers: { consistencylevel: 'eventual' } }, limit),
    };
  };
}

/** Only a stand-in on this machine gets a token for another's name. */
function scopeOf(url: string): string {
  const { origin, protocol } = new URL(url);
  return `${protocol === 'https:' ? origin : 'https://graph.microsoft.com'}/.default`;
}

interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(url: string, token: string, { body, headers }: Asked, limit: Limit): Promise<unknown> {
  const json = { 'content-type': 'application/json', accept: 'application/json' };
  const send = () =>
    fetch(url, {
      headers: { ...headers, ...json, authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      redirect: 'error',
      signal: limit.signal,
    });
  let response = await send();
  if (response.status === 429 || response.status === 503) {
    await response.body?.cancel();
    await waitForRetry(response, limit);
    response = await send();
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Graph answered ${response.status} (request ${response.headers.get('request-id') ?? 'unnamed'})`);
  }
  return response.json();
}

/** Rejects at once where the answer asks for more time than there is: the caller has nothing to gain by waiting. */
async function waitForRetry(response: Response, { endsMs, signal }: Limit): Promise<void> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const pauseMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : RETRY_PAUSE_MS;
  if (performance.now() + pauseMs >= endsMs)
    throw new Error(`Graph answered ${response.status}, to come back too late`);
  await pause(pauseMs, undefined, { signal });
}

/** For what does not mind its signal: rejects with the signal's reason when that comes first. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}
