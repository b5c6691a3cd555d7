import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareWords, type Piece } from '../../../../../infra/cli/pins/word-difference.ts';
import { proves } from '../../../../requirements.ts';

const textOf = (pieces: readonly Piece[], ...kinds: readonly Piece['kind'][]) =>
  pieces
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ text }) => text)
    .join('');

describe('what changed between two texts', () => {
  it(proves('pin.diff', 'is told word by word'), () => {
    expect(compareWords('Refunds a payment in cents.', 'Refunds one payment, in cents.')).toEqual([
      { kind: 'same', text: 'Refunds ' },
      { kind: 'removed', text: 'a' },
      { kind: 'added', text: 'one' },
      { kind: 'same', text: ' payment' },
      { kind: 'added', text: ',' },
      { kind: 'same', text: ' in cents.' },
    ]);
  });

  it('puts both texts together again, whatever they are', () => {
    const words = fc
      .array(fc.constantFrom('a', 'b', ' ', '.', '\n', '\u200b', '界', '\ud800'))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(words, words, (before, after) => {
        const pieces = compareWords(before, after);
        expect(textOf(pieces, 'same', 'removed')).toBe(before);
        expect(textOf(pieces, 'same', 'added')).toBe(after);
        if (before === after) expect(textOf(pieces, 'removed', 'added')).toBe('');
      }),
    );
  });

  it('is told as one piece out and one in where a table of all words would be too large', () => {
    const [before, after] = ['a '.repeat(5_000), 'b '.repeat(5_000)];
    expect(compareWords(before, after).map(({ kind }) => kind)).toEqual(['removed', 'added', 'same']);
  });
});
