/**
 * A hold is a deny that approvals would lift (DESIGN §4, §5): decide with the quorums that are met; if policy denies,
 * decide with every quorum met; if that allows, the call is held for the quorums that are still needed when one after
 * the other, in configured order, is dropped. The same trick tells who gave no justification that one is missing.
 * An evaluation error is never a hold.
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

type Ask = (met: readonly string[]) => Outcome;

export interface Circumstances {
  /** Those that the policies in question test for, in configured order. */
  readonly quorums: readonly string[];
  /** Of these. */
  readonly met: readonly string[];
  /** As it would be with a justification; absent where there is one, or no policy looks at it. */
  readonly askJustified?: Ask;
}

const JUSTIFICATION_MISSING = 'It needs a justification: say why in the argument sallyport_justification.';

export function decide(ask: Ask, { quorums, met, askJustified }: Circumstances, { explain }: Explainer): Decision {
  const now = ask(met);
  if (now.kind === 'error') return refuseEvaluation(now.detail);
  if (now.kind === 'allow') return { verdict: 'allow', policies: explain(now.determining).policies };

  const lifted = met.length < quorums.length ? ask(quorums) : now;
  if (lifted.kind === 'error') return refuseEvaluation(lifted.detail);
  if (lifted.kind === 'allow') {
    const needed = dropUnneeded(ask, quorums, met);
    return { verdict: 'hold', quorums: needed, ...explain(nameable(now.determining, lifted.determining)) };
  }

  const justified = askJustified?.(quorums) ?? lifted;
  if (justified.kind === 'error') return refuseEvaluation(justified.detail);
  // Named is what no approval lifts: a reason that asks for an approval would send the caller after one in vain.
  if (justified.kind === 'deny') return { verdict: 'deny', code: 'policy', ...explain(lifted.determining) };
  const { policies, reasons } = explain(nameable(lifted.determining, justified.determining));
  return { verdict: 'deny', code: 'justification', policies, reasons: [...reasons, JUSTIFICATION_MISSING] };
}

/** Where nothing forbade it, a permit waits for what is missing: that is the policy to name. */
function nameable(forbidding: readonly string[], permitting: readonly string[]): readonly string[] {
  return forbidding.length > 0 ? forbidding : permitting;
}

/** What is met stays: it needs nobody any more. */
function dropUnneeded(ask: Ask, quorums: readonly string[], met: readonly string[]): readonly string[] {
  let needed = quorums.filter((quorum) => !met.includes(quorum));
  for (const quorum of needed) {
    const fewer = needed.filter((other) => other !== quorum);
    // With none beside those that are met it was denied: that is why we are here.
    if (fewer.length > 0 && ask([...met, ...fewer]).kind === 'allow') needed = fewer;
  }
  return needed;
}

function refuseEvaluation(detail: string): Decision {
  return { verdict: 'deny', code: 'evaluation', policies: [], reasons: [], detail };
}
