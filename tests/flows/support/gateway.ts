/**
 * The real gateway in this process: real policy, masking, transcripts and upstream calls, tokens of the Entra stand-in.
 * Storage and vault are ports in memory, so that a test can make them fail at one exact operation; `node:http` in front.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createMemoryIndex } from '../../../infra/cli/replay/memory-index.ts';
import { startEntra } from '../../../infra/local/entra/start.ts';
import type { Channel } from '../../../shared/config/channels.ts';
import { loadConfig } from '../../../shared/config/load-config.ts';
import { formatProblems } from '../../../shared/config/problems.ts';
import { digestTool } from '../../../shared/config/tool-digest.ts';
import { createGateway, type Gateway } from '../../../shared/gateway/gateway.ts';
import type { HttpAnswer, HttpCall } from '../../../shared/mcp/http.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import { err, ok } from '../../../shared/result.ts';
import { silentTelemetry, type Telemetry } from '../../../shared/telemetry/telemetry.ts';
import { createMemoryApprovalStore, type MemoryApprovalStore } from '../../unit/approvals/memory-approval-store.ts';
import { createMemoryQueue, type MemoryQueue } from '../../unit/approvals/memory-queue.ts';
import { createMemorySealedBlobs } from '../../unit/approvals/memory-sealed-blobs.ts';
import { createMemoryDriftStore } from '../../unit/drift/memory-drift-store.ts';
import { createMemoryBlockStore, type MemoryBlockStore } from '../../unit/identity/blocks/memory-block-store.ts';
import { createMemoryTable, createMemoryWrapper } from '../../unit/keys/memory-vault.ts';
import { createMemoryRateStore } from '../../unit/limits/memory-rate-store.ts';
import { createMemoryReportBlobs, createMemoryReviewStore } from '../../unit/reviews/memory-review-store.ts';
import { createMemoryStore, type MemoryStore } from '../../unit/transcripts/memory-store.ts';
import { createTestEndorser, testEndorsingKey } from '../../unit/transcripts/scene.ts';
import { type RecordingUpstream, startRecordingUpstream } from './recording-upstream.ts';

export const UPSTREAM_SECRET = 'upstream-secret-4711';

export interface TestGateway {
  readonly url: string;
  readonly upstream: RecordingUpstream;
  readonly store: MemoryStore;
  /** Who is kept out; what is changed here, the gateway hears of at its next poll. */
  readonly blocks: MemoryBlockStore;
  readonly logged: string[];
  /** Who is asked for groups that a token left out: the ids of the groups that everybody is in, or `down`. */
  readonly graph: {
    groups: readonly string[] | 'down' | 'directory';
    readonly directory: Map<string, readonly string[]>;
  };
  readonly approvals: MemoryApprovalStore;
  readonly queue: MemoryQueue;
  readonly cards: readonly unknown[];
  /** Milliseconds that the gateway's clock is ahead. */
  ahead: number;
  /** Hands what is due in both queues to the gateway, until nothing is due; a message that it refuses comes once more. */
  deliverMessages(): Promise<void>;
  sweep(): Promise<void>;
  /** Runs the sealer once. */
  seal(): Promise<void>;
  /** What queues and timers ask of the gateway. */
  queues(): ReturnType<Gateway['queues']>;
  token(request: Parameters<Entra['issueToken']>[0]): Promise<string>;
  /** Every record of every transcript, parsed, in the order of time. */
  records(): Record<string, unknown>[];
  stop(): Promise<void>;
}

/** Who is in which group, as in the sample: alice in support, bob in finance. */
const SAMPLE_DIRECTORY: readonly (readonly [string, readonly string[]])[] = [
  ['5a11e000-0000-4000-8000-0000000000b1', ['5a11e000-0000-4000-8000-0000000000a1']],
  ['5a11e000-0000-4000-8000-0000000000b2', ['5a11e000-0000-4000-8000-0000000000a2']],
];

type Entra = Awaited<ReturnType<typeof startEntra>>;

