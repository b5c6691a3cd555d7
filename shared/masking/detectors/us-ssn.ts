/**
 * United States social security numbers: AAA-GG-SSSS with one sign or space between and numbers that can have been issued
 * (no area 000, 666 or 9xx, no group 00, no serial 0000). Nine bare digits only where a name says so: of random
 * nine-digit ids almost nine in ten would pass as one.
 */
import type { Range } from '../finding.ts';
import type { Detector } from './detector.ts';
import { findAll } from './find-all.ts';

const SEPARATED = /(?<!\d)(\d{3})([-. _/\n])(\d{2})([-. _/\n])(\d{4})(?!\d)/g;

export const usSsnDetector: Detector = {
  class: 'us-ssn',
  needs: { number: 7 },
  findByForm: findSeparated,
  context: {
    mayHold: /ssn|social|itin/i,
    isNamedBy: (words) =>
      words.some(
        (word, index) => NAME.test(word) || (word === 'social' && /^sec(?:urity)?$/.test(words[index + 1] ?? '')),
      ),
    // Under its name any nine digits are taken, issued or not, however grouped; a number has lost its leading zeros.
    candidate: /(?<!\d)(?:\d(?:[-./_\s]{0,2}\d){8}|\d{7,8})(?!\d)/g,
    numberDigits: { min: 7, max: 9 },
  },
};

const NAME = /^(?:ssns?|ssn(?:no|num|number)|socialsecurity(?:no|number)?|itin)$/;

function findSeparated(text: string): readonly Range[] {
  return findAll(text, SEPARATED, ([, area = '', first = '', group, second, serial]) => {
    const isArea = area !== '000' && area !== '666' && !area.startsWith('9');
    const areAlike = first === second || (/[- ]/.test(first) && /[- ]/.test(second ?? ''));
    return isArea && areAlike && group !== '00' && serial !== '0000';
  });
}
