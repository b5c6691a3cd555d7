/**
 * Content that stands in a text as a `data:` URL (RFC 2397): an image in a link, an icon. Nobody can look into it, so it
 * counts as binary like a block of its own. What is too short for an image is left to the detectors, which read base64.
 */
import { findAll } from './detectors/find-all.ts';
import type { Range } from './finding.ts';

const DATA_URL = /data:[\w.+/;=-]{0,128};base64,[A-Za-z0-9+/_=%-]{64,}/gi;

export function findDataUrls(text: string): readonly Range[] {
  return text.includes(';base64,') ? findAll(text, DATA_URL) : [];
}
