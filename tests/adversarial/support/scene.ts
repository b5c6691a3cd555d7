/**
 * The whole stack (built app, function host, Azurite, vault, Entra) with an upstream behind it that keeps every byte.
 * Its configuration folder is made for the test: two servers on that one upstream, of which alice may use `crm` only.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { digestTool } from '../../../shared/config/tool-digest.ts';
import {
  type Arrived,
  type RecordingUpstream,
  startRecordingUpstream,
} from '../../flows/support/recording-upstream.ts';
import { type RunningStack, startBuiltStack } from '../../flows/support/stack.ts';
import { MODERN, modernCall, PAY_TOOL, POLICIES, READ_TOOL, SECRET_TOOL } from '../../flows/support/tools.ts';
import { type RawAnswer, type RawRequest, sendRaw, writeRequest } from './raw-http.ts';
import { serverScript } from './server-script.ts';
import { openTranscripts, type RecordLine, type TranscriptView } from './transcript.ts';

/** Its arguments are mirrored in headers. */
const ROUTE_TOOL = {
  name: 'route',
  description: 'Reads from one region',
  inputSchema: {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      shard: { type: 'integer', 'x-mcp-header': 'Shard' },
    },
  },
};

const TOOLS = [READ_TOOL, PAY_TOOL, SECRET_TOOL, ROUTE_TOOL];

const MORE_POLICIES = `
@id("support-routes")
permit (principal in Group::"support", action == Action::"crm/route", resource);

@id("support-reads-everything")
permit (principal in Group::"support", action in [Action::"read", Action::"get"], resource in Server::"crm");

@id("nobody-reaches-hr")
forbid (principal, action, resource in Server::"hr");
`;

export interface Attack {
  readonly answer: RawAnswer;
  /** What reached the upstream meanwhile, but for what the gateway asks on its own account. */
  readonly arrived: readonly Arrived[];
  readonly records: readonly RecordLine[];
}

export interface Scene {
  readonly stack: RunningStack;
  readonly upstream: RecordingUpstream;
  readonly transcripts: TranscriptView;
  readonly alice: string;
  /** One request as bytes, and everything that came of it. */
  attack(request: RawRequest): Promise<Attack>;
  /** As `attack`, for whoever writes the bytes or several requests himself. */
  observe(run: () => Promise<RawAnswer>): Promise<Attack>;
  /** The bytes of a request by alice, complete but for what the test changes. */
  write(request: RawRequest): Buffer;
  /** Closes the gateway, verifies every transcript, and stops everything. */
  end(): Promise<void>;
}

export interface SceneOptions {
  /** Further lines under `limits:`, indented by two spaces. */
  readonly limits?: string;
}

export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-adversarial-'));
  const upstream = await startRecordingUpstream();
  upstream.script = serverScript(TOOLS);
  await writeConfig(folder, options);
  const stack = await startBuiltStack({ configDir: folder, env: { UPSTREAM_URL: upstream.url } });
  const transcripts = openTranscripts(stack);
  const alice = await stack.token({ user: 'alice' });

  const write = (request: RawRequest) =>
    writeRequest(request, {
      host: `127.0.0.1:${stack.port}`,
      authorization: `Bearer ${alice}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    });

  async function observe(run: () => Promise<RawAnswer>): Promise<Attack> {
    await transcripts.fresh();
    upstream.arrived.length = 0;
    const answer = await run();
    return { answer, arrived: upstream.arrived.filter(isOfAClient), records: await transcripts.fresh() };
  }

  const scene: Scene = {
    stack,
    upstream,
    transcripts,
    alice,
    write,
    observe,
    attack: (request) => observe(() => sendRaw(stack.port, [write(request)])),
    async end() {
      await stack.gateway?.stop();
      const { report, segments } = await transcripts.verify();
      await stack.stop();
      await upstream.stop();
      await rm(folder, { recursive: true });
      const notIntact = segments.filter(({ state }) => state !== 'intact-closed');
      expect([report.state, notIntact]).toEqual(['intact', []]);
    },
  };
  // The first call pays for keys and connections; no test's clock should.
  const { body } = modernCall('tools/call', { name: 'read_note', arguments: { id: 'n' } }, 'read_note');
  const warm = await scene.attack({ body, headers: modernHeaders('tools/call', 'read_note') });
  expect([warm.answer.status, warm.arrived.length]).toEqual([200, 1]);
  return scene;
}

/** Headers of a modern request, as pairs. */
export function modernHeaders(method: string, name?: string): [string, string][] {
  return [
    ['mcp-protocol-version', MODERN],
    ['mcp-method', method],
    ...(name === undefined ? [] : [['mcp-name', name] satisfies [string, string]]),
  ];
}

/** Methods that a gateway asks its upstream for by itself: its era, and its tools. */
const OWN =
  /^\{"jsonrpc":"2\.0",(?:"id":[^,]+,)?"method":"(?:server\/discover|initialize|notifications\/initialized|tools\/list)"/;

function isOfAClient({ method, body }: Arrived): boolean {
  return !(method === 'POST' && OWN.test(body)) && method !== 'DELETE';
}

async function writeConfig(folder: string, { limits = '' }: SceneOptions): Promise<void> {
  const pinned = Object.fromEntries(TOOLS.map((tool) => [tool.name, { digest: digestTool(tool), definition: tool }]));
  await Promise.all([
    writeFile(join(folder, 'gateway.yaml'), gatewayYaml(limits)),
    writeFile(join(folder, 'policies.cedar'), `${POLICIES}${MORE_POLICIES}`),
    writeFile(join(folder, 'tools.lock.json'), JSON.stringify({ version: 1, servers: { crm: pinned, hr: pinned } })),
  ]);
}

function gatewayYaml(limits: string): string {
  const server = `    url: \${UPSTREAM_URL}
    credential: { secret: crm-api-key, header: x-api-key }
    retention: standard
    privateAddresses: allow`;
  return `version: 1
groups:
  support: 5a11e000-0000-4000-8000-0000000000a1
  finance: 5a11e000-0000-4000-8000-0000000000a2
quorums:
  finance: { from: [{ group: finance, people: 1 }] }
servers:
  crm:
${server}
  hr:
${server}
transcripts:
  retention: { standard: { days: 30 } }
limits:
  principal: { callsAtOnce: 1000, callsPerMinute: 1000000 }
${limits}
`;
}
