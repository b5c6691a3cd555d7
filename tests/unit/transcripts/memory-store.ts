/**
 * Append blobs in memory with Azure's conditions, written for tests: a response can be lost after the effect, a
 * request can fail before it, hang, or take effect after it was given up. Not imitated: leases, containers, sizes.
 */
import type { BlobRemover, SealStore } from '../../../shared/transcripts/seals/seal-store.ts';
import type { SegmentStore, TranscriptReader } from '../../../shared/transcripts/segment-store.ts';

export type Operation = 'create' | 'append' | 'readTail' | 'putSideBlob' | 'createSeal' | 'remove';

export type ReadOperation = 'list' | 'read';

export type Mishap =
  /** Refused before it had any effect. */
  | 'fails'
  /** It had its effect; the caller gets a connection error. */
  | 'response-lost'
  /** As above, and the SDK tried again: the caller gets the failed condition of its own write. */
  | 'conflicts-with-itself'
  /** Never answers, no effect. */
  | 'hangs'
  /** Never answers, but has its effect. */
  | 'lands-silently'
  /** Never answers; has its effect when `landLate` is called, if the condition still holds then. */
  | 'lands-late';

export interface MemoryStore extends SegmentStore, TranscriptReader, BlobRemover {
  readonly seals: SealStore;
  /** By `{container}/{name}`. */
  readonly content: Map<string, Buffer>;
  readonly calls: Record<Operation, number>;
  /** Asked before each operation. */
  mishap: (operation: Operation, name: string) => Mishap | undefined;
  /** The same for lists and reads. */
  readMishap: (operation: ReadOperation, name: string) => 'fails' | 'hangs' | undefined;
  /** Paths that storage refuses to remove. */
  readonly immutable: Set<string>;
  landLate(): void;
  /** Of storage's clock: when a blob was last written. */
  nowMs: () => number;
}

class ConditionNotMet extends Error {
  override readonly name = 'ConditionNotMet';
  readonly statusCode = 412;
}

export function createMemoryStore(): MemoryStore {
  const modified = new Map<string, number>();
  const content = new (class extends Map<string, Buffer> {
    override set(path: string, bytes: Buffer): this {
      modified.set(path, store.nowMs());
      return super.set(path, bytes);
    }
  })();
  const calls: Record<Operation, number> = {
    create: 0,
    append: 0,
    readTail: 0,
    putSideBlob: 0,
    createSeal: 0,
    remove: 0,
  };
  const late: (() => void)[] = [];

  const perform = async <T>(operation: Operation, path: string, effect: () => T): Promise<T> => {
    calls[operation] += 1;
    await Promise.resolve();
    const mishap = store.mishap(operation, path);
    switch (mishap) {
      case undefined:
        return effect();
      case 'fails':
        throw new Error('connection refused');
      case 'response-lost':
        effect();
        throw new Error('socket hang up');
      case 'conflicts-with-itself':
        effect();
        return effect();
      case 'lands-silently':
        effect();
        return new Promise(() => {});
      case 'lands-late':
        late.push(effect);
        return new Promise(() => {});
      case 'hangs':
        return new Promise(() => {});
    }
  };

  const look = async (operation: ReadOperation, path: string): Promise<void> => {
    await Promise.resolve();
    const mishap = store.readMishap(operation, path);
    if (mishap === 'fails') throw new Error('connection refused');
    if (mishap === 'hangs') await new Promise(() => {});
  };

  const store: MemoryStore = {
    content,
    calls,
    mishap: () => undefined,
    readMishap: () => undefined,
    immutable: new Set(),
    nowMs: Date.now,
    landLate() {
      for (const effect of late.splice(0)) {
        try {
          effect();
        } catch {
          // Its condition no longer held; nobody waits for the answer.
        }
      }
    },
    create: (container, name) =>
      perform('create', `${container}/${name}`, () => {
        const path = `${container}/${name}`;
        if (!content.has(path)) content.set(path, Buffer.alloc(0));
      }),
    append: (container, name, bytes, position) =>
      perform('append', `${container}/${name}`, () => {
        const path = `${container}/${name}`;
        const before = content.get(path);
        if (before === undefined) throw new Error('BlobNotFound');
        if (before.length !== position) throw new ConditionNotMet('the append position condition was not met');
        content.set(path, Buffer.concat([before, bytes]));
      }),
    readTail: (container, name, position, maxBytes) =>
      perform('readTail', `${container}/${name}`, () => {
        const blob = content.get(`${container}/${name}`);
        return blob && { blobBytes: blob.length, bytes: blob.subarray(position, position + maxBytes) };
      }),
    putSideBlob: (container, name, bytes) =>
      perform('putSideBlob', `${container}/${name}`, () => {
        const path = `${container}/${name}`;
        const before = content.get(path);
        if (before && !before.equals(bytes)) throw new Error('something else stands there');
        content.set(path, Buffer.from(bytes));
      }),
    seals: {
      create: (name, bytes) =>
        perform('createSeal', `seals/${name}`, () => {
          if (!content.has(`seals/${name}`)) content.set(`seals/${name}`, Buffer.from(bytes));
        }),
    },
    remove: (container, name) =>
      perform('remove', `${container}/${name}`, () => {
        const path = `${container}/${name}`;
        if (store.immutable.has(path)) return 'immutable' as const;
        content.delete(path);
        return 'removed' as const;
      }),
    async *containers() {
      await look('list', '');
      const all = new Set([...content.keys()].map((path) => path.slice(0, path.indexOf('/'))));
      for (const container of all) if (container.startsWith('transcripts-')) yield container;
    },
    async *blobs(container, prefix = '') {
      await look('list', `${container}/${prefix}`);
      const paths = [...content.keys()].filter((path) => path.startsWith(`${container}/${prefix}`)).sort();
      for (const path of paths) {
        const name = path.slice(container.length + 1);
        yield { name, bytes: content.get(path)?.length ?? 0, modifiedAtMs: modified.get(path) ?? 0 };
      }
    },
    async *folders(container, prefix) {
      await look('list', `${container}/${prefix}`);
      const at = `${container}/${prefix}`;
      const below = [...content.keys()].filter((path) => path.startsWith(at)).map((path) => path.slice(at.length));
      yield* new Set(below.flatMap((rest) => (rest.includes('/') ? [rest.split('/', 1)[0] ?? ''] : [])).sort());
    },
    async read(container, name, { from = 0, to } = {}) {
      await look('read', `${container}/${name}`);
      const blob = content.get(`${container}/${name}`);
      return blob && inChunks(blob.subarray(from, to));
    },
  };
  return store;
}

/** Of an odd size, so that lines and chunks never agree. */
async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 1_013) yield bytes.subarray(start, start + 1_013);
}
