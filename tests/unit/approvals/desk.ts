/**
 * The approvals of one gateway for unit tests: real policy, masking, keys and sealing over stores in memory, a clock that
 * stands until it is moved, and a directory, blocks and faults that a test sets.
 */

import type { Approval } from '../../../shared/approvals/approval.ts';
import type { StoredApproval } from '../../../shared/approvals/approval-store.ts';
import { createInbox } from '../../../shared/approvals/create-inbox.ts';
import type { DecisionInput, DecisionResult, Person } from '../../../shared/approvals/inbox.ts';
import { type HeldCall, openRequest, type Standing } from '../../../shared/approvals/open-request.ts';
import type { ApprovalParts } from '../../../shared/approvals/parts.ts';
import { createSealedStore, type SealedStore } from '../../../shared/approvals/sealed-store.ts';
import { parseJson } from '../../../shared/json/parse.ts';
import { isObject } from '../../../shared/json/value.ts';
import type { Keyring } from '../../../shared/keys/keyring.ts';
import { err, ok } from '../../../shared/result.ts';
import type { Entry } from '../../../shared/transcripts/entry.ts';
import { NOON_MS } from './approval-fixture.ts';
import { createFaultPoint } from './fault-point.ts';
import { createMemoryApprovalStore } from './memory-approval-store.ts';
import { createMemoryQueue } from './memory-queue.ts';
import { createMemorySealedBlobs } from './memory-sealed-blobs.ts';
import { createRandom, PEOPLE, type PolicySet, type Scene, TENANT } from './scene.ts';

export type Name = 'alice' | 'bob' | 'erin' | 'carol' | 'mallory';

export type Desk = ReturnType<typeof createDesk>;

/** What stands for a process that has read its keyring anew: nothing of the approvals lives in it. */
interface Keys {
  readonly keyring: Keyring;
  readonly sealed: SealedStore;
}

export function createDesk(scene: Scene, policies: PolicySet = 'finance') {
  const faults = createFaultPoint();
  const store = createMemoryApprovalStore(faults);
  const queue = createMemoryQueue(faults);
  const blobs = createMemorySealedBlobs(faults);
  const entries: Entry[] = [];
  const directory = new Map<string, readonly string[]>(PEOPLE.map(({ principal, groups }) => [principal.id, groups]));
  const randomBytes = createRandom('desk');
  const logged: string[] = [];
  const keysOf = (version: number): Keys => {
    const keyring = scene.keyrings[version - 1];
    if (keyring === undefined) throw new Error('no such keyring');
    return { keyring, sealed: createSealedStore({ keyring, blobs, randomBytes }) };
  };

  const desk = {
    store,
    queue,
    blobs,
    entries,
    directory,
    logged,
    /** Asked before each operation of store, queue and blobs, and before each record. */
    faults,
    nowMs: NOON_MS,
    isGraphDown: false,
    blocked: new Set<string>(),
    areBlocksUnknown: false,
    /** What became of approvals, as the transcript has it. */
    happenings: (): readonly string[] => entries.flatMap((entry) => (entry.kind === 'approval' ? [entry.event] : [])),
    only(): Approval {
      const [approval, ...others] = store.snapshot().approvals;
      if (approval === undefined || others.length > 0) throw new Error('not one approval');
      return approval;
    },
    async read(id: string): Promise<StoredApproval> {
      const stored = await store.read(id);
      if (stored === undefined) throw new Error(`no approval ${id}`);
      return stored;
    },
  };
  const initial: ApprovalParts = {
    config: scene.configs[policies].asPinned,
    policy: scene.engines[policies],
    masker: scene.masker,
    ...keysOf(1),
    approvals: store,
    queue,
    recorder: {
      record: (_session, entry) => desk.faults.perform(`record ${entry.kind}`, () => void entries.push(entry)),
    },
    memberships: {
      groupsOf: async ({ id }) =>
        desk.isGraphDown ? err({ reason: 'groups-unavailable' }) : ok(directory.get(id) ?? []),
    },
    blocks: {
      load: async () => undefined,
      age: () => ({ ageMs: 0, isFresh: true }),
      async check({ principal }) {
        if (desk.areBlocksUnknown) return err({ code: 'blocks-unknown', detail: 'in a test' });
        return desk.blocked.has(principal.id) ? err({ code: 'blocked', detail: 'in a test' }) : ok(undefined);
      },
      watch: () => () => undefined,
      list: async () => [],
      add: async () => undefined,
      remove: async () => undefined,
      close: () => undefined,
    },
    log: (level, event) => void logged.push(`${level} ${event}`),
    nowMs: () => desk.nowMs,
    randomBytes,
  };
  return Object.assign(desk, {
    parts: initial,
    /** Another process, with so many versions in its keyring, over the same stores. */
    partsWith: (version: number): ApprovalParts => ({ ...initial, ...keysOf(version) }),
    hold: (more: Partial<HeldCall> & { readonly text?: string } = {}) => openOrJoin(initial, heldCall(scene, more)),
    decide: (name: Name, input: Partial<DecisionInput> = {}, more: Partial<Person> = {}): Promise<DecisionResult> =>
      createInbox(initial).decide(personOf(name, directory, more), {
        approval: store.snapshot().approvals.at(-1)?.id ?? '',
        verdict: 'approve',
        reason: 'because',
        ...input,
      }),
  });
}

