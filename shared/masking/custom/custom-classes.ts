/**
 * Classes of the configuration's own as detectors: a pattern whose work is bounded, words and phrases, or both. They look
 * after the gateway's own detectors, at the same readings of a text (escapes, encodings, look-alikes).
 */
import { checkPattern } from '../../config/bounded-pattern.ts';
import type { CustomClass } from '../../config/config.ts';
import type { Detector } from '../detectors/detector.ts';
import { findAll } from '../detectors/find-all.ts';
import type { Finder } from '../find-in-text.ts';
import { integerText } from '../integer-text.ts';

export function createCustomDetectors(custom: ReadonlyMap<string, CustomClass>): readonly Detector[] {
  return [...custom].flatMap(([name, { pattern, words }]): readonly Detector[] => {
    const patterns = [
      ...(pattern === undefined ? [] : [compile(pattern)]),
      ...(words === undefined ? [] : [compileWords(words)]),
    ];
    return patterns.map((each) => ({ class: name, needs: { run: 1 }, findByForm: (text) => findAll(text, each) }));
  });
}

/** A pattern from elsewhere than the configuration's checks would be a bug here. */
function compile(pattern: string): RegExp {
  const checked = checkPattern(pattern);
  if (!checked.ok) throw new TypeError(`the pattern of a class ${checked.error}`);
  return new RegExp(pattern, 'gu');
}

/** Whole words; between the words of a phrase, any few spaces. The longer of two that begin alike goes first. */
function compileWords(words: readonly string[]): RegExp {
  const longestFirst = words.toSorted((one, other) => other.length - one.length);
  const written = longestFirst.map((phrase) => phrase.split(/\s+/).map(escapeText).join('\\s{1,4}'));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${written.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Longer texts are never taken for something else as a whole. */
const MAX_ALONE = 64;

/**
 * What is too short for any data that the gateway knows, or is an id or a time to it as a whole, may be data of a class of
 * the configuration's own, and so may any number.
 */
export function withCustom(finder: Finder, detectors: readonly Detector[]): Finder {
  if (detectors.length === 0) return finder;
  return {
    ...finder,
    inText(text, named) {
      const found = finder.inText(text, named);
      if (found.length > 0 || text.length > MAX_ALONE) return found;
      for (const { class: name, findByForm } of detectors) {
        const ranges = findByForm(text);
        if (ranges.length > 0) return ranges.map(({ start, end }) => ({ start, end, classes: [name] }));
      }
      return found;
    },
    inNumber(value, named) {
      const found = finder.inNumber(value, named);
      if (found.length > 0) return found;
      const source = typeof value === 'number' ? String(value) : value.rawJSON;
      const texts = [source, integerText(source) ?? source];
      const isWhole = ({ findByForm }: Detector): boolean =>
        texts.some((text) => findByForm(text).some(({ start, end }) => start === 0 && end === text.length));
      return detectors.filter(isWhole).map((detector) => detector.class);
    },
  };
}
