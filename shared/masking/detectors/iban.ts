/**
 * International bank account numbers (ISO 13616): the length that its country registered and check digits that are
 * right modulo 97 (ISO 7064), in one piece or in groups with single spaces, dots or dashes between.
 */
import type { Range } from '../finding.ts';
import { ALPHANUMERIC, isIn } from './characters.ts';
import type { Detector } from './detector.ts';

export const ibanDetector: Detector = { class: 'iban', needs: { digits: 4 }, findByForm: findIbans };

const START = /(?<![A-Za-z0-9])[A-Za-z]{2}[ .-]?\d[ .-]?\d/g;

/** How many characters an IBAN of each country has, as the IBAN registry lists them. */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  [
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27',
    'DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28',
    'IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22',
    'MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24',
    'SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30',
  ]
    .flatMap((row) => row.split(' '))
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

function findIbans(text: string): readonly Range[] {
  const found: Range[] = [];
  START.lastIndex = 0;
  for (let match = START.exec(text); match !== null; match = START.exec(text)) {
    const length = LENGTHS.get(match[0].slice(0, 2).toUpperCase());
    const end = length === undefined ? undefined : endOfIban(text, match.index, length);
    if (end !== undefined) {
      found.push({ start: match.index, end });
      START.lastIndex = end;
    }
  }
  return found;
}

/** Reads `length` characters from `start`; the country and the check digits count as if they stood at the end. */
function endOfIban(text: string, start: number, length: number): number | undefined {
  let head = 0;
  let rest = 0;
  let index = start;
  for (let read = 0; read < length; index += 1) {
    const value = valueOfCharacter(text.charCodeAt(index));
    if (value < 0) {
      if (read === 0 || !isSeparator(text, index)) return undefined;
      continue;
    }
    if (read < 4) head = shift(head, value);
    else rest = shift(rest, value);
    read += 1;
  }
  if (isIn(ALPHANUMERIC, text, index)) return undefined;
  // Two letters and two digits are six decimal places.
  return (((rest * 1_000_000) % 97) + head) % 97 === 1 ? index : undefined;
}

function shift(remainder: number, value: number): number {
  return (remainder * (value > 9 ? 100 : 10) + value) % 97;
}

/** 0–9 of a digit, 10–35 of a letter, -1 of anything else. */
function valueOfCharacter(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x57 : -1;
}

function isSeparator(text: string, index: number): boolean {
  const isOne = (at: number) => text.charAt(at) === ' ' || text.charAt(at) === '-' || text.charAt(at) === '.';
  return isOne(index) && !isOne(index + 1);
}
