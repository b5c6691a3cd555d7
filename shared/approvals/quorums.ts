/**
 * Which quorums people fill together (DESIGN §5): each person takes one place in all of them, and counts only where they
 * are in the group and answered on a channel that counts. Pure, and exact: a bipartite matching (Kuhn), not a guess. Who
 * may approve at all, and whether the quorums suffice, is policy's to say.
 */
import type { Channel } from '../config/channels.ts';
import type { QuorumConfig } from '../config/config.ts';

/** Somebody who approved; one entry a person. */
export interface Approver {
  readonly id: string;
  /** Names of `gateway.yaml`'s groups that the person is in now. */
  readonly groups: readonly string[];
  /** On which they approved. */
  readonly channels: readonly Channel[];
}

/** Indices of the people who could take one place. */
type Place = readonly number[];

/** Who sits where: person → the place they take. */
type Seating = ReadonlyMap<number, Place>;

interface Demand {
  readonly quorum: string;
  readonly places: readonly Place[];
}

/**
 * Every maximal set of quorums that distinct people fill together, each in configured order, sets with earlier quorums
 * first; one empty set where nothing is filled. The order of the people changes nothing.
 *
 * For n quorums that are filled by themselves it tries fewer than 2^n sets, and adds to a set by at most one walk over
 * people and places for each new place. Policies test at most 10 quorums for one tool (`check-policies.ts`): give those.
 */
export function solveQuorums(
  quorums: ReadonlyMap<string, QuorumConfig>,
  people: readonly Approver[],
): readonly (readonly string[])[] {
  // Whoever stands here twice, by a mistake of the caller, still takes one place.
  const persons = [...new Map(people.map((person) => [person.id, person])).values()];
  const demands = [...quorums]
    .map(([quorum, config]): Demand => ({ quorum, places: placesOf(config, persons) }))
    .filter(({ places }) => seatAll(places, new Map()) !== undefined);

  const found: (readonly string[])[] = [];
  const extend = (filled: readonly string[], seating: Seating, rest: readonly Demand[]): void => {
    // With before without: a set comes after every larger one that holds it.
    const most = [...filled, ...rest.map(({ quorum }) => quorum)];
    if (found.some((set) => most.every((quorum) => set.includes(quorum)))) return;
    const [next, ...others] = rest;
    if (next === undefined) {
      found.push(filled);
      return;
    }
    const seated = seatAll(next.places, seating);
    if (seated !== undefined) extend([...filled, next.quorum], seated, others);
    extend(filled, seating, others);
  };
  extend([], new Map(), demands);
  return found;
}

/** The quorums, in configured order, in which this person could take a place by an approval on these channels. */
export function isPlaceFor(quorums: ReadonlyMap<string, QuorumConfig>, person: Approver): readonly string[] {
  return [...quorums]
    .filter(([, config]) => config.from.some(({ group }) => fits(config, group, person)))
    .map(([quorum]) => quorum);
}

/** One place for each person that the quorum wants. */
function placesOf(config: QuorumConfig, persons: readonly Approver[]): readonly Place[] {
  return config.from.flatMap(({ group, people }) => {
    const place = persons.flatMap((person, index) => (fits(config, group, person) ? [index] : []));
    return Array.from({ length: people }, () => place);
  });
}

function fits({ channels }: QuorumConfig, group: string, person: Approver): boolean {
  return person.groups.includes(group) && person.channels.some((channel) => channels.includes(channel));
}

/** The seating with these places taken too, or undefined where that can't be, whoever moves. */
function seatAll(places: readonly Place[], seating: Seating): Seating | undefined {
  const next = new Map(seating);
  return places.every((place) => seat(place, next, new Set())) ? next : undefined;
}

/** Somebody who is free, or whose own place another can take. */
function seat(place: Place, seating: Map<number, Place>, tried: Set<number>): boolean {
  return place.some((person) => {
    if (tried.has(person)) return false;
    tried.add(person);
    const taken = seating.get(person);
    if (taken !== undefined && !seat(taken, seating, tried)) return false;
    seating.set(person, place);
    return true;
  });
}
