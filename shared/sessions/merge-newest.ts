/** Lists that are each newest first, as one: of every list only the first that is left is looked at. */
import type { SessionSummary } from './session-summary.ts';

export async function* mergeNewest(
  lists: readonly AsyncIterable<SessionSummary>[],
): AsyncGenerator<SessionSummary, void, undefined> {
  const iterators = lists.map((list) => list[Symbol.asyncIterator]());
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
  try {
    for (;;) {
      let chosen: { readonly at: number; readonly summary: SessionSummary } | undefined;
      for (const [at, { done, value }] of heads.entries()) {
        if (done !== true && (!chosen || isBefore(value, chosen.summary))) chosen = { at, summary: value };
      }
      const iterator = chosen && iterators[chosen.at];
      if (!chosen || !iterator) return;
      yield chosen.summary;
      heads[chosen.at] = await iterator.next();
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}

function isBefore(left: SessionSummary, right: SessionSummary): boolean {
  return left.lastMs === right.lastMs ? left.id < right.id : left.lastMs > right.lastMs;
}
