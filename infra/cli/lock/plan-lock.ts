/**
 * What locking an account would do, and whether it may be done at all. Pure: policies in, plan out. All or nothing: what
 * is locked wrongly stays wrong for as long as its days are.
 */
import { isTranscriptContainer, SEALS_CONTAINER } from '../../../shared/transcripts/layout.ts';
import type { ContainerPolicy } from './container-policies.ts';

export interface LockPlan {
  readonly toLock: readonly ContainerPolicy[];
  readonly locked: readonly ContainerPolicy[];
  /** Containers that are neither transcripts nor seals: they stay as they are. */
  readonly others: readonly string[];
  /** Why nothing may be locked, a line each; empty: it may. */
  readonly problems: readonly string[];
}

export function planLock(policies: readonly ContainerPolicy[]): LockPlan {
  const ours = policies.filter(({ container }) => isEvidence(container));
  const others = policies.filter(({ container }) => !isEvidence(container)).map(({ container }) => container);
  return {
    toLock: ours.filter(({ state }) => state === 'unlocked'),
    locked: ours.filter(({ state }) => state === 'locked'),
    others,
    problems: [...missing(policies), ...ours.flatMap(problemOf)],
  };
}

function isEvidence(container: string): boolean {
  return container === SEALS_CONTAINER || isTranscriptContainer(container);
}

/** Somebody else’s account, locked by a slip of the hand, would be theirs for years. */
function missing(policies: readonly ContainerPolicy[]): readonly string[] {
  const names = policies.map(({ container }) => container);
  return [
    ...(names.some(isTranscriptContainer) ? [] : ['it has no container of transcripts: is it the right account?']),
    ...(names.includes(SEALS_CONTAINER) ? [] : [`it has no container ${SEALS_CONTAINER}: is it the right account?`]),
  ];
}

function problemOf({ container, state, mayAppend }: ContainerPolicy): readonly string[] {
  if (state === 'none') return [`${container} has no immutability policy: deploy it first`];
  if (mayAppend) return [];
  const remedy =
    state === 'locked' ? 'and is locked so: it takes no transcripts' : 'locked so it would take no second record';
  return [`${container} does not allow protected append writes, ${remedy}`];
}
