/**
 * The sample upstream over HTTP: one endpoint, `/mcp`, for both eras, on 127.0.0.1 and behind an API key.
 * It stands in for a real system that somebody wants guarded; it is no example of how to guard one.
 * Not imitated: TLS, several instances, resumable streams (no event store).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Faults } from '../faults.ts';
import { sendJson } from '../http.ts';
import { createMcpEndpoint } from '../mcp-server/endpoint.ts';
import { type Handler, startStandIn } from '../stand-in.ts';
import { openDatabase } from './database.ts';
import { createQueryRunner } from './query.ts';
import { createCrmMcpServer } from './server.ts';

const requestsKeptMost = 200;

export interface CrmServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** What the header `x-api-key` must carry. */
  readonly apiKey: string;
  /** SQLite file; absent: in memory, gone at the end. */
  readonly databaseFile?: string;
  /** Told of refused messages and internal failures, one line each. */
  readonly log?: (line: string) => void;
}

/** A request as it arrived, for tests that must know what the upstream saw. */
export interface CrmRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The body's text; empty without one. */
  readonly body: string;
}

export interface CrmServer {
  /** `http://127.0.0.1:PORT/mcp` */
  readonly url: string;
  /** The latest 200 requests that had the key, the oldest first. */
  readonly requests: readonly CrmRequest[];
  readonly faults: Faults;
  stop(): Promise<void>;
}

/** Rejects with one clear line when the port is taken or the database cannot be opened; nothing is left running then. */
export async function startCrmServer(options: CrmServerOptions): Promise<CrmServer> {
  const log = options.log ?? (() => undefined);
  const database = openDatabase(options.databaseFile);
  const queries = createQueryRunner(database);
  const requests: CrmRequest[] = [];
  const endpoint = createMcpEndpoint({
    createServer: () => createCrmMcpServer({ database, queries }),
    onRequest({ method, headers }, body) {
      requests.push({ method, headers: Object.fromEntries(headers), body });
      if (requests.length > requestsKeptMost) requests.shift();
    },
    log,
  });

  const hasKey = createKeyCheck(options.apiKey);
  const guard: Handler = async (request, response) => {
    if (!hasKey(request)) sendJson(response, 401, { error: 'The x-api-key header is missing or wrong.' });
    else if (request.url?.split('?')[0] !== '/mcp') sendJson(response, 404, { error: 'Only /mcp is here.' });
    else await endpoint.handle(request, response);
  };

  function release(): void {
    queries.stop();
    database.close();
  }

  try {
    const standIn = await startStandIn({ name: 'crm', port: options.port, createHandler: () => guard });
    return {
      url: `${standIn.url}/mcp`,
      requests,
      faults: standIn.faults,
      async stop() {
        await endpoint.close();
        await standIn.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Compares digests, so that neither the time it takes nor the length tells anything about the key. */
function createKeyCheck(apiKey: string): (request: IncomingMessage) => boolean {
  const expected = digest(apiKey);
  return (request) => {
    const given = request.headers['x-api-key'];
    return typeof given === 'string' && timingSafeEqual(digest(given), expected);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
