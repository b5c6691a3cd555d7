/**
 * User name and password, or a token, in an address (RFC 3986 §3.2.1: `scheme://user:password@host`). A user name alone
 * (`ssh://git@host`) is no secret, unless it is as long as a token.
 */
import type { Range } from '../finding.ts';
import { createCharacterSet, endOfRun } from './characters.ts';
import type { Detector } from './detector.ts';

export const urlUserDetector: Detector = {
  class: 'secret',
  needs: { at: true },
  isOpaque: true,
  findByForm: findUserInformation,
};

const AUTHORITY = createCharacterSet(/[!$-&(-.0-;=@-~]/);
const MAX_AUTHORITY = 512;
const TOKEN = /^(?=.*\d)[\w.~-]{20,}$/;

function findUserInformation(text: string): readonly Range[] {
  const found: Range[] = [];
  for (let scheme = text.indexOf('://'); scheme !== -1; scheme = text.indexOf('://', scheme + 3)) {
    const start = scheme + 3;
    const authority = text.slice(start, endOfRun(AUTHORITY, text, start, start + MAX_AUTHORITY));
    const user = authority.slice(0, Math.max(0, authority.lastIndexOf('@')));
    if (user.startsWith('[masked:')) continue;
    if (/:./.test(user) || TOKEN.test(user)) found.push({ start, end: start + user.length });
  }
  return found;
}
