/**
 * Named things with versions, as Key Vault keeps secrets and keys: the newest version is the current one, a deletion
 * can be recovered until it is purged. Pure state: no HTTP, no disk, and the clock comes in.
 */
import { VaultProblem } from './problem.ts';

export interface Version<T> {
  /** 32 hex digits, as Key Vault's version ids. */
  readonly id: string;
  readonly content: T;
  readonly createdSeconds: number;
  updatedSeconds: number;
  enabled: boolean;
  notBeforeSeconds?: number | undefined;
  expiresSeconds?: number | undefined;
  contentType?: string | undefined;
  tags?: Record<string, string> | undefined;
}

interface Item<T> {
  /** Oldest first. */
  readonly versions: Version<T>[];
  deletedSeconds?: number | undefined;
}

/** What is written to disk; the order of versions is their age. */
export type ShelfContent<T> = [name: string, item: Item<T>][];

export interface Changes {
  readonly enabled?: boolean | undefined;
  readonly notBeforeSeconds?: number | undefined;
  readonly expiresSeconds?: number | undefined;
  readonly contentType?: string | undefined;
  readonly tags?: Record<string, string> | undefined;
}

export interface Shelf<T> {
  add(name: string, content: T, changes: Changes): Version<T>;
  /** The named version, or the newest; a 404 problem when there is none. */
  get(name: string, versionId?: string): Version<T>;
  has(name: string): boolean;
  /** Oldest first. */
  versions(name: string): readonly Version<T>[];
  names(): readonly string[];
  change(name: string, versionId: string | undefined, changes: Changes): Version<T>;
  delete(name: string): Deleted<T>;
  getDeleted(name: string): Deleted<T>;
  deletedNames(): readonly string[];
  recover(name: string): Version<T>;
  purge(name: string): void;
  content(): ShelfContent<T>;
}

export interface Deleted<T> {
  readonly newest: Version<T>;
  readonly deletedSeconds: number;
}

export function createShelf<T>(options: {
  /** `Secret` or `Key`: for the error codes. */
  readonly kind: string;
  readonly nowSeconds: () => number;
  readonly createVersionId: () => string;
  readonly content: ShelfContent<T>;
}): Shelf<T> {
  const { kind, nowSeconds, createVersionId } = options;
  const items = new Map<string, Item<T>>(options.content);

  function notFound(name: string): VaultProblem {
    return new VaultProblem(404, `${kind}NotFound`, `A ${kind.toLowerCase()} with (name/id) ${name} was not found.`);
  }

  function find(name: string, isDeleted = false): Item<T> {
    const item = items.get(name);
    if (!item || (item.deletedSeconds !== undefined) !== isDeleted) throw notFound(name);
    return item;
  }

  function newest(item: Item<T>): Version<T> {
    const version = item.versions.at(-1);
    if (!version) throw new Error('an item has at least one version');
    return version;
  }

  function get(name: string, versionId?: string): Version<T> {
    const item = find(name);
    const version = versionId === undefined ? newest(item) : item.versions.find(({ id }) => id === versionId);
    if (!version) throw notFound(`${name}/${versionId}`);
    return version;
  }

  function namesOf(isDeleted: boolean): readonly string[] {
    const matching = [...items].filter(([, item]) => (item.deletedSeconds !== undefined) === isDeleted);
    return matching.map(([name]) => name).sort();
  }

  function getDeleted(name: string): Deleted<T> {
    const item = find(name, true);
    return { newest: newest(item), deletedSeconds: item.deletedSeconds ?? 0 };
  }

  return {
    get,
    getDeleted,
    has: (name) => items.get(name)?.deletedSeconds === undefined && items.has(name),
    versions: (name) => find(name).versions,
    names: () => namesOf(false),
    deletedNames: () => namesOf(true),
    content: () => [...items],
    add(name, content, changes) {
      const item = items.get(name) ?? { versions: [] };
      if (item.deletedSeconds !== undefined) {
        const message = `${kind} ${name} is currently in a deleted but recoverable state, and its name cannot be reused.`;
        throw new VaultProblem(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable');
      }
      const now = nowSeconds();
      const version = { id: createVersionId(), content, createdSeconds: now, updatedSeconds: now, enabled: true };
      item.versions.push(Object.assign(version, given(changes)));
      items.set(name, item);
      return newest(item);
    },
    change(name, versionId, changes) {
      return Object.assign(get(name, versionId), given(changes), { updatedSeconds: nowSeconds() });
    },
    delete(name) {
      find(name).deletedSeconds = nowSeconds();
      return getDeleted(name);
    },
    recover(name) {
      const item = find(name, true);
      delete item.deletedSeconds;
      return newest(item);
    },
    purge(name) {
      find(name, true);
      items.delete(name);
    },
  };
}

/** Only what the request said: an absent property leaves the old value. */
function given(changes: Changes): Changes {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}
