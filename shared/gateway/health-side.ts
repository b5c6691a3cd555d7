/**
 * How what the gateway depends on is (DESIGN §3), asked side by side, each within a short deadline. Every question is a
 * read and changes nothing; that something may be written is not asked. What failed is told by name, and why goes to the
 * log: an error's text may hold what an upstream or a service said.
 */
import type { HealthReport } from '../api/routes/health-schema.ts';
import type { CallParts } from '../calls/parts.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import type { Principal } from '../identity/caller.ts';
import { createRemoteKeySource } from '../identity/key-source.ts';
import type { Upstreams } from '../mcp/call-through.ts';
import { type LastSeal, readLastSeal } from '../transcripts/seals/last-seal.ts';
import type { GatewayPorts } from './ports.ts';
import { VERSION } from './version.ts';

/** The whole answer is here in little more: they are asked at once. */
const DEADLINE_MS = 3_000;
/** The sealer runs every few minutes: a seal that is older means that it doesn't. */
const SEAL_LATE_MS = 30 * 60_000;
/** The name of nothing: what is asked for is not there, and saying so is an answer. */
const NOTHING = '0'.repeat(32);

interface Parts extends Pick<CallParts, 'config'> {
  readonly blocks: Pick<CallParts['blocks'], 'age'>;
}

export type HealthPorts = Pick<
  GatewayPorts,
  | 'transcripts'
  | 'keyringStore'
  | 'blockStore'
  | 'driftStore'
  | 'rateStore'
  | 'approvalStore'
  | 'sessionIndex'
  | 'sealedBlobs'
  | 'reach'
  | 'groups'
  | 'entra'
  | 'endorsingKey'
  | 'nowMs'
  | 'monotonicMs'
  | 'deadline'
  | 'log'
> & {
  /** For Entra’s keys, which are public. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
};

/** Graph is asked about who asks: it knows nobody else for certain. */
export function createHealth(
  parts: Parts,
  ports: HealthPorts,
  upstreams: Pick<Upstreams, 'circuits'>,
): (asker: Principal) => Promise<HealthReport> {
  const { log, nowMs, monotonicMs } = ports;
  let running: Promise<HealthReport> | undefined;

  /** Rejects with the deadline's reason when nobody answers; what comes later is nobody's. */
  function within<T>(work: () => Promise<T>): Promise<T> {
    const signal = ports.deadline(DEADLINE_MS);
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return Promise.race([work(), promise]);
  }

  async function ask([name, probe]: Probe): Promise<HealthReport['dependencies'][number]> {
    const startedMs = monotonicMs();
    const took = () => Math.max(0, Math.round(monotonicMs() - startedMs));
    try {
      await within(probe);
      return { name, status: 'ok', ms: took() };
    } catch (cause) {
      log('warn', 'dependency-failed', { dependency: name }, cause);
      return { name, status: 'fail', ms: took() };
    }
  }

  async function askSeal(): Promise<HealthReport['seal']> {
    try {
      const { transcripts: reader, endorsingKey } = ports;
      return describeSeal(await within(() => readLastSeal({ reader, endorsingKey })), nowMs());
    } catch (cause) {
      log('warn', 'dependency-failed', { dependency: 'seal' }, cause);
      return { state: 'unknown' };
    }
  }

  async function look(asker: Principal): Promise<HealthReport> {
    const probes = createProbes(parts, ports, asker);
    const [dependencies, seal] = await Promise.all([Promise.all(probes.map(ask)), askSeal()]);
    const { ageMs, isFresh } = parts.blocks.age();
    const circuits = upstreams.circuits();
    const blocks = {
      state: isFresh ? 'ok' : 'stale',
      ...(Number.isFinite(ageMs) && { ageSeconds: Math.round(ageMs / 1_000) }),
    } as const;
    const servers = [...parts.config.servers.keys()].map((server) => {
      return { server, circuit: circuits.get(server) ?? ('closed' as const) };
    });
    const isWell =
      dependencies.every(({ status }) => status === 'ok') &&
      seal.state === 'ok' &&
      isFresh &&
      servers.every(({ circuit }) => circuit === 'closed');
    return {
      status: isWell ? 'ok' : 'degraded',
      version: VERSION,
      checkedAt: new Date(nowMs()).toISOString(),
      dependencies,
      seal,
      blocks,
      upstreams: servers,
    };
  }

  return (asker) => {
    running ??= look(asker).finally(() => {
      running = undefined;
    });
    return running;
  };
}

type Probe = readonly [name: string, probe: () => Promise<unknown>];

function createProbes({ config }: Parts, ports: HealthPorts, asker: Principal): readonly Probe[] {
  const { transcripts, keyringStore, blockStore, driftStore, rateStore, approvalStore, sessionIndex } = ports;
  const { sealedBlobs, reach, groups, entra, fetch, nowMs, deadline } = ports;
  const [group] = config.groups.values();
  return [
    ['transcripts', async () => transcripts.containers()[Symbol.asyncIterator]().next()],
    ['sealed-store', () => sealedBlobs.get(`${NOTHING}/request-${NOTHING}`)],
    ['table-keyring', () => keyringStore.list()],
    ['table-blocks', () => blockStore.list()],
    ['table-drift', () => driftStore.list()],
    ['table-limits', () => rateStore.list()],
    ['table-approvals', () => approvalStore.readHead(NOTHING)],
    ['table-sessions', () => sessionIndex.read(GATEWAY_SERVER, NOTHING)],
    ['key-vault', () => reach.sealKey()],
    ['service-bus', () => reach.queues()],
    // Without groups in the configuration nobody asks Graph for any.
    ...(group === undefined ? [] : [['graph', () => askGraph(groups, asker, group)] as const]),
    ['entra-keys', () => askEntra(createRemoteKeySource({ url: entra.keysUrl, fetch, nowMs, deadline }))],
  ];
}

/** Made for this one question, so that no answer is an old one. */
async function askEntra(keys: ReturnType<typeof createRemoteKeySource>): Promise<void> {
  const found = await keys.findKey(NOTHING);
  if (!found.ok && found.error.reason === 'keys-unavailable') throw found.error.cause;
}

async function askGraph(groups: GatewayPorts['groups'], asker: Principal, group: string): Promise<void> {
  const found = await groups.findMemberships(asker, [group]);
  if (!found.ok) throw found.error.cause;
}

function describeSeal(last: LastSeal | undefined, nowMs: number): HealthReport['seal'] {
  if (last === undefined) return { state: 'none' };
  const ageMs = Math.max(0, nowMs - Date.parse(last.time));
  const state = !last.isLinked ? 'broken' : ageMs > SEAL_LATE_MS ? 'late' : 'ok';
  return { state, number: last.number, ageSeconds: Math.round(ageMs / 1_000) };
}
