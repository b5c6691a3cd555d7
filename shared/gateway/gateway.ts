/**
 * The map of the system: wires every module, once per process (DESIGN §3). What needs Azure at all (the keyring, the
 * blocks, the notes on drift, the transcript writer's endorsement) is fetched at `warmUp` or by the first call, and again
 * by the next one if it failed.
 */
import { createSealedStore } from '../approvals/sealed-store.ts';
import type { CallParts } from '../calls/parts.ts';
import { receive } from '../calls/receive.ts';
import type { Config } from '../config/config.ts';
import { createCredentialBroker } from '../credentials/broker.ts';
import { createToolDrift } from '../drift/tool-drift.ts';
import { createBlocks } from '../identity/blocks/blocks.ts';
import { createCachedGroupSource } from '../identity/cached-groups.ts';
import { createGroupResolver } from '../identity/groups.ts';
import { createRemoteKeySource } from '../identity/key-source.ts';
import { answerResourceMetadata, type ResourceOptions } from '../identity/resource-metadata.ts';
import type { Json, JsonObject } from '../json/value.ts';
import type { Keyring } from '../keys/keyring.ts';
import { loadKeyring } from '../keys/load-keyring.ts';
import { createLimiter } from '../limits/create-limiter.ts';
import { createMasker } from '../masking/mask.ts';
import { jsonAnswer } from '../mcp/answers.ts';
import { createBridge } from '../mcp/bridge/create-bridge.ts';
import { createUpstreams } from '../mcp/call-through.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { declaredParamHeaders } from '../mcp/param-headers.ts';
import type { Pages } from '../pages/create-pages.ts';
import type { PolicyEngine } from '../policy/engine.ts';
import { createRecorder } from '../transcripts/recorder.ts';
import { createAuthenticator } from './authenticate.ts';
import { createMemberships } from './memberships.ts';
import { observePorts, observeRecorder } from './observe.ts';
import type { PeopleSide } from './people-side.ts';
import type { GatewayPorts } from './ports.ts';
import { createQueueSide, type QueueSide } from './queue-side.ts';
import { TRANSCRIPT_FORMAT, VERSION } from './version.ts';

export interface Gateway {
  /** POST, GET and DELETE /mcp/{server}. */
  mcp(call: HttpCall): Promise<HttpAnswer>;
  /** GET and POST /ui/{*path} */
  pages(call: HttpCall): Promise<HttpAnswer>;
  /** /api/{*path} */
  api(call: HttpCall): Promise<HttpAnswer>;
  /** POST /teams/{kind} */
  teams(call: HttpCall): Promise<HttpAnswer>;
  /** What queues and timers bring. Rejects until the gateway is ready: then a message comes again. */
  queues(): Promise<QueueSide>;
  /** GET /.well-known/oauth-protected-resource/{*path} */
  resourceMetadata(call: HttpCall): HttpAnswer;
  /** GET /health */
  health(): HttpAnswer;
  /** Begins to fetch what the first call will need; does not wait, and does not fail. */
  warmUp(): void;
  /** Closes open transcript segments, leaves the limits' counts to other instances, ends connections to upstreams. */
  close(): Promise<void>;
}

interface Ready {
  readonly parts: CallParts;
  readonly queues: QueueSide;
  /** Loaded by the first request for them: an instance that serves agents alone needs neither. */
  readonly people: () => Promise<PeopleSide>;
  readonly pages: () => Promise<Pages>;
}

const RETRY_AFTER_SECONDS = '5';