export interface TestGatewayOptions {
  readonly policies: string;
  /** Definitions of the tools that are pinned on server `crm`. */
  readonly tools: readonly { readonly name: string; readonly [member: string]: unknown }[];
  /** Where finance's approvals count; default `page` and `api`. */
  readonly channels?: readonly Channel[];
  /** Default: silent. */
  readonly telemetry?: Telemetry;
  /** Further lines of gateway.yaml, at the top level. */
  readonly yaml?: string;
  /** Further lines under servers.crm, indented by four spaces. */
  readonly serverYaml?: string;
}

export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const upstream = await startRecordingUpstream();
  const store = createMemoryStore();
  const blocks = createMemoryBlockStore();
  const logged: string[] = [];
  const graph: TestGateway['graph'] = { groups: 'down', directory: new Map(SAMPLE_DIRECTORY) };
  const clock = { ahead: 0 };
  const approvals = createMemoryApprovalStore();
  const queue = createMemoryQueue();
  const cards: unknown[] = [];
  let answer: (call: HttpCall) => Promise<HttpAnswer> = async () => ({ status: 503, headers: {} });
  const front = createServer(async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => response.writableFinished || gone.abort(new Error('client gone')));
    const { method = 'GET', url = '/' } = request;
    const path = url.split('?', 1)[0] ?? '';
    const body = method === 'POST' ? (Readable.toWeb(request) as ReadableStream<Uint8Array>) : null;
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(name, `${value}`);
    const params = { server: decodeURIComponent(path.replace(/^\/mcp\//, '')), kind: path.replace(/^\/teams\//, '') };
    const answered = await answer({ method, url: `${base}${url}`, headers, params, body, signal: gone.signal });
    // What was refused unread must not wait on this connection for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(answered.status, answered.headers);
    if (answered.body instanceof ReadableStream) Readable.fromWeb(answered.body as never).pipe(response);
    else response.end(answered.body);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const entra = await startEntra({ port: 0, publicUrl: base, servers: ['crm'] });

  const config = await loadTestConfig(options, upstream.url);
  const policy = createPolicyEngine(config);
  if (!policy.ok) throw new Error(formatProblems(policy.error));
  const gateway = createGateway(config, policy.value, {
    publicUrl: base,
    entra: {
      tenantId: entra.tenantId,
      clientId: '5a11e000-0000-4000-8000-0000000000c0',
      v1Issuer: `https://sts.windows.net/${entra.tenantId}/`,
      v2Issuer: entra.issuer,
      keysUrl: `${entra.url}/${entra.tenantId}/discovery/v2.0/keys`,
    },
    groups: {
      findMemberships: async ({ id }) => {
        if (graph.groups === 'down') return err({ reason: 'groups-unavailable' });
        return ok(graph.groups === 'directory' ? (graph.directory.get(id) ?? []) : graph.groups);
      },
    },
    groupMembers: {
      async membersOf(groupId) {
        if (graph.groups !== 'directory') return err({ cause: new Error('Graph is down') });
        const members = [...graph.directory].filter(([, groups]) => groups.includes(groupId));
        return ok({ members: members.map(([id]) => ({ id, guest: false })), isWhole: true });
      },
    },
    reviewStore: createMemoryReviewStore(),
    reportBlobs: createMemoryReportBlobs(),
    keyringStore: createMemoryTable(),
    keyWrapper: createMemoryWrapper(),
    endorser: createTestEndorser(),
    segments: store,
    transcripts: store,
    seals: store.seals,
    blobRemover: store,
    sessionIndex: createMemoryIndex(),
    endorsingKey: testEndorsingKey,
    blockStore: blocks,
    driftStore: createMemoryDriftStore(),
    rateStore: createMemoryRateStore(),
    approvalStore: approvals,
    sealedBlobs: createMemorySealedBlobs(),
    queue,
    reach: { sealKey: async () => undefined, queues: async () => undefined },
    createCardPoster: () => ({ post: async (card) => void cards.push(card) }),
    replayMarks: { claim: async () => true, forget: async () => 0 },
    guests: { isGuest: async () => ok(false) },
    codeFlow: { signInUrl: async () => '', redeem: async () => err({ reason: 'sign-in-refused', detail: '' }) },
    lookup: (hostname) => lookup(hostname, { all: true }),
    secrets: { read: async () => ({ value: UPSTREAM_SECRET, version: 'v1' }) },
    log: (level, event) => logged.push(`${level} ${event}`),
    telemetry: options.telemetry ?? silentTelemetry,
    nowMs: () => Date.now() + clock.ahead,
    monotonicMs: () => performance.now(),
    randomBytes,
    newId: randomUUID,
    deadline: AbortSignal.timeout,
    pause: (ms, signal) => pause(ms, undefined, { signal, ref: false }).catch(() => undefined),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  });
  answer = (call) => {
    const { pathname } = new URL(call.url);
    if (pathname.startsWith('/api/')) return gateway.api(call);
    return pathname.startsWith('/teams/') ? gateway.teams(call) : gateway.mcp(call);
  };

  return {
    url: `${base}/mcp/crm`,
    upstream,
    store,
    blocks,
    logged,
    graph,
    approvals,
    queue,
    cards,
    get ahead() {
      return clock.ahead;
    },
    set ahead(ms) {
      clock.ahead = ms;
    },
    async deliverMessages() {
      const queues = await gateway.queues();
      for (;;) {
        const nowMs = Date.now() + clock.ahead;
        const notices = queue.take('approval-notices', nowMs);
        const decisions = queue.take('approval-decisions', nowMs);
        if (notices.length + decisions.length === 0) return;
        for (const { body } of notices) await queues.postNotice(body);
        for (const { body } of decisions) await queues.applyDecision(body);
      }
    },
    queues: () => gateway.queues(),
    async sweep() {
      await (await gateway.queues()).sweepApprovals();
    },
    async seal() {
      await (await gateway.queues()).sealTranscripts();
    },
    token: (request) => entra.issueToken(request),
    records: () =>
      [...store.content.entries()]
        .flatMap(([name, bytes]) => parseSegment(name, bytes))
        .sort((left, right) => String(left.time).localeCompare(String(right.time))),
    async stop() {
      await gateway.close();
      await upstream.stop();
      await entra.stop();
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

async function loadTestConfig(options: TestGatewayOptions, upstreamUrl: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-flow-'));
  try {
    const pinned = Object.fromEntries(
      options.tools.map((tool) => [tool.name, { digest: digestTool(tool as never), definition: tool }]),
    );
    await Promise.all([
      writeFile(join(folder, 'gateway.yaml'), gatewayYaml(options)),
      writeFile(join(folder, 'policies.cedar'), options.policies),
      writeFile(join(folder, 'tools.lock.json'), JSON.stringify({ version: 1, servers: { crm: pinned } })),
    ]);
    const config = await loadConfig({ folder, variables: () => upstreamUrl });
    if (!config.ok) throw new Error(formatProblems(config.error));
    return config.value;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function gatewayYaml({ yaml = '', serverYaml = '', channels = ['page', 'api'] }: TestGatewayOptions): string {
  return `version: 1
groups:
  support: 5a11e000-0000-4000-8000-0000000000a1
  finance: 5a11e000-0000-4000-8000-0000000000a2
quorums:
  finance: { from: [{ group: finance, people: 1 }], channels: [${channels.join(', ')}] }
servers:
  crm:
    url: \${UPSTREAM_URL}
    credential: { secret: crm-api-key, header: x-api-key }
    retention: standard
    privateAddresses: allow
${serverYaml}
transcripts:
  deadlineMs: 2000
  retention: { standard: { days: 30 } }
${yaml}
`;
}

function parseSegment(name: string, bytes: Buffer): Record<string, unknown>[] {
  if (!name.endsWith('.jsonl')) return [];
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ ...JSON.parse(line), blob: name }));
}
