/**
 * What changed between two texts, word by word: the longest common subsequence of their words and the white space
 * between them. Texts that have too many words in what differs are told as one taken out and one put in.
 */

export interface Piece {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Cells of the table: 1,000 words against 1,000 take a few milliseconds. */
const MOST_CELLS = 4_000_000;

/** The pieces in reading order; those of the kinds `same` and `removed` make `before`, `same` and `added` make `after`. */
export function compareWords(before: string, after: string): readonly Piece[] {
  const [old, fresh] = [splitWords(before), splitWords(after)];
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let tail = 0;
  const shorter = Math.min(old.length, fresh.length) - start;
  while (tail < shorter && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;

  return join([
    ...old.slice(0, start).map((text): Piece => ({ kind: 'same', text })),
    ...compareMiddle(old.slice(start, old.length - tail), fresh.slice(start, fresh.length - tail)),
    ...old.slice(old.length - tail).map((text): Piece => ({ kind: 'same', text })),
  ]);
}

function splitWords(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}\p{M}_]+|\s+|[^\p{L}\p{N}\p{M}_\s]/gu) ?? [];
}

function compareMiddle(old: readonly string[], fresh: readonly string[]): readonly Piece[] {
  const removed = old.map((text): Piece => ({ kind: 'removed', text }));
  const added = fresh.map((text): Piece => ({ kind: 'added', text }));
  if (old.length * fresh.length > MOST_CELLS) return [...removed, ...added];

  const width = fresh.length + 1;
  // At [i, j]: how many words old[i…] and fresh[j…] have in common, in order.
  const common = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < fresh.length) {
    if (old[i] === fresh[j]) {
      pieces.push({ kind: 'same', text: old[i] ?? '' });
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      pieces.push({ kind: 'removed', text: old[i] ?? '' });
      i += 1;
    } else {
      pieces.push({ kind: 'added', text: fresh[j] ?? '' });
      j += 1;
    }
  }
  return [...pieces, ...removed.slice(i), ...added.slice(j)];
}

/** Neighbours of a kind become one. */
function join(pieces: readonly Piece[]): readonly Piece[] {
  const joined: { kind: Piece['kind']; text: string }[] = [];
  for (const { kind, text } of pieces) {
    const last = joined.at(-1);
    if (last?.kind === kind) last.text += text;
    else joined.push({ kind, text });
  }
  return joined;
}
