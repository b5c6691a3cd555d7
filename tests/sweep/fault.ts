/**
 * What can happen to one call, as data. A *call* is one operation with its retries, named by what it does and counted by
 * name: `table: request → sent #1`. Two ways for each kind: `fail` and `lose` strike the first try only (the SDK's retry
 * meets what the first one left), or every try (the gateway sees an error); `hang` and `kill` strike before or after
 * the effect.
 */

export const KINDS = ['fail', 'lose', 'hang', 'kill'] as const;
export type Kind = (typeof KINDS)[number];

export const WAYS = {
  fail: ['always', 'once'],
  lose: ['once', 'always'],
  hang: ['before', 'after'],
  kill: ['before', 'after'],
} as const;
export type Way = (typeof WAYS)[Kind][number];

export interface Call {
  /** In which step of the story it was made first. */
  readonly stage: Stage;
  /** Service and what it does there. */
  readonly name: string;
  /** Counts from 1 within the name. */
  readonly nth: number;
}

/** Steps of a held call's life as the agent, the card, the approver and the agent again cause them. */
export const STAGES = ['hold', 'decide', 'apply', 'claim', 'send', 'finish', 'collect'] as const;
export type Stage = (typeof STAGES)[number];

export interface Case {
  readonly call: Call;
  readonly kind: Kind;
  readonly way: Way;
}

/** What is done to one try of a call. */
export interface Strike {
  readonly does: 'cut' | 'hang' | 'kill';
  readonly when: 'before' | 'after';
}

export function strikeOf({ kind, way }: Case): Strike {
  switch (kind) {
    case 'fail':
      return { does: 'cut', when: 'before' };
    case 'lose':
      return { does: 'cut', when: 'after' };
    case 'hang':
    case 'kill':
      return { does: kind, when: way === 'after' ? 'after' : 'before' };
  }
}

export function describeCall({ name, nth }: Call): string {
  return `${name} #${nth}`;
}

export function describeCase({ call, kind, way }: Case): string {
  return `${kind} (${way}) at ${describeCall(call)}`;
}
