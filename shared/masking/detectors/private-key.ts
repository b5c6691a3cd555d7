/**
 * Private keys in textual encoding (RFC 7468, OpenSSH, PGP): from the BEGIN line to the END line. Where the END line is
 * missing, everything after BEGIN that can belong to a key. Certificates and public keys stay.
 */
import type { Range } from '../finding.ts';
import { createCharacterSet, endOfRun } from './characters.ts';
import type { Detector } from './detector.ts';

export const privateKeyDetector: Detector = {
  class: 'private-key',
  needs: { run: 16 },
  isOpaque: true,
  findByForm: findPrivateKeys,
};

const BOUNDARY = /-----(BEGIN|END) [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----/g;
const BODY = createCharacterSet(/[A-Za-z0-9+/=:,\s\\-]/);

/** The boundary lines of a text are read once, in order. */
function findPrivateKeys(text: string): readonly Range[] {
  if (!text.includes('-----BEGIN ')) return [];
  const found: Range[] = [];
  let begin: { readonly start: number; readonly end: number } | undefined;
  const close = (end: number): void => {
    if (begin !== undefined) found.push({ start: begin.start, end });
    begin = undefined;
  };
  BOUNDARY.lastIndex = 0;
  for (let match = BOUNDARY.exec(text); match !== null; match = BOUNDARY.exec(text)) {
    const end = match.index + match[0].length;
    if (match[1] === 'END') {
      close(end);
      continue;
    }
    if (begin !== undefined) close(endOfRun(BODY, text, begin.end, match.index));
    begin = { start: match.index, end };
  }
  if (begin !== undefined) close(endOfRun(BODY, text, begin.end, text.length));
  return found;
}
