/**
 * Which parts of the context a set of policies mentions. Only those are mapped and passed to Cedar (DESIGN §4): what no
 * policy looks at can neither err nor cost anything, and what one looks at must be there exactly or the call is denied.
 */
import { contextPath, type Expression, partsOf } from './expression.ts';
import type { Policy } from './policy.ts';

export interface Mentions {
  /** The value itself is used, not only something inside it or whether it is there. */
  readonly isWhole: boolean;
  readonly inside: ReadonlyMap<string, Mentions>;
}

interface Growing extends Mentions {
  isWhole: boolean;
  readonly inside: Map<string, Growing>;
}

export const NO_MENTIONS: Mentions = { isWhole: false, inside: new Map() };

/** Rooted at `context`. */
export function collectMentions(policies: readonly Policy[]): Mentions {
  const root = create();
  for (const { conditions } of policies) for (const { body } of conditions) collect(body, root);
  return root;
}

/** The part of the mentions below a path; none where nothing there is mentioned. */
export function mentionsOf(mentions: Mentions, ...path: readonly string[]): Mentions {
  let place: Mentions | undefined = mentions;
  for (const name of path) place = place?.inside.get(name);
  return place ?? NO_MENTIONS;
}

function collect(expression: Expression, root: Growing): void {
  const path = contextPath(expression);
  if (path !== undefined) {
    grow(root, path).isWhole = true;
    return;
  }
  const base = expression.kind === 'has' ? contextPath(expression.of) : undefined;
  if (expression.kind === 'has' && base !== undefined) {
    grow(root, [...base, ...expression.path]);
    return;
  }
  for (const part of partsOf(expression)) collect(part, root);
}

function grow(root: Growing, path: readonly string[]): Growing {
  let place = root;
  for (const name of path) {
    const next = place.inside.get(name) ?? create();
    place.inside.set(name, next);
    place = next;
  }
  return place;
}

function create(): Growing {
  return { isWhole: false, inside: new Map() };
}
