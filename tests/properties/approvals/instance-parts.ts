/**
 * The parts of one gateway instance for one activity of it: real policy, masking, sealing and keys over what the world
 * shares, with every operation that leaves the process waiting at the gate.
 */
import type { ApprovalStore } from '../../../shared/approvals/approval-store.ts';
import type { CardPoster } from '../../../shared/approvals/notify.ts';
import { createSealedStore } from '../../../shared/approvals/sealed-store.ts';
import type { CallParts } from '../../../shared/calls/parts.ts';
import type { Bridge } from '../../../shared/mcp/bridge/create-bridge.ts';
import { type UpstreamAnswer, UpstreamFailure } from '../../../shared/mcp/upstream.ts';
import { err, ok } from '../../../shared/result.ts';
import { silentTelemetry } from '../../../shared/telemetry/telemetry.ts';
import { PEOPLE, type PolicySet, REQUESTERS, TENANT } from '../../unit/approvals/scene.ts';
import { checkSending } from './check-sending.ts';
import { type Instance, NetworkFault } from './gate.ts';
import { type Asked, personOf, type World } from './world.ts';

/** Something that one instance does: a call, a message, a page, a timer. */
export interface Activity {
  readonly instance: Instance;
  readonly startStep: number;
  /** Policies as they were when it began. */
  readonly policySet: PolicySet;
  /** Of a tool call. */
  readonly asked?: Asked;
}

export interface Wired {
  readonly parts: CallParts;
  readonly teams: CardPoster;
}

export function wireInstance(world: World, activity: Activity): Wired {
  const { scene, clock, gate, policySet, randomBytes } = world;
  const { instance } = activity;
  const keyring = scene.keyrings[world.keyring];
  if (keyring === undefined) throw new Error('no such keyring');
  const perform = <T>(name: string, effect: () => T | Promise<T>) => gate.perform(instance, name, effect);
  const config = scene.configs[policySet][world.isRepinned ? 'repinned' : 'asPinned'];
  const { blobs, queue } = world;
  const sealed = createSealedStore({
    keyring,
    randomBytes,
    blobs: {
      put: (name, bytes) => perform('put blob', () => blobs.put(name, bytes)),
      get: (name) => perform('get blob', () => blobs.get(name)),
      delete: (name) => perform('delete blob', () => blobs.delete(name)),
    },
  });
  const parts: CallParts = {
    config,
    keyring,
    sealed,
    policy: scene.engines[policySet],
    masker: scene.masker,
    recorder: {
      record: (_session, entry) => perform(`record ${entry.kind}`, () => void world.transcript.push(entry)),
    },
    approvals: gatedStore(world, activity),
    queue: { send: (message) => perform('send', () => queue.send(message)) },
    memberships: {
      groupsOf: ({ id }) =>
        perform('graph', () => {
          if (world.isGraphDown) throw new Error('Graph is down');
          return ok(world.groupsOf(personOf(id)));
        }).catch((cause: unknown) => err({ reason: 'groups-unavailable', cause })),
    },
    blocks: {
      load: async () => undefined,
      age: () => ({ ageMs: 0, isFresh: true }),
      check: async ({ principal }) =>
        world.isBlocked(personOf(principal.id)) ? err({ code: 'blocked', detail: 'by the model' }) : ok(undefined),
      watch: () => () => undefined,
      list: async () => [],
      add: async () => undefined,
      remove: async () => undefined,
      close: () => undefined,
    },
    authenticator: { authenticate: async (authorization) => ok(callerOf(Number(authorization))) },
    signingKeys: { findKey: () => Promise.reject(new Error('no token is checked here')) },
    groups: { resolve: async ({ principal }) => ok(world.groupsOf(personOf(principal.id))) },
    credentials: { credentialFor: () => Promise.reject(new Error('no server has one')), invalidate: () => undefined },
    drift: { mayShow: () => true, mayCall: () => true },
    limiter: { enter: () => ok({ leave: () => undefined }) },
    bridge: upstream(world, activity),
    telemetry: silentTelemetry,
    hosts: new Set(['gateway']),
    log: () => undefined,
    nowMs: clock.nowMs,
    randomBytes,
    newId: world.newId,
    deadline(ms) {
      const over = new AbortController();
      clock.after(ms, () => over.abort(new DOMException('deadline', 'TimeoutError')));
      return over.signal;
    },
    pause: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
        clock.after(ms, resolve);
      }),
  };
  return { parts, teams: { post: () => perform('teams', () => undefined) } };
}

export function callerOf(requester: number) {
  const { person, agent } = REQUESTERS[requester] ?? REQUESTERS[0];
  const principal = PEOPLE[person]?.principal;
  if (principal === undefined) throw new Error('no such person');
  return { tenant: TENANT, principal, agent, groups: [], tokenId: `uti-${requester}`, expiresAt: 0 };
}

function gatedStore(world: World, { instance, asked }: Activity): ApprovalStore {
  const { store, gate } = world;
  const perform = <T>(name: string, effect: () => Promise<T>) => gate.perform(instance, name, effect);
  return {
    readHead: (fingerprint) => perform('readHead', () => store.readHead(fingerprint)),
    open: (approval, over) =>
      perform('open', () => {
        if (asked !== undefined) world.asked.set(approval.id, asked);
        return store.open(approval, over);
      }),
    read: (id) => perform('read', () => store.read(id)),
    replace: (approval, etag) => perform('replace', () => store.replace(approval, etag)),
    insertDecision: (row) => perform('insertDecision', () => store.insertDecision(row)),
    listDecisions: (id) => perform('listDecisions', () => store.listDecisions(id)),
    countWaiting: (requester) => perform('countWaiting', () => store.countWaiting(requester)),
    putOpen: (row) => perform('putOpen', () => store.putOpen(row)),
    removeOpen: (id) => perform('removeOpen', () => store.removeOpen(id)),
    async *listOpen() {
      yield* await perform('listOpen', () => Array.fromAsync(store.listOpen()));
    },
  };
}

/** Counts what really ran, and judges each call at the moment when its first byte leaves. */
function upstream(world: World, activity: Activity): Bridge {
  return {
    close: async () => undefined,
    call(_server, _caller, call) {
      const id = call.message?.id;
      if (typeof id !== 'string' && typeof id !== 'number') return Promise.reject(new Error('a call without an id'));
      const execution = checkSending(world, activity, call);
      return new Promise<UpstreamAnswer>((resolve, reject) => {
        call.signal.addEventListener('abort', () => reject(call.signal.reason), { once: true });
        world.gate
          .perform(activity.instance, 'upstream', (): UpstreamAnswer => {
            world.executions.push(execution);
            const result = { content: [{ type: 'text', text: `ran ${execution.callId};` }] };
            return { kind: 'message', status: 200, message: { kind: 'response', id, result } };
          })
          .then(resolve, (cause: unknown) => {
            const mayHaveRun = !(cause instanceof NetworkFault) || cause.mayHaveLanded;
            reject(new UpstreamFailure('unreachable', 'no answer', { mayHaveRun, cause }));
          });
      });
    },
  };
}
