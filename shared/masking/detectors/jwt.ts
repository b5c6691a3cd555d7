/**
 * JSON Web Tokens in their compact forms, signed (RFC 7515: three parts) and encrypted (RFC 7516: five). The first part
 * must be a JOSE header: base64url of a JSON object with an `alg`.
 */
import type { Range } from '../finding.ts';
import { createCharacterSet, endOfRun, isIn } from './characters.ts';
import type { Detector } from './detector.ts';

export const jwtDetector: Detector = { class: 'jwt', needs: { run: 16 }, isOpaque: true, findByForm: findTokens };

/** Base64url of `{"`. With white space before or within, a header begins otherwise: nobody writes those. */
const START = 'eyJ';
const BASE64URL = createCharacterSet(/[\w-]/);
/** Headers that carry certificates are long; nothing looks further for the first dot. */
const MAX_HEADER = 16_384;
const MAX_PARTS = 5;
/** A token whose signature was cut off still tells whom it is about. */
const MIN_PAYLOAD = 16;

function findTokens(text: string): readonly Range[] {
  const found: Range[] = [];
  for (let start = text.indexOf(START); start !== -1; ) {
    const end = isIn(BASE64URL, text, start - 1) ? undefined : endOfToken(text, start);
    if (end !== undefined) found.push({ start, end });
    // No token begins within this run of characters any more, so no run is read twice.
    start = text.indexOf(START, end ?? endOfRun(BASE64URL, text, start, text.length));
  }
  return found;
}

function endOfToken(text: string, start: number): number | undefined {
  const headerEnd = endOfRun(BASE64URL, text, start, start + MAX_HEADER);
  if (text.charAt(headerEnd) !== '.' || !isJoseHeader(text.slice(start, headerEnd))) return undefined;
  let end = headerEnd;
  let parts = 1;
  // An unsecured token ends with a dot, an encrypted one may have an empty second part.
  for (; parts < MAX_PARTS && text.charAt(end) === '.'; parts += 1)
    end = endOfRun(BASE64URL, text, end + 1, text.length);
  if (parts < 3) return end - headerEnd > MIN_PAYLOAD ? end : undefined;
  // A dot behind three parts is the sentence's.
  return parts > 3 && text.charAt(end - 1) === '.' ? end - 1 : end;
}

/** Read as text, not parsed: to throw at each of ten thousand false beginnings would take longer than all else. */
function isJoseHeader(part: string): boolean {
  const header = Buffer.from(part, 'base64url').toString('latin1');
  return header.startsWith('{') && header.endsWith('}') && header.includes('"alg"');
}
