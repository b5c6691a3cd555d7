/**
 * A call ends when its caller is blocked while it is on its way (DESIGN §7): its signal aborts as if the client had left,
 * but with the reason, so that the outcome can say so. A release has no caller behind it; its blocks are asked before.
 */
import type { BlockProblem } from '../identity/blocks/blocks.ts';
import type { Place } from '../limits/limiter.ts';
import type { Outgoing } from './outgoing.ts';
import type { CallParts } from './parts.ts';

/** The reason of a call's signal. */
export class CallerBlocked extends Error {
  override readonly name = 'CallerBlocked';
  readonly problem: BlockProblem;

  constructor(problem: BlockProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

export interface Watched {
  readonly outgoing: Outgoing;
  /** The watch, to be left when the answer is done. */
  readonly watch: Place;
}

export function watchCaller({ blocks }: Pick<CallParts, 'blocks'>, outgoing: Outgoing): Watched {
  const { admitted, release } = outgoing;
  if (release !== undefined) return { outgoing, watch: { leave: () => undefined } };
  const { caller, server, session, http } = admitted;
  const blocked = new AbortController();
  const subject = { ...caller, server: server.name, session: session.id };
  const leave = blocks.watch(subject, (problem) => blocked.abort(new CallerBlocked(problem)));
  const signal = AbortSignal.any([http.signal, blocked.signal]);
  return { outgoing: { ...outgoing, admitted: { ...admitted, http: { ...http, signal } } }, watch: { leave } };
}
