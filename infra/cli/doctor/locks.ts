/** Whether the immutability policies of transcripts and seals are there, fit and locked; asked of Azure Resource Manager. */
import type { ContainerPolicies } from '../lock/container-policies.ts';
import { planLock } from '../lock/plan-lock.ts';
import { broken, type Check, count, doubt, well } from './check.ts';

const NAME = 'immutability';

export interface LocksOptions {
  /** Undefined: not said which account. */
  readonly list: ContainerPolicies['list'] | undefined;
}

export function createLocksCheck({ list }: LocksOptions): Check {
  return {
    name: NAME,
    async look() {
      if (list === undefined) {
        const advice = 'Say --subscription, --resource-group and --account to see whether the policies are locked';
        return [doubt(NAME, 'not looked at: not said where transcripts are', advice)];
      }
      const { problems, toLock, locked } = planLock(await list());
      if (problems.length > 0) {
        return problems.map((problem) => broken(NAME, problem, 'Deploy the template again, with the right account'));
      }
      if (toLock.length > 0) {
        const names = toLock.map(({ container }) => container).join(', ');
        const advice = 'While it is so, an administrator can shorten them. When the trial is over: sallyport lock';
        return [doubt(NAME, `not locked: ${names}`, advice)];
      }
      return [well(NAME, `locked in ${count(locked.length, 'container')}`)];
    },
  };
}
