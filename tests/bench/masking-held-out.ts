/**
 * The held-out documents of the masking benchmark: templates and hard negatives that no detector was written against,
 * with the values of masking-values.ts. What looks like data and is none has a name that says what it is, as data has.
 */
import type { LabelledDocument } from './masking-corpus.ts';
import { below, createRandom, from, pick, type Random } from './masking-random.ts';
import { cardDigits, HELD_OUT_VALUES, type Made } from './masking-values.ts';

const DIGITS = '0123456789';
const HEX = '0123456789abcdef';
const UPPER = 'ABCDEFGHJKLMNPRSTUVWXYZ';
const digits = (random: Random, length: number) => from(random, DIGITS, length);
const id = (random: Random) => `${from(random, UPPER, 2)}-${digits(random, 5)}`;

type Template = (text: string, random: Random) => string;

/** Texts that take anything, lines too. */
const TEMPLATES: readonly Template[] = [
  (text) => `> ${text}\n\nthat is what stands on the slip (see above); nothing else was left.`,
  (text, random) => JSON.stringify([[id(random), [{ a: { b: JSON.stringify({ c: text }) } }]]], null, 2),
  (text) => `<tr><td class="x">${text}</td><td>12</td></tr>`,
  (text, random) => `[worker-${below(random, 9)}] got ${text} (attempt ${below(random, 5)}/5)`,
  (text) => `Hi Robin,\n\nas discussed, here you go:\n\n${text}\n\nBest\nKim`,
  (text) => `<entry lang="en"><text>${text}</text></entry>`,
  (text, random) => JSON.stringify({ rows: [{ id: id(random), remark: text, ok: true }], next: null }),
  (text) => `### Notes\n\n* ${text}\n* nothing else\n`,
  (text, random) => `11:0${below(random, 9)} <kim> ${text}\n11:1${below(random, 9)} <robin> thanks, got it`,
  (text, random) => `INSERT INTO notes VALUES (${below(random, 999)}, '${text}', NULL);`,
  (text, random) => `${id(random)}\t${text}\t${below(random, 99)}\tLeeds\n`,
  (text) => `entries:\n  - kind: slip\n    at: 10:15\n    entry: ${text}\n`,
];

const uuid = (random: Random) => [8, 4, 4, 4, 12].map((length) => from(random, HEX, length)).join('-');
const cardLike = (random: Random) => cardDigits(random).number;

/** The last digit makes it right by Luhn, as in an IMEI. */
function imei(random: Random): string {
  const body = `35${digits(random, 12)}`;
  const sum = [...body].reduce(
    (total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 2) - (at % 2 === 1 && digit > '4' ? 9 : 0),
    0,
  );
  return body + String((10 - (sum % 10)) % 10);
}

