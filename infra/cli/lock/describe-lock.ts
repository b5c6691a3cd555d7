/** What a plan to lock says to people and to programs: plainly, with the days of each container, before it is too late. */
import { visibleLine } from '../pins/visible-text.ts';
import type { ContainerPolicy } from './container-policies.ts';
import type { LockPlan } from './plan-lock.ts';

export function describePlan({ toLock, locked, others }: LockPlan): string {
  return [
    ...locked.map((policy) => `${nameOf(policy)}  locked, ${count(policy.days)}`),
    ...toLock.map((policy) => `${nameOf(policy)}  not locked, ${count(policy.days)}`),
    ...(others.length > 0 ? [visibleLine(`left alone: ${others.join(', ')}`)] : []),
  ].join('\n');
}

export function describeConsequences(account: string, { toLock }: LockPlan): string {
  const longest = Math.max(...toLock.map(({ days }) => days));
  return [
    'Locking can’t be undone, by anybody: not by you, not by an owner of the subscription, not by Microsoft.',
    ...toLock.map(
      (policy) =>
        `- What is written to ${visibleLine(policy.container)} stays, unchanged, for ${count(policy.days)} after it was last written to.`,
    ),
    '- These periods can be made longer, five times each, and never shorter.',
    '- Appending goes on: transcripts and seals are written as before.',
    `- The storage account ${account} can’t be deleted while anything is retained in it, and is paid for: ${count(longest)} from the last record on.`,
    '- What should not have been recorded stays too. If a policy or a class of data is still being tried out, wait.',
  ].join('\n');
}

/** Azure takes no policy for a locked container any more, not even the same one. */
export function describeNext(plan: LockPlan): string {
  const names = [...plan.locked, ...plan.toLock].map(({ container }) => container).toSorted();
  return `Before the next deployment: SALLYPORT_LOCKED_CONTAINERS=${visibleLine(names.join(','))}`;
}

export interface LockOutcome {
  readonly account: string;
  readonly isDryRun: boolean;
  readonly lockedNow: readonly string[];
  readonly plan: LockPlan;
}

/** The machine form. Stable; may gain keys. */
export function toJson({ account, isDryRun, lockedNow, plan }: LockOutcome): Record<string, unknown> {
  const show = ({ container, state, days, mayAppend }: ContainerPolicy) => ({
    container,
    state: lockedNow.includes(container) ? 'locked' : state,
    days,
    mayAppend,
  });
  const containers = [...plan.locked, ...plan.toLock].map(show);
  return { account, dryRun: isDryRun, containers, lockedNow, leftAlone: plan.others, problems: plan.problems };
}

function nameOf({ container }: ContainerPolicy): string {
  return visibleLine(container).padEnd(24);
}

function count(days: number): string {
  return `${days} day${days === 1 ? '' : 's'}`;
}
