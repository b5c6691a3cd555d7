/** An upstream as a function: keeps what it was sent, and answers as the test says. No network, no clock of its own. */
import type { ServerConfig } from '../../../../shared/config/config.ts';
import type { JsonObject } from '../../../../shared/json/value.ts';
import { type Bridge, createBridge } from '../../../../shared/mcp/bridge/create-bridge.ts';
import { type Message, type MessageId, toMessage } from '../../../../shared/mcp/message.ts';
import type { UpstreamAnswer, UpstreamCall } from '../../../../shared/mcp/upstream.ts';

export type Script = (call: UpstreamCall, message: Message | undefined) => UpstreamAnswer | Promise<UpstreamAnswer>;

export interface Scene {
  readonly bridge: Bridge;
  readonly sent: UpstreamCall[];
  /** Methods of what was sent; the verb of what has none. */
  methods(): string[];
  script: Script;
  nowMs: number;
}

export function createScene(script: Script): Scene {
  const sent: UpstreamCall[] = [];
  let ids = 0;
  const scene: Scene = {
    sent,
    methods: () =>
      sent.map(({ verb, message }) => (message === undefined ? verb : String(message.method ?? 'response'))),
    script,
    nowMs: 1_000_000,
    bridge: createBridge({
      async call(_server, call) {
        sent.push(call);
        const read = call.message === undefined ? undefined : toMessage(call.message);
        return scene.script(call, read?.ok ? read.value : undefined);
      },
      nowMs: () => scene.nowMs,
      newId: () => `ours-${++ids}`,
      deadline: () => new AbortController().signal,
      pause: async () => undefined,
      log: () => undefined,
      depth: 64,
      clientInfo: { name: 'sallyport', version: '1' },
    }),
  };
  return scene;
}

export const server = (protocol: ServerConfig['protocol'] = 'auto', allowMethods: string[] = []): ServerConfig => ({
  name: 'crm',
  url: 'http://upstream.example/mcp',
  retention: 'standard',
  notifications: 'on',
  uninspected: 'deny',
  allowMethods,
  drift: 'quarantine',
  protocol,
  privateAddresses: 'refuse',
  release: 'worker',
  tools: new Map(),
});

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

export function modernCall(method: string, params: JsonObject = {}, signal?: AbortSignal): UpstreamCall {
  const meta = { ...ENVELOPE, ...(params._meta as JsonObject | undefined) };
  const message = { jsonrpc: '2.0', id: 7, method, params: { ...params, _meta: meta } };
  return callOf('modern', message, method, signal);
}

export function legacyCall(method: string, params: JsonObject = {}): UpstreamCall {
  return callOf('legacy', { jsonrpc: '2.0', id: 7, method, params }, method);
}

function callOf(era: 'modern' | 'legacy', message: JsonObject, method: string, signal?: AbortSignal): UpstreamCall {
  const { url } = server();
  return { url, verb: 'POST', era, message, method, signal: signal ?? new AbortController().signal };
}

export function result(id: MessageId | null, value: JsonObject, sessionId?: string): UpstreamAnswer {
  const message: Message = { kind: 'response', id, result: value };
  return { status: 200, kind: 'message', message, ...(sessionId === undefined ? {} : { sessionId }) };
}

export function failure(status: number, id: MessageId | null, error: JsonObject): UpstreamAnswer {
  return { status, kind: 'message', message: { kind: 'response', id, error } };
}

export function stream(...messages: JsonObject[]): UpstreamAnswer {
  return { status: 200, kind: 'events', events: eventsOf(messages) };
}

async function* eventsOf(messages: readonly JsonObject[]) {
  for (const message of messages) yield { data: JSON.stringify({ jsonrpc: '2.0', ...message }) };
}

export async function readAll(answer: UpstreamAnswer): Promise<JsonObject[]> {
  if (answer.kind !== 'events') throw new Error(`not a stream: ${answer.kind}`);
  const messages: JsonObject[] = [];
  for await (const { data } of answer.events) messages.push(JSON.parse(data));
  return messages;
}

/** A legacy server with sessions, as the SDK's transports answer. Sessions count up from `session-1`. */
export function legacyServer(answer: (id: MessageId, method: string) => UpstreamAnswer): Script & { lose(): void } {
  let opened = 0;
  let current: string | undefined;
  const script = (call: UpstreamCall, message: Message | undefined): UpstreamAnswer => {
    if (call.verb === 'DELETE') return { status: 200, kind: 'empty' };
    if (message?.kind === 'request' && message.method === 'initialize') {
      opened += 1;
      current = `session-${opened}`;
      const serverInfo = { name: 'old', version: '1' };
      return result(message.id, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }, current);
    }
    if (call.sessionId === undefined) {
      return failure(400, null, { code: -32_000, message: 'Bad Request: Server not initialized' });
    }
    if (call.sessionId !== current) return failure(404, null, { code: -32_001, message: 'Session not found' });
    return message?.kind === 'request' ? answer(message.id, message.method) : { status: 202, kind: 'empty' };
  };
  return Object.assign(script, {
    lose: () => {
      current = undefined;
    },
  });
}

/** A modern-only server, as the SDK's handler answers. */
export function modernServer(answer: (id: MessageId, method: string) => UpstreamAnswer): Script {
  return (call, message) => {
    if (message?.kind !== 'request') return { status: 202, kind: 'empty' };
    if (call.era === 'legacy') {
      const data = { supported: ['2026-07-28'] };
      return failure(400, message.id, { code: -32_022, message: 'Unsupported protocol version', data });
    }
    if (message.method !== 'server/discover') return answer(message.id, message.method);
    const meta = { 'io.modelcontextprotocol/serverInfo': { name: 'new', version: '2' } };
    const capabilities = { tools: { listChanged: true }, logging: {} };
    return result(message.id, {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities,
      _meta: meta,
    });
  };
}
