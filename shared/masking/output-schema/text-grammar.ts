/**
 * Whether a text that masking wrote fits a schema's `pattern` or `format`. A server's pattern is run only where it can't be
 * slow: without a repeated group, and with few endless repetitions, on short texts; any other fits nothing of ours.
 */

const MAX_PATTERN = 256;
const MAX_TEXT = 128;
const MAX_ENDLESS = 3;
const MAX_PATTERNS = 1_024;

const compiled = new Map<string, RegExp | undefined>();

export function fitsPattern(pattern: string, text: string): boolean {
  if (text.length > MAX_TEXT) return false;
  if (!compiled.has(pattern)) {
    if (compiled.size >= MAX_PATTERNS) compiled.clear();
    compiled.set(pattern, isQuick(pattern) ? compile(pattern) : undefined);
  }
  return compiled.get(pattern)?.test(text) ?? false;
}

function isQuick(pattern: string): boolean {
  if (pattern.length > MAX_PATTERN) return false;
  const plain = skeletonOf(pattern);
  const endless = plain.match(/[*+]|\{\d{1,9},\}/g)?.length ?? 0;
  return endless <= MAX_ENDLESS && !/\)[*+{]/.test(plain);
}

/** Its signs alone: each escape and each class of characters is one letter. */
function skeletonOf(pattern: string): string {
  let plain = '';
  let isInClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const unit = pattern.charAt(at);
    if (unit === '\\') at += 1;
    if (isInClass) {
      isInClass = unit !== ']';
      continue;
    }
    isInClass = unit === '[';
    plain += unit === '\\' || isInClass ? 'x' : unit;
  }
  return plain;
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

/** One of each, of nobody and nowhere (RFC 2606, RFC 5737, RFC 3849). */
const SAMPLES: Readonly<Record<string, string>> = {
  'date-time': '1970-01-01T00:00:00Z',
  date: '1970-01-01',
  time: '00:00:00Z',
  duration: 'PT0S',
  email: 'masked@masked.invalid',
  'idn-email': 'masked@masked.invalid',
  hostname: 'masked.invalid',
  'idn-hostname': 'masked.invalid',
  ipv4: '192.0.2.0',
  ipv6: '2001:db8::',
  uri: 'https://masked.invalid/',
  'uri-reference': 'masked',
  iri: 'https://masked.invalid/',
  'iri-reference': 'masked',
  uuid: '00000000-0000-4000-8000-000000000000',
  'json-pointer': '/masked',
  regex: 'masked',
};

export function sampleOf(format: string): string | undefined {
  return Object.hasOwn(SAMPLES, format) ? SAMPLES[format] : undefined;
}

/** A format that nobody checks here is met. */
export function fitsFormat(format: string, text: string): boolean {
  const sample = sampleOf(format);
  return sample === undefined || sample === text;
}
