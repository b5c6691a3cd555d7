/**
 * The bridge behind `node:http`, with the gateway's own reader, header check and way to an upstream, and nothing else: no
 * token, policy, masking or record. What it does not imitate: sealed session ids (it passes the upstream's), recording.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent } from 'undici';
import type { ServerConfig } from '../../shared/config/config.ts';
import type { JsonObject } from '../../shared/json/value.ts';
import { type Bridge, createBridge } from '../../shared/mcp/bridge/create-bridge.ts';
import { classifyMessage } from '../../shared/mcp/headers.ts';
import { type Message, readClientMessage, readServerMessage, toJson } from '../../shared/mcp/message.ts';
import { declaredParamHeaders, paramHeaders } from '../../shared/mcp/param-headers.ts';
import { NAME_SOURCES } from '../../shared/mcp/protocol.ts';
import { formatEvent } from '../../shared/mcp/sse.ts';
import { callUpstream, type UpstreamAnswer, type UpstreamCall } from '../../shared/mcp/upstream.ts';

const LIMITS = { answerBytes: 1_000_000, eventBytes: 1_000_000, depth: 64, firstByteMs: 10_000 };

export interface Front {
  readonly url: string;
  readonly bridge: Bridge;
  stop(): Promise<void>;
}

export interface FrontOptions {
  readonly upstreamUrl: string;
  readonly protocol?: ServerConfig['protocol'];
  /** Input schemas by tool, as the lock has them. */
  readonly pinned?: Readonly<Record<string, JsonObject>>;
}

export async function startFront({ upstreamUrl, protocol = 'auto', pinned = {} }: FrontOptions): Promise<Front> {
  const dispatcher = new Agent();
  const server = serverConfig(upstreamUrl, protocol);
  const bridge = createBridge({
    call: (_server, call) => callUpstream(dispatcher, call, LIMITS),
    nowMs: Date.now,
    newId: randomUUID,
    deadline: AbortSignal.timeout,
    pause: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
    log: () => undefined,
    depth: LIMITS.depth,
    clientInfo: { name: 'front', version: '1' },
    paramHeadersFor: (_server, tool, args) => declaredParamHeaders(pinned[tool], args),
  });
  const front = createServer(async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => response.writableFinished || gone.abort(new Error('client gone')));
    try {
      await write(await bridge.call(server, 'caller', await readCall(request, upstreamUrl, gone.signal)), response);
    } catch {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    }
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}/mcp`,
    bridge,
    async stop() {
      await bridge.close();
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
      await dispatcher.destroy();
    },
  };
}

async function readCall(request: IncomingMessage, url: string, signal: AbortSignal): Promise<UpstreamCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, `${value}`]));
  const sessionId = headers.get('mcp-session-id');
  const base = { url, signal, ...(sessionId === null ? {} : { sessionId }) };
  if (request.method !== 'POST') {
    const version = headers.get('mcp-protocol-version') ?? '2025-11-25';
    return { ...base, verb: request.method === 'GET' ? 'GET' : 'DELETE', era: 'legacy', version };
  }
  const read = readClientMessage(Buffer.concat(chunks), LIMITS.depth);
  if (!read.ok) throw new Error(read.error.code);
  const message = read.value;
  const classified = classifyMessage(message, headers);
  if (!classified.ok) throw new Error(classified.error.code);
  const name = nameOf(message);
  return {
    ...base,
    verb: 'POST',
    ...classified.value,
    message: toJson(message),
    ...('method' in message ? { method: message.method } : {}),
    ...(name === undefined ? {} : { name }),
    paramHeaders: paramHeaders(headers),
  };
}

function nameOf(message: Message): string | undefined {
  if (message.kind === 'response') return undefined;
  const source = NAME_SOURCES.get(message.method);
  const name = source === undefined ? undefined : message.params?.[source];
  return typeof name === 'string' ? name : undefined;
}

async function write(answer: UpstreamAnswer, response: ServerResponse): Promise<void> {
  const session = answer.sessionId === undefined ? {} : { 'mcp-session-id': answer.sessionId };
  switch (answer.kind) {
    case 'empty':
      response.writeHead(answer.status, session).end();
      return;
    case 'message':
      response.writeHead(answer.status, { ...session, 'content-type': 'application/json' });
      response.end(JSON.stringify(toJson(answer.message)));
      return;
    case 'events':
      response.writeHead(200, { ...session, 'content-type': 'text/event-stream' }).flushHeaders();
      for await (const event of answer.events) {
        const message = readServerMessage(Buffer.from(event.data), LIMITS.depth);
        // As the gateway's relay does: no question reaches a client that could not answer it.
        if (message.ok && message.value.kind === 'request') continue;
        response.write(formatEvent(event.data));
      }
      response.end();
  }
}

export function serverConfig(url: string, protocol: ServerConfig['protocol']): ServerConfig {
  return {
    name: 'small',
    url,
    retention: 'standard',
    notifications: 'on',
    uninspected: 'allow',
    allowMethods: [],
    drift: 'alert',
    protocol,
    privateAddresses: 'allow',
    release: 'worker',
    tools: new Map(),
  };
}
