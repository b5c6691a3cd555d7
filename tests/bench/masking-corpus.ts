/**
 * Labelled documents for the masking benchmark, from a seed: prose, JSON, tables and logs with values of each class, and
 * hard negatives of the same forms. The detectors were written against these; masking-held-out.ts has others. What is
 * labelled is what must go; everything else must stay.
 */
import { below, createRandom, from, pick, type Random } from './masking-random.ts';

export interface LabelledDocument {
  readonly text: string;
  /** The values in it that must be masked, as they stand in the text. */
  readonly values: readonly { readonly class: string; readonly value: string }[];
}

const DIGITS = '0123456789';
const ALNUM = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz`;
const digits = (random: Random, length: number) => from(random, DIGITS, length);
const group = (text: string, size: number, by: string) => (text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(by);

function withLuhn(body: string): string {
  const sum = [...body].reduce((total, digit, index) => {
    const value = Number(digit) * ((body.length - index) % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return body + String((10 - (sum % 10)) % 10);
}

function makeIban(random: Random): string {
  const number = digits(random, 18);
  const check = String(98n - (BigInt(`${number}131400`) % 97n)).padStart(2, '0');
  return group(`DE${check}${number}`, 4, pick(random, ['', ' ']));
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const VALUES: Readonly<Record<string, (random: Random) => string>> = {
  card: (random) => {
    const number = withLuhn(pick(random, ['4', '51', '55', '2300']).padEnd(15, digits(random, 15)));
    return group(number, 4, pick(random, ['', ' ', '-']));
  },
  iban: makeIban,
  'us-ssn': (random) =>
    [100 + below(random, 500), 10 + below(random, 89), 1000 + below(random, 8999)].join(pick(random, ['-', ' '])),
  email: (random) =>
    `${from(random, 'abcdefghij', 6)}.${from(random, 'klmnop', 4)}@${from(random, 'qrstuv', 5)}.${pick(random, ['com', 'org', 'co.uk'])}`,
  phone: (random) => {
    const line = digits(random, 4);
    const exchange = `${2 + below(random, 8)}${digits(random, 2)}`;
    const area = `${2 + below(random, 8)}${digits(random, 2)}`;
    return pick(random, [
      `+1 ${area}-${exchange}-${line}`,
      `(${area}) ${exchange}-${line}`,
      `+49 30 ${digits(random, 7)}`,
      `+44 20 ${line} ${digits(random, 4)}`,
      `020 ${line} ${digits(random, 4)}`,
      `+33${1 + below(random, 9)}${digits(random, 8)}`,
      `01 ${group(digits(random, 8), 2, ' ')}`,
    ]);
  },
  jwt: (random) => `${encode({ alg: 'RS256' })}.${encode({ sub: from(random, ALNUM, 12) })}.${from(random, ALNUM, 43)}`,
  'private-key': (random) =>
    `-----BEGIN PRIVATE KEY-----\n${from(random, ALNUM, 64)}\n${from(random, ALNUM, 40)}=\n-----END PRIVATE KEY-----`,
  secret: (random) =>
    pick(random, [
      () => `ghp_${from(random, ALNUM, 36)}`,
      () => `AKIA${from(random, 'ABCDEFGHIJKLMNOP234567', 16)}`,
      () => `sk_live_${from(random, ALNUM, 24)}`,
      () => `xoxb-${digits(random, 12)}-${from(random, ALNUM, 24)}`,
      () => `${from(random, ALNUM, 3)}8Q~${from(random, ALNUM, 34)}`,
      () => `glpat-${from(random, ALNUM, 20)}`,
    ])(),
};

export const CLASSES: readonly string[] = Object.keys(VALUES);

type Template = (value: string, random: Random) => string;

const id = (random: Random) => `${digits(random, 5)}-${from(random, 'abcdef', 4)}`;

const TEMPLATES: readonly Template[] = [
  (value) => `The customer wrote: ${value}, please have a look before Friday.`,
  (value, random) => JSON.stringify({ id: below(random, 99_999), note: 'as agreed', value, isOpen: true }),
  (value, random) => `| id | entry |\n|---|---|\n| ${below(random, 999)} | ${value.replaceAll('\n', ' ')} |`,
  (value) => `2026-11-20T10:11:12.131Z INFO request done entry="${value}" in 12 ms`,
  (value) => `> ${value}\n\nthat is what stands on the slip (see above); nothing else was left.`,
  (value, random) => JSON.stringify([[id(random), [{ a: { b: JSON.stringify({ c: value }) } }]]], null, 2),
  (value, random) => `${id(random)};${value};${below(random, 99)},5;Leeds\n`,
  (value) => `<td class="x">${value}</td><td>12</td>`,
  (value, random) => `[worker-${below(random, 9)}] got ${value} (attempt ${below(random, 5)}/5)`,
  (value) => `entries:\n  - kind: slip\n    entry: '${value}'\n    at: 10:15\n`,
];

const uuid = (random: Random) => [8, 4, 4, 4, 12].map((length) => from(random, '0123456789abcdef', length)).join('-');

/** What looks like data and is none. */
const NEGATIVES: readonly ((random: Random) => string)[] = [
  (random) => `order ${1 + below(random, 9)}${digits(random, 8)} shipped`,
  (random) => `trace ${uuid(random)} took ${below(random, 999)} ms`,
  (random) => `commit ${from(random, '0123456789abcdef', 40)}`,
  (random) => `{"id":${1 + below(random, 9)}${digits(random, 9)},"at":"2026-11-0${1 + below(random, 9)}T10:00:00Z"}`,
  (random) => `npm i left-pad@${below(random, 9)}.${below(random, 20)}.${below(random, 9)}`,
  (random) =>
    `invoice no. 2026-${digits(random, 4)}-${digits(random, 3)}, parcel 1Z${from(random, ALNUM, 6)}${digits(random, 8)}`,
  (random) => `{"traceparent":"00-${from(random, '0123456789abcdef', 32)}-${from(random, '0123456789abcdef', 16)}-01"}`,
  (random) => `time ${1_700_000_000_000 + below(random, 99_999_999)} offset ${below(random, 99_999)}`,
  (random) => `sha256:${from(random, '0123456789abcdef', 64)} etag "0x8D${from(random, '0123456789ABCDEF', 13)}"`,
  (random) => `the token bucket refills 10 tokens a second; password: required; key: item-${digits(random, 6)}`,
  (random) => `ISBN 978-${below(random, 9)}-${digits(random, 4)}-${digits(random, 4)}-${below(random, 9)}, page 12`,
  (random) => `order=${digits(random, 16)} sku=${from(random, ALNUM, 12)}`,
  (random) => `account manager for UK${digits(random, 2)} region, lot DE${digits(random, 20)}`,
];

/** `size` documents, three in four with a value. */
export function makeTuned(seed: number, size: number): readonly LabelledDocument[] {
  const random = createRandom(seed);
  return Array.from({ length: size }, (_, index): LabelledDocument => {
    if (index % 4 === 3) return { text: pick(random, NEGATIVES)(random), values: [] };
    const className = pick(random, CLASSES);
    const value = VALUES[className]?.(random) ?? '';
    return { text: pick(random, TEMPLATES)(value, random), values: [{ class: className, value }] };
  });
}
