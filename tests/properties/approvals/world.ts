/**
 * What all instances of one run share: clock, store, queue, sealed blobs, transcript, upstream, and who may what just now.
 * It also keeps the books by which the invariants are judged: who asked for what, who said what, what really ran.
 */
import type { Approval } from '../../../shared/approvals/approval.ts';
import type { Entry } from '../../../shared/transcripts/entry.ts';
import { createMemoryApprovalStore } from '../../unit/approvals/memory-approval-store.ts';
import { createMemoryQueue } from '../../unit/approvals/memory-queue.ts';
import { createMemorySealedBlobs } from '../../unit/approvals/memory-sealed-blobs.ts';
import { CALLS, createRandom, PEOPLE, type PolicySet, type Scene } from '../../unit/approvals/scene.ts';
import { createGate, type Instance } from './gate.ts';

/** 21 November 2026, before midnight: requests live on into the next day, and so into another session by default. */
const START_MS = Date.UTC(2026, 10, 21, 22, 30);

export interface Asked {
  readonly requester: number;
  readonly call: number;
  readonly repinned: boolean;
}

export interface Execution {
  readonly callId: string;
  /** Undefined for a call that policy let through by itself. */
  readonly approval: string | undefined;
  readonly asked: Asked | undefined;
}

export interface Taken {
  readonly approval: string;
  readonly person: number;
  readonly verdict: 'approve' | 'deny';
}

/** A person's standing from a step on. */
interface Standing {
  readonly step: number;
  readonly groups: readonly string[];
  readonly isBlocked: boolean;
}

export type World = ReturnType<typeof createWorld>;

export function createWorld(scene: Scene, seed: string) {
  const clock = createClock(START_MS);
  const store = createMemoryApprovalStore();
  const queue = createMemoryQueue();
  const blobs = createMemorySealedBlobs();
  const transcript: Entry[] = [];
  const onDeath = new Set<(instance: Instance) => void>();
  const gate = createGate(clock.nowMs, (instance) => {
    for (const told of onDeath) told(instance);
  });
  const violations: string[] = [];
  const history: Standing[][] = PEOPLE.map(({ groups }) => [{ step: 0, groups, isBlocked: false }]);
  const randomBytes = createRandom(seed);
  let ids = 0;

  const world = {
    scene,
    clock,
    store,
    queue,
    blobs,
    transcript,
    gate,
    onDeath,
    randomBytes,
    newId: () => `call-${++ids}`,
    violations,
    violate: (what: string): void => void violations.push(what),
    /** Counts commands and operations: the order of everything that happened. */
    step: 0,
    policySet: 'finance' as PolicySet,
    isRepinned: false,
    isGraphDown: false,
    keyring: 0,
    asked: new Map<string, Asked>(),
    executions: [] as Execution[],
    taken: [] as Taken[],
    withdrawn: new Set<string>(),
    /** Every version of every request's row. */
    versions: 0,
    groupsOf: (person: number) => history[person]?.at(-1)?.groups ?? [],
    isBlocked: (person: number) => history[person]?.at(-1)?.isBlocked ?? false,
    change(person: number, change: Partial<Omit<Standing, 'step'>>): void {
      const now = history[person]?.at(-1);
      if (now !== undefined) history[person]?.push({ ...now, ...change, step: world.step });
    },
    /** Whether the person was like this at any moment since that step. */
    wasEver(person: number, sinceStep: number, like: (standing: Standing) => boolean): boolean {
      const past = history[person] ?? [];
      return past.some((standing, index) => {
        const until = past[index + 1]?.step ?? Number.POSITIVE_INFINITY;
        return until >= sinceStep && like(standing);
      });
    },
    /** Every request as it stands, as `watchRows` saw it written. */
    requests: new Map<string, Approval>(),
    rowOf: (approval: string): Approval | undefined => world.requests.get(approval),
    rows: (): readonly Approval[] => [...world.requests.values()],
    executionsOf: (approval: string) => world.executions.filter((each) => each.approval === approval),
  };
  return world;
}

export function personOf(oid: string): number {
  return PEOPLE.findIndex(({ principal }) => principal.id === oid);
}

/** Two calls that are the same to everybody have the same text. */
export function subjectText({ requester, call, repinned }: Asked): string {
  return JSON.stringify([requester, CALLS[call]?.sameAs, repinned]);
}

function createClock(startMs: number) {
  let nowMs = startMs;
  let timers: { readonly dueMs: number; readonly run: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(ms: number, run: () => void): void {
      timers.push({ dueMs: nowMs + ms, run });
    },
    advance(ms: number): void {
      nowMs += ms;
      const due = timers.filter(({ dueMs }) => dueMs <= nowMs);
      timers = timers.filter(({ dueMs }) => dueMs > nowMs);
      for (const { run } of due.sort((left, right) => left.dueMs - right.dueMs)) run();
    },
  };
}
