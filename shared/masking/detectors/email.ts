/**
 * Email addresses: everything RFC 5322 calls atext on the left of an `@` (256 characters at most), a domain with a
 * dot on the right, either in any script (RFC 6531). Rather a character too many than one too few: in
 * `user=alice@example.com` the name before the sign goes too, because addresses may hold a `=`.
 */
import type { Range } from '../finding.ts';
import type { Detector } from './detector.ts';

const MAX_LOCAL = 256;
const MAX_DOMAIN = 255;
const MAX_WRAPPING = 3;
const ATEXT = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]/;
const LETTER = /[\p{L}\p{N}\p{M}]/u;

/** Looked up by code: a pattern for every character would be the slowest part of the engine. */
const LOCAL_ASCII: readonly boolean[] = Array.from({ length: 128 }, (_, code) => ATEXT.test(String.fromCharCode(code)));
const DOMAIN_ASCII: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9.-]/.test(String.fromCharCode(code)),
);

export const emailDetector: Detector = { class: 'email', needs: { at: true }, findByForm: findEmails };

function findEmails(text: string): readonly Range[] {
  const found: Range[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = startOfLocal(text, at);
    const end = endOfDomain(text, at);
    if (start < at && isDomain(text.slice(at + 1, end))) found.push({ start, end });
  }
  return found;
}

function startOfLocal(text: string, at: number): number {
  const floor = Math.max(0, at - MAX_LOCAL);
  let start = at;
  while (start > floor && isPart(text.charCodeAt(start - 1), LOCAL_ASCII) && !isScriptChange(text, start, at))
    start -= 1;
  return skipWrapping(text, start, at);
}

/** Quotes, slashes and stars right before an address are the text's; a few, or what is left would be a fragment. */
function skipWrapping(text: string, start: number, at: number): number {
  let first = start;
  while (first < at && first < start + MAX_WRAPPING && isPunctuation(text.charCodeAt(first))) first += 1;
  return first < at ? first : start;
}

function endOfDomain(text: string, at: number): number {
  const ceiling = Math.min(text.length, at + 1 + MAX_DOMAIN);
  let end = at + 1;
  while (end < ceiling && isPart(text.charCodeAt(end), DOMAIN_ASCII) && !isScriptChange(text, end, at + 1)) end += 1;
  while (end > at && (text.charAt(end - 1) === '.' || text.charAt(end - 1) === '-')) end -= 1;
  return end;
}

/** A dot with something before it, and behind it two characters or more that begin with a letter. */
function isDomain(text: string): boolean {
  const dot = text.lastIndexOf('.');
  return dot > 0 && text.length - dot > 2 && !/[\d-]/.test(text.charAt(dot + 1));
}

function isPart(code: number, ascii: readonly boolean[]): boolean {
  if (code < 0x80) return ascii[code] === true;
  return isSurrogate(code) || LETTER.test(String.fromCharCode(code));
}

/** Chinese, Japanese and Korean write no space around an address: there it ends where the script changes. */
function isScriptChange(text: string, index: number, edge: number): boolean {
  if (index === edge) return false;
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return isEastAsian(before) !== isEastAsian(after) && !isJoint(before) && !isJoint(after);
}

function isEastAsian(code: number): boolean {
  return code >= 0x2e80 && !isSurrogate(code);
}

function isPunctuation(code: number): boolean {
  return code < 0x80 && /[^A-Za-z0-9]/.test(String.fromCharCode(code));
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isJoint(code: number): boolean {
  return code === 0x2e || code === 0x2d || code === 0x5f;
}
