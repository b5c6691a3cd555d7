/**
 * Work on many things at a time, results in the order of the things: reading from storage is mostly waiting.
 */

/**
 * At most `atOnce` are worked on or wait to be taken, so memory is bounded however long the list. The first failure
 * ends it; what is still being worked on is left to end by itself.
 */
export async function* mapInOrder<T, R>(
  things: AsyncIterable<T> | Iterable<T>,
  atOnce: number,
  work: (thing: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const coming: Promise<R>[] = [];
  for await (const thing of things) {
    const result = work(thing);
    // Its failure is told when it is taken; until then it is nobody's.
    result.catch(() => {});
    coming.push(result);
    if (coming.length >= atOnce) {
      const [first] = coming.splice(0, 1);
      if (first) yield await first;
    }
  }
  for (const result of coming) yield await result;
}
