/**
 * Values that stay as they were loaded (DESIGN §3: "one typed, frozen value").
 * A `Map` keeps its `set` however it is typed or frozen; `createFrozenMap` gives one that has none, not even by a cast.
 */

class FrozenMap<K, V> implements ReadonlyMap<K, V> {
  readonly #map: Map<K, V>;

  constructor(entries: Iterable<readonly [K, V]>) {
    this.#map = new Map(entries);
    Object.freeze(this);
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  keys(): MapIterator<K> {
    return this.#map.keys();
  }

  values(): MapIterator<V> {
    return this.#map.values();
  }

  entries(): MapIterator<[K, V]> {
    return this.#map.entries();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#map.entries();
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#map) visit(value, key, this);
  }

  get [Symbol.toStringTag](): string {
    return 'FrozenMap';
  }

  static {
    Object.freeze(FrozenMap.prototype);
  }
}

/** Keeps the order of the entries; freezes what they hold. */
export function createFrozenMap<K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  return new FrozenMap([...entries].map(([key, value]) => [key, deepFreeze(value)] as const));
}

/** Freezes objects and arrays all the way down, in place. Frozen ones are taken to be frozen all the way. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
