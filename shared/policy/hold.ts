/**
 * A hold is a deny that approvals would lift (DESIGN §4, §5): decide with no quorum met; if policy denies, decide with
 * every quorum met; if that allows, the call is held for the quorums that are still needed when one after the other,
 * in configured order, is dropped. An evaluation error is never a hold.
 */
import type { Decision } from './engine.ts';
import type { Outcome } from './evaluate.ts';

/** What policies are called, and what they say to the caller. */
export interface Explainer {
  explain(determining: readonly string[]): {
    readonly policies: readonly string[];
    readonly reasons: readonly string[];
  };
}

/** `quorums`: those that the policies in question test for, in configured order. */
export function decide(
  ask: (met: readonly string[]) => Outcome,
  quorums: readonly string[],
  { explain }: Explainer,
): Decision {
  const now = ask([]);
  if (now.kind === 'error') return refuseEvaluation(now.detail);
  if (now.kind === 'allow') return { verdict: 'allow', policies: explain(now.determining).policies };

  const lifted = quorums.length > 0 ? ask(quorums) : now;
  if (lifted.kind === 'error') return refuseEvaluation(lifted.detail);
  // Named is what no approval lifts: a reason that asks for an approval would send the caller after one in vain.
  if (lifted.kind === 'deny') return { verdict: 'deny', code: 'policy', ...explain(lifted.determining) };

  // Where nothing forbade it, a permit waits for approvals: that is the policy to name.
  const holding = now.determining.length > 0 ? now.determining : lifted.determining;
  return { verdict: 'hold', quorums: dropUnneeded(ask, quorums), ...explain(holding) };
}

function dropUnneeded(ask: (met: readonly string[]) => Outcome, quorums: readonly string[]): readonly string[] {
  let needed = quorums;
  for (const quorum of quorums) {
    const fewer = needed.filter((other) => other !== quorum);
    // With none at all it was denied: that is why we are here.
    if (fewer.length > 0 && ask(fewer).kind === 'allow') needed = fewer;
  }
  return needed;
}

function refuseEvaluation(detail: string): Decision {
  return { verdict: 'deny', code: 'evaluation', policies: [], reasons: [], detail };
}
