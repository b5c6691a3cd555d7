/**
 * The same call many times over, from N clients at once, each with a connection of its own. Raw HTTP on purpose: an SDK
 * client costs more than the gateway, and would hide what is measured.
 */
import { Agent, request } from 'undici';
import { quantile } from './quantile.ts';

export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadResult {
  readonly clients: number;
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly callsPerSecond: number;
}

/** Throws on the first answer that is not what a good call gives. */
export async function runLoad(target: Target, clients: number, calls: number, warmUp: number): Promise<LoadResult> {
  const dispatcher = new Agent({ connections: clients, pipelining: 1 });
  try {
    await spread(clients, warmUp, () => callOnce(dispatcher, target));
    const timings: number[] = [];
    const startedMs = performance.now();
    await spread(clients, calls, async () => {
      const callStartedMs = performance.now();
      await callOnce(dispatcher, target);
      timings.push(performance.now() - callStartedMs);
    });
    const seconds = (performance.now() - startedMs) / 1_000;
    timings.sort((left, right) => left - right);
    return {
      clients,
      calls,
      p50Ms: quantile(timings, 0.5),
      p99Ms: quantile(timings, 0.99),
      callsPerSecond: Math.round(calls / seconds),
    };
  } finally {
    await dispatcher.close();
  }
}

async function callOnce(dispatcher: Agent, { url, headers, body }: Target): Promise<void> {
  const response = await request(url, { method: 'POST', dispatcher, headers, body });
  const text = await response.body.text();
  if (response.statusCode !== 200 || !text.includes('"structuredContent"')) {
    throw new Error(`not a good answer: ${response.statusCode} ${text.slice(0, 200)}`);
  }
}

async function spread(clients: number, calls: number, work: () => Promise<void>): Promise<void> {
  let left = calls;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}
