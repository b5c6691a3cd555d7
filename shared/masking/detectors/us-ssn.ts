/**
 * United States social security numbers: AAA-GG-SSSS with dashes or spaces and numbers that can have been issued
 * (no area 000, 666 or 9xx, no group 00, no serial 0000). Nine bare digits only where a name says so: of random
 * nine-digit ids almost nine in ten would pass as one.
 */
import type { Range } from '../finding.ts';
import type { Detector } from './detector.ts';
import { findAll } from './find-all.ts';

const SEPARATED = /(?<!\d)(\d{3})[- ](\d{2})[- ](\d{4})(?!\d)/g;

export const usSsnDetector: Detector = {
  class: 'us-ssn',
  needs: { digits: 7 },
  findByForm: findSeparated,
  context: {
    mayHold: /ssn|social/i,
    isNamedBy: (words) =>
      words.some((word, index) => NAME.test(word) || (word === 'social' && words[index + 1] === 'security')),
    // Under its name any nine digits are taken, issued or not, however grouped; a number has lost its leading zeros.
    candidate: /(?<!\d)(?:\d(?:[-./ ]?\d){8}|\d{7,8})(?!\d)/g,
    numberDigits: { min: 7, max: 9 },
  },
};

const NAME = /^(?:ssns?|ssn(?:no|number)|socialsecurity(?:no|number)?)$/;

function findSeparated(text: string): readonly Range[] {
  return findAll(text, SEPARATED, ([, area = '', group, serial]) => {
    const isArea = area !== '000' && area !== '666' && !area.startsWith('9');
    return isArea && group !== '00' && serial !== '0000';
  });
}
