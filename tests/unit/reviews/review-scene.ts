/** A server's records as calls would leave them, seals over them, and the sample's people and policies around. */
import { sampleDirectory, sampleId } from '../../../infra/local/entra/directory.ts';
import { loadConfig } from '../../../shared/config/load-config.ts';
import type { Block } from '../../../shared/identity/blocks/block.ts';
import type { Principal } from '../../../shared/identity/caller.ts';
import type { Exposure } from '../../../shared/masking/masker.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import { err, ok } from '../../../shared/result.ts';
import { type BuildOptions, createBuilder } from '../../../shared/reviews/build-report.ts';
import type { GroupMember, GroupMembers } from '../../../shared/reviews/entitlements.ts';
import type { ReviewReport } from '../../../shared/reviews/report.ts';
import type { CallFacts, Entry, SessionRef } from '../../../shared/transcripts/entry.ts';
import { testEndorsingKey } from '../transcripts/scene.ts';
import { createSealScene, type SealScene } from '../transcripts/seals/seal-scene.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const LEASE_MS = 270_000;

export function personOf(name: string): Principal {
  const user = sampleDirectory.users.find((one) => one.name === name);
  if (user === undefined) throw new Error(`nobody is called ${name}`);
  return { kind: 'user', id: user.objectId, name: user.principalName, guest: user.isGuest };
}

export const bot: Principal = { kind: 'app', id: sampleId('d2'), name: 'reporting-bot', guest: false };
export const assistant = { id: sampleId('c1'), name: 'Assistant' };

export interface CallOptions {
  readonly exposure?: readonly Exposure[];
  readonly status?: 'answered' | 'error' | 'failed' | 'withheld' | 'unknown' | 'abandoned' | 'none';
  readonly justification?: string;
  readonly verdict?: 'allow' | 'deny';
  readonly session?: SessionRef;
  readonly id?: string;
}

export interface ReviewScene extends SealScene {
  /** By group's object id; `down` where the directory can't say. */
  directory: ReadonlyMap<string, readonly GroupMember[]> | 'down';
  blocks: readonly Block[];
  record(entry: Entry, session?: SessionRef): Promise<void>;
  call(who: Principal, tool: string, options?: CallOptions): Promise<string>;
  build(more?: { readonly sinceMs?: number; readonly untilMs?: number }): Promise<ReviewReport>;
  readonly members: GroupMembers;
  readonly options: BuildOptions;
}

const loaded = await loadSample();
export const sampleConfig = loaded.config;
export const samplePolicy = loaded.policy;

async function loadSample() {
  const folder = new URL('../../../infra/config', import.meta.url).pathname;
  const config = await loadConfig({ folder, variables: () => 'http://127.0.0.1:1/mcp' });
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const policy = createPolicyEngine(config.value);
  if (!policy.ok) throw new Error(JSON.stringify(policy.error));
  return { config: config.value, policy: policy.value };
}

export function sessionOf(who: Principal, day = 1): SessionRef {
  return { id: `k1-${who.id.slice(-2)}${String(day).padStart(4, '0')}`, server: 'crm', retention: 'standard' };
}

export function sampleMembers(): ReadonlyMap<string, readonly GroupMember[]> {
  const members = new Map<string, GroupMember[]>();
  for (const { objectId, principalName, groups, isGuest } of sampleDirectory.users) {
    for (const group of groups) {
      members.set(group, [...(members.get(group) ?? []), { id: objectId, name: principalName, guest: isGuest }]);
    }
  }
  return members;
}

export function createReviewScene(options: Parameters<typeof createSealScene>[0] = {}): ReviewScene {
  const seals = createSealScene(options);
  const { recorder, clock, store } = seals;
  let count = 0;
  const members: GroupMembers = {
    async membersOf(groupId, most) {
      if (scene.directory === 'down') return err({ cause: new Error('Graph is down') });
      const all = scene.directory.get(groupId) ?? [];
      return ok({ members: all.slice(0, most), isWhole: all.length <= most });
    },
  };
  const build: BuildOptions = {
    reader: store,
    endorsingKey: testEndorsingKey,
    leaseMs: LEASE_MS,
    streamLeaseMs: 15 * 60_000,
    config: sampleConfig,
    policy: samplePolicy,
    members,
    nowMs: clock.nowMs,
    listBlocks: async () => scene.blocks,
    log: (_level, event) => seals.logged.push(event),
  };
  const scene: ReviewScene = {
    ...seals,
    directory: sampleMembers(),
    blocks: [],
    members,
    options: build,
    record: (entry, session = sessionOf(personOf('alice'))) => clock.until(recorder.record(session, entry)),
    async call(who, tool, { exposure = [], status = 'answered', justification, verdict = 'allow', session, id } = {}) {
      count += 1;
      const call = callFacts(who, tool, id ?? `call-${count}`);
      const where = session ?? sessionOf(who);
      if (verdict === 'deny') {
        const decision = { verdict, code: 'policy', policies: ['no'] } as const;
        const more = {
          stage: 'decide',
          code: 'policy',
          detail: 'no policy permits it',
          address: call.address,
        } as const;
        await scene.record({ kind: 'refusal', ...more, call, decision, request: {} }, where);
        return call.id;
      }
      const decision = { verdict, policies: ['support-uses-crm'] } as const;
      const said = justification === undefined ? {} : { justification };
      await scene.record({ kind: 'intent', call, decision, ...said, request: {} }, where);
      if (status === 'none') return call.id;
      await scene.record({ kind: 'outcome', callId: call.id, status, durationMs: 5, message: {}, exposure }, where);
      return call.id;
    },
    build: ({ sinceMs = clock.nowMs() - DAY_MS, untilMs = clock.nowMs() + 1 } = {}) =>
      clock.until(createBuilder(build)({ server: 'crm', sinceMs, untilMs })),
  };
  return scene;
}

export function callFacts(who: Principal, tool: string, id: string): CallFacts {
  return {
    id,
    tenant: sampleDirectory.tenantId,
    principal: who,
    agent: who.kind === 'app' ? { id: sampleId('c2') } : assistant,
    tokenId: 'token',
    address: '192.0.2.1',
    era: 'modern',
    method: 'tools/call',
    target: tool,
  };
}