export function createGateway(config: Config, policy: PolicyEngine, given: GatewayPorts): Gateway {
  const ports = observePorts(config, given);
  const { publicUrl, log, telemetry } = ports;
  const resource: ResourceOptions = { publicUrl, resource: config.identity.resource, scope: config.identity.scope };
  const transcript = createRecorder({
    ...ports,
    ...config.transcripts,
    store: ports.segments,
    configDigest: config.digest,
    versions: { sallyport: VERSION, format: TRANSCRIPT_FORMAT },
  });
  const recorder = observeRecorder(telemetry, transcript);
  // Tokens take a key that comes with the first request; what is recorded before it has markers in their place.
  let loadedKeyring: Keyring | undefined;
  const masker = createMasker({
    ...config.masking,
    rulesOf: new Map([...config.servers].map(([name, { masking }]) => [name, masking?.rules ?? []])),
    outputSchemaOf: (server, tool) => config.lock.servers.get(server)?.get(tool)?.definition.outputSchema,
    monotonicMs: ports.monotonicMs,
    deadlineMs: config.limits.maskingMs,
    nameToken: (className, value) => loadedKeyring?.name('token', JSON.stringify([className, value])).split('-')[1],
  });
  const recordForm = (definition: JsonObject): Json => masker.maskRequest(definition);
  const blocks = createBlocks({ ...ports, store: ports.blockStore });
  const drift = createToolDrift({ ...ports, config, store: ports.driftStore, recordForm });
  const limiter = createLimiter({ ...ports, limits: config.limits, store: ports.rateStore });
  const upstreams = createUpstreams({ ...ports, servers: config.servers, limits: config.limits });
  const bridge = createBridge({
    ...ports,
    call: upstreams.call,
    depth: config.limits.depth,
    clientInfo: { name: 'sallyport', version: VERSION },
    paramHeadersFor: ({ name }, tool, args) =>
      declaredParamHeaders(config.lock.servers.get(name)?.get(tool)?.definition.inputSchema, args),
  });
  const { entra, nowMs, deadline } = ports;
  const signingKeys = createRemoteKeySource({ url: entra.keysUrl, fetch, nowMs, deadline });
  const parts: Omit<CallParts, 'keyring' | 'sealed'> = {
    ...ports,
    config,
    approvals: ports.approvalStore,
    memberships: createMemberships(config, ports.groups),
    policy,
    recorder,
    masker,
    blocks,
    drift,
    limiter,
    bridge,
    authenticator: createAuthenticator(config, ports, { blocks, resource, signingKeys }),
    signingKeys,
    groups: createGroups(config, ports),
    credentials: createCredentialBroker({ source: ports.secrets, nowMs: ports.nowMs }),
    hosts: new Set([new URL(publicUrl).hostname, ...config.http.hosts]),
  };
  const ready = shareUntilItFails(async (): Promise<Ready> => {
    const { keyringStore: store, keyWrapper: wrapper, randomBytes } = ports;
    const loading = [loadKeyring({ store, wrapper, randomBytes }), blocks.load(), drift.load()] as const;
    const [keyring] = await Promise.all(loading);
    loadedKeyring = keyring;
    const sealed = createSealedStore({ keyring, blobs: ports.sealedBlobs, randomBytes });
    const whole: CallParts = { ...parts, keyring, sealed };
    return {
      parts: whole,
      queues: createQueueSide(whole, ports),
      people: shareUntilItFails(async () =>
        (await import('./people-side.ts')).createPeopleSide(whole, ports, upstreams),
      ),
      pages: shareUntilItFails(async () => (await import('./pages-side.ts')).createPagesSide(whole, ports)),
    };
  });

  /** What the host brings before the gateway is ready is answered with a 503; a message comes again. */
  async function whenReady(answer: (whole: Ready) => HttpAnswer | Promise<HttpAnswer>): Promise<HttpAnswer> {
    let whole: Ready;
    try {
      whole = await ready();
    } catch (cause) {
      // Without the keyring no session has a name, so nothing can be recorded, so nothing is let through; without the
      // blocks and the notes on drift a new instance would serve whom the others keep out, and call what they hold in
      // quarantine.
      log('error', 'not-ready', {}, cause);
      return jsonAnswer(503, { error: 'temporarily unavailable' }, { 'retry-after': RETRY_AFTER_SECONDS });
    }
    return answer(whole);
  }

  return {
    mcp: (call) => whenReady(({ parts: whole }) => receive(whole, call)),
    queues: async () => (await ready()).queues,
    pages: (call) => whenReady(async ({ pages }) => (await pages())(call)),
    api: (call) => whenReady(async ({ people }) => (await people()).api(call)),
    teams: (call) => whenReady(async ({ people }) => (await people()).teams(call)),
    resourceMetadata: (call) =>
      answerResourceMetadata(call.params.path ?? '', { ...resource, issuer: ports.entra.v2Issuer }),
    health: () => jsonAnswer(200, { status: 'ok' }),
    warmUp() {
      const warn = (cause: unknown): void => log('warn', 'warm-up-failed', {}, cause);
      ready().catch(warn);
      void signingKeys.warmUp();
      recorder.warmUp().catch(warn);
    },
    async close() {
      blocks.close();
      await Promise.all([recorder.close(), drift.close(), limiter.close()]);
      // Last: what is still on its way could be recorded until now.
      await bridge.close();
      await upstreams.close();
    },
  };
}

/** Past the token's limit Microsoft Graph says who is in which group; while it cannot, such callers are denied by name. */
function createGroups(config: Config, { groups: source, monotonicMs, log }: GatewayPorts): CallParts['groups'] {
  const cached = createCachedGroupSource({ source, monotonicMs });
  const resolver = createGroupResolver({ groups: config.groups, source: cached });
  return {
    async resolve(caller) {
      const groups = await resolver.resolve(caller);
      if (groups.ok) return groups;
      const { reason, cause } = groups.error;
      log('warn', reason, { principal: caller.principal.id }, cause);
      const detail = 'the token left the groups out (overage), and Microsoft Graph could not say them';
      return { ok: false, error: { code: reason, detail } };
    },
  };
}

/** One shared run; a failed one is forgotten, so that the next caller tries again. */
function shareUntilItFails<T>(run: () => Promise<T>): () => Promise<T> {
  let shared: Promise<T> | undefined;
  return () => {
    shared ??= run().catch((cause: unknown) => {
      shared = undefined;
      throw cause;
    });
    return shared;
  };
}