const NEGATIVES: readonly ((random: Random) => string)[] = [
  (random) => `order=${cardLike(random)} sku=${from(random, UPPER + DIGITS, 12)}`,
  (random) => JSON.stringify({ transactionId: cardLike(random), state: 'settled' }),
  (random) =>
    JSON.stringify({
      id: Number(`${1 + below(random, 8)}${digits(random, 14)}`),
      parent_id: Number(`4${digits(random, 14)}`),
    }),
  (random) => `Tracking number ${cardLike(random)}, expected on Monday`,
  (random) => `consignment ${cardLike(random)} left the depot`,
  (random) =>
    `invoice no. 2026-${digits(random, 4)}-${digits(random, 3)}, parcel 1Z${from(random, UPPER, 6)}${digits(random, 8)}`,
  (random) =>
    `USPS 9400 1${digits(random, 3)} ${digits(random, 4)} ${digits(random, 4)} ${digits(random, 4)} ${digits(random, 2)}`,
  (random) => JSON.stringify({ traceparent: `00-${from(random, HEX, 32)}-${from(random, HEX, 16)}-01` }),
  (random) => `time ${1_700_000_000_000 + below(random, 99_999_999)} offset ${digits(random, 16)}`,
  (random) => `sha256:${from(random, HEX, 64)} etag "0x8D${from(random, '0123456789ABCDEF', 13)}"`,
  (random) => `the token bucket refills 10 tokens a second; password: required; key: item-${digits(random, 6)}`,
  (random) => `ISBN 978-${below(random, 9)}-${digits(random, 4)}-${digits(random, 4)}-${below(random, 9)}, page 12`,
  (random) => `EAN 4${digits(random, 12)} is out of stock, next GTIN 0${digits(random, 13)}`,
  (random) => `account manager for UK${digits(random, 2)} region, lot DE${digits(random, 20)}`,
  (random) => `device IMEI ${imei(random)} seen, ICCID 8944${digits(random, 15)}`,
  (random) => `commit ${from(random, HEX, 40)} (${from(random, HEX, 7)}) by bot, ${uuid(random)}`,
  (random) =>
    JSON.stringify({
      lat: `${below(random, 89)}.${digits(random, 6)}`,
      lon: `-${below(random, 179)}.${digits(random, 7)}`,
    }),
  (random) =>
    `at 51.${digits(random, 5)}, -0.${digits(random, 6)}, altitude ${below(random, 999)}.${digits(random, 2)} m`,
  (random) =>
    `bump from 2.${below(random, 20)}.${below(random, 20)} to 3.${below(random, 9)}.0-rc.${below(random, 9)}+build.${digits(random, 8)}`,
  (random) => `ticket ${digits(random, 9)} reopened; ticket ${1 + below(random, 8)}${digits(random, 9)} closed`,
  (random) =>
    JSON.stringify({
      count: Number(`1${digits(random, 8)}`),
      bytes: Number(`7${digits(random, 9)}`),
      row: Number(`5${digits(random, 9)}`),
    }),
  (random) =>
    `2026-0${1 + below(random, 9)}-1${below(random, 9)}T1${below(random, 9)}:0${below(random, 9)}:00+0${below(random, 9)}:00 uptime ${digits(random, 7)} s, pid ${digits(random, 5)}`,
  (random) =>
    `mac 02:42:ac:11:${from(random, HEX, 2)}:${from(random, HEX, 2)}, colour #${from(random, HEX, 6)}, port 443`,
  (random) =>
    `cursor ${Buffer.from(JSON.stringify({ after: below(random, 99_999), order: 'asc' })).toString('base64')}`,
  (random) =>
    `total 1,${digits(random, 3)},${digits(random, 3)}.${digits(random, 2)} EUR, ${below(random, 99)}.${digits(random, 3)} %, 2 x 4 x 16`,
  (random) => `| part | lot |\n|---|---|\n| ${id(random)}-${digits(random, 4)} | ${digits(random, 12)} |`,
  (random) => `https://shop.example/p/${digits(random, 8)}?page=2&sort=asc#s-${digits(random, 4)}`,
  (random) =>
    `PNR ${from(random, UPPER, 6)}, seat ${below(random, 30)}A, flight LH ${digits(random, 3)}, case 00${digits(random, 8)}`,
];

/** `size` documents, three in four with a value. */
export function makeHeldOut(seed: number, size: number): readonly LabelledDocument[] {
  const random = createRandom(seed);
  const classes = Object.entries(HELD_OUT_VALUES);
  return Array.from({ length: size }, (_, index): LabelledDocument => {
    if (index % 4 === 3) return { text: pick(random, NEGATIVES)(random), values: [] };
    const [className, make] = pick(random, classes);
    const made: Made = make(random);
    const text = pick(random, TEMPLATES)(made.text, random);
    // As it stands in the document: a template may have escaped it.
    const value = [made.value, escaped(made.value), escaped(escaped(made.value))].find((each) => text.includes(each));
    return { text, values: [{ class: className, value: value ?? made.value }] };
  });
}

const escaped = (text: string) => JSON.stringify(text).slice(1, -1);
