/**
 * Content that stands in a text as a `data:` URL (RFC 2397): an image in a link, an icon. Nobody can look into it, so it
 * counts as binary like a block of its own. What is too short for an image is left to the detectors, which read base64.
 */
import { findAll } from './detectors/find-all.ts';
import type { Finding } from './finding.ts';

const DATA_URL = /data:[\w.+/;=-]{0,128};base64,[A-Za-z0-9+/_=%-]{64,}/gi;
const BINARY_CLASSES = ['binary'];

/** `findings` of the text with its data URLs among them, in order; one that lies in such a URL is part of it. */
export function findDataUrls(text: string, findings: readonly Finding[]): readonly Finding[] {
  if (!text.includes(';base64,')) return findings;
  const urls = findAll(text, DATA_URL);
  if (urls.length === 0) return findings;
  const outside = findings.filter(({ start, end }) => !urls.some((url) => start < url.end && url.start < end));
  return [...outside, ...urls.map(({ start, end }) => ({ start, end, classes: BINARY_CLASSES }))].sort(
    (one, other) => one.start - other.start,
  );
}
