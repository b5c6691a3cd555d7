/**
 * IP addresses, version 4 and 6, as `net.isIP` knows them. Off unless the configuration names the class: in the data of
 * operations most addresses are machines, and a version such as 1.2.3.4 looks the same.
 */
import { isIP, isIPv4 } from 'node:net';
import type { Range } from '../finding.ts';
import type { Detector } from './detector.ts';
import { findAll } from './find-all.ts';

const VERSION_4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g;
/** The longest has 45 characters: six groups and an address of version 4. */
const VERSION_6 = /(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}(?![\w:])/g;

export const ipDetector: Detector = {
  class: 'ip',
  needs: { digits: 4, sign: true },
  findByForm: (text) => [...findAll(text, VERSION_4, ([whole]) => isIPv4(whole)), ...findVersion6(text)],
};

/** A full stop after an address is the sentence's. Without any digit (`a::b`) it is rather a name in code. */
function findVersion6(text: string): readonly Range[] {
  if (!text.includes(':')) return [];
  return findAll(text, VERSION_6, ([whole]) => /\d/.test(whole) && isIP(withoutStop(whole)) === 6).map((range) => ({
    start: range.start,
    end: range.start + withoutStop(text.slice(range.start, range.end)).length,
  }));
}

function withoutStop(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}