export function oidOf(name: Name): string {
  return principalOf(name).id;
}

export function principalOf(name: Name) {
  const found = PEOPLE.find((person) => person.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found.principal;
}

/** Alice asks for 500 by the assistant, of the server that the approver function releases. */
export function heldCall(
  scene: Scene,
  { text, ...more }: Partial<HeldCall> & { readonly text?: string } = {},
): HeldCall {
  const params = parseJson(text ?? '{"name":"pay","arguments":{"amount":500,"note":"a"}}');
  if (!params.ok || !isObject(params.value)) throw new Error('no params');
  const requester = {
    tenant: TENANT,
    principal: principalOf('alice'),
    agent: { id: '5a11e000-0000-4000-8000-0000000000c1', name: 'assistant' },
    tokenId: 'uti-1',
    address: '192.0.2.7',
    era: 'modern',
  } as const;
  const { principal, agent, tokenId, address, era } = requester;
  return {
    requester,
    session: { id: `k1-${'5'.repeat(32)}`, server: 'crm', retention: 'standard' },
    facts: {
      id: 'call-1',
      tenant: TENANT,
      principal,
      agent,
      tokenId,
      address,
      era,
      method: 'tools/call',
      target: 'pay',
    },
    server: 'crm',
    tool: 'pay',
    toolDigest: scene.configs.finance.asPinned.lock.servers.get('crm')?.get('pay')?.digest ?? '',
    params: params.value,
    decision: { verdict: 'hold', policies: ['crm-needs'], quorums: ['finance'], reasons: ['Large amounts'] },
    release: 'worker',
    repeat: false,
    ...more,
  };
}

function personOf(name: Name, directory: ReadonlyMap<string, readonly string[]>, more: Partial<Person>): Person {
  const principal = principalOf(name);
  return {
    tenant: TENANT,
    principal,
    groups: directory.get(principal.id) ?? [],
    channel: 'page',
    agent: { id: 'gateway' },
    address: '192.0.2.8',
    tokenId: 'session-1',
    ...more,
  };
}

/** For scenes where nobody holds too much. */
export async function openOrJoin(
  parts: ApprovalParts,
  held: HeldCall,
): Promise<Exclude<Standing, { kind: 'too-many' }>> {
  const standing = await openRequest(parts, held);
  if (standing.kind === 'too-many') throw new Error('too many requests wait');
  return standing;
}
