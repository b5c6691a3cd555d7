/**
 * A set that holds so many and no more: the smallest, so that which ones it holds depends on what was added and not on
 * when. It says when it left some out.
 */

export interface Bounded<T> {
  /** In order, each once. */
  readonly items: readonly T[];
  /** Others were added, and are not held. */
  readonly isCut: boolean;
}

export const EMPTY: Bounded<never> = { items: [], isCut: false };

type Member = string | { readonly id: string; readonly kind?: string; readonly name?: string };

/** Of two of the same id, the one with a name is held, and of two names the smaller. */
export function addTo<T extends Member>(set: Bounded<T>, member: T, max: number): Bounded<T> {
  const key = keyOf(member);
  const at = set.items.findIndex((held) => keyOf(held) >= key);
  const held = at < 0 ? undefined : set.items[at];
  if (held !== undefined && keyOf(held) === key) {
    return isNamedBefore(member, held) ? { ...set, items: set.items.with(at, member) } : set;
  }
  const place = at < 0 ? set.items.length : at;
  if (place >= max) return set.isCut ? set : { ...set, isCut: true };
  const items = set.items.toSpliced(place, 0, member);
  return items.length > max ? { items: items.slice(0, max), isCut: true } : { ...set, items };
}

function keyOf(member: Member): string {
  return typeof member === 'string' ? member : `${member.kind ?? ''}:${member.id}`;
}

function isNamedBefore(member: Member, held: Member): boolean {
  const [name, known] = [nameOf(member), nameOf(held)];
  return name !== undefined && (known === undefined || name < known);
}

function nameOf(member: Member): string | undefined {
  return typeof member === 'string' ? undefined : member.name;
}
