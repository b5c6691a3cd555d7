/**
 * What administrators do with blocks (DESIGN §7): each change is on record before it is made, and one that failed is on
 * record as that. Who may is asked before this.
 */
import { err, ok, type Result } from '../../result.ts';
import type { Actor } from '../../transcripts/entry.ts';
import { type Block, type BlockKey, describeKey, textOf } from './block.ts';
import type { Blocks } from './blocks.ts';

export interface BlockOrder {
  readonly key: BlockKey;
  /** Masked for the record by whoever records; at most `REASON_CHARACTERS`. */
  readonly reason: string;
  /** From now; absent: until it is removed. */
  readonly forMs?: number;
}

export type BlockFailure =
  /** It could not be recorded, or what stands could not be read, so nothing was changed. */
  | { readonly code: 'not-done'; readonly cause: unknown }
  /** It may have taken effect or not. To ask for the same again does no harm. */
  | { readonly code: 'not-known'; readonly cause: unknown };

export interface BlockAdministration {
  /** Ended ones too. Rejects when they can't be read. */
  list(): Promise<readonly Block[]>;
  /** In the place of the one of the same key, if there is one; it stands on this instance when this resolves. */
  add(by: Actor, order: BlockOrder): Promise<Result<Block, BlockFailure>>;
  /** The one that stood, or undefined where there was none. */
  remove(by: Actor, key: BlockKey): Promise<Result<Block | undefined, BlockFailure>>;
  /** Somebody who may not tried to. */
  noteRefusal(by: Actor, what: string): Promise<void>;
}

export interface BlockNote {
  readonly action: 'block-add' | 'block-remove' | 'block-add-failed' | 'block-remove-failed' | 'block-refused';
  readonly by: Actor;
  readonly detail: string;
}

export interface BlockAdministrationOptions {
  readonly blocks: Pick<Blocks, 'list' | 'add' | 'remove'>;
  /** Rejects when it can't be recorded: then nothing is changed. */
  readonly record: (note: BlockNote) => Promise<void>;
  /** For what changes nothing. Never rejects. */
  readonly note: (note: BlockNote) => Promise<void>;
  readonly nowMs: () => number;
}

export function createBlockAdministration(options: BlockAdministrationOptions): BlockAdministration {
  const { blocks, record, note, nowMs } = options;

  /** On record first, then made. */
  async function change(
    action: 'block-add' | 'block-remove',
    { by, detail, make }: { readonly by: Actor; readonly detail: string; readonly make: () => Promise<void> },
  ): Promise<BlockFailure | undefined> {
    try {
      await record({ action, by, detail });
    } catch (cause) {
      return { code: 'not-done', cause };
    }
    try {
      await make();
      return undefined;
    } catch (cause) {
      await note({ action: `${action}-failed`, by, detail: `${detail}; whether it took effect is not known` });
      return { code: 'not-known', cause };
    }
  }

  return {
    list: () => blocks.list(),
    async add(by, { key, reason, forMs }) {
      const createdMs = nowMs();
      const { id, name } = by.principal;
      const block: Block = {
        ...key,
        reason,
        by: { id, ...(name !== undefined && { name }) },
        createdMs,
        ...(forMs !== undefined && { untilMs: createdMs + forMs }),
      };
      const detail = `${describeKey(key)} until ${endOf(block)}: ${reason}`;
      const failure = await change('block-add', { by, detail, make: () => blocks.add(block) });
      return failure ? err(failure) : ok(block);
    },
    async remove(by, key) {
      let block: Block | undefined;
      try {
        block = (await blocks.list()).find((each) => textOf(each) === textOf(key));
      } catch (cause) {
        return err({ code: 'not-done', cause });
      }
      if (block === undefined) return ok(undefined);
      const failure = await change('block-remove', { by, detail: describeKey(key), make: () => blocks.remove(key) });
      return failure ? err(failure) : ok(block);
    },
    noteRefusal: (by, what) => note({ action: 'block-refused', by, detail: what }),
  };
}

function endOf({ untilMs }: Block): string {
  return untilMs === undefined ? 'it is removed' : new Date(untilMs).toISOString();
}
