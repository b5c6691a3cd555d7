/**
 * One number hidden in 26 ways: each is found, or stands here with the reason why not. What is not found needs a list of
 * the values themselves, or a reader of sentences; only policies, budgets and approvals limit those (DESIGN §2.8).
 */
import { createCipheriv } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../shared/json/value.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { proves } from '../../requirements.ts';

const masker = createMasker({ classes: ['card', 'us-ssn'] });

interface Way {
  readonly name: string;
  readonly hide: (number: string) => Json;
  /** Left out, it is found. */
  readonly notFoundBecause?: string;
}

const each = (text: string, write: (code: number) => string, by = ''): string =>
  [...text].map((character) => write(character.charCodeAt(0))).join(by);
const hex = (code: number) => code.toString(16).padStart(2, '0');
const base64 = (data: string | Buffer) => Buffer.from(data).toString('base64');
const halves = (text: string) => [text.slice(0, 7), text.slice(7)];
const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

const WAYS: readonly Way[] = [
  { name: 'as it is', hide: (number) => number },
  { name: 'other separators', hide: (number) => number.replaceAll('-', '_') },
  { name: 'other dashes', hide: (number) => number.replaceAll('-', '\u2012') },
  {
    name: 'full-width digits',
    hide: (number) => number.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  },
  {
    name: 'digits of another script',
    hide: (number) => number.replace(/\d/g, (digit) => String.fromCharCode(0x0966 + Number(digit))),
  },
  { name: 'zero-width characters between', hide: (number) => [...number].join('\u200b') },
  { name: 'combining marks', hide: (number) => [...number].join('\u0336') },
  { name: 'letters that look like digits', hide: (number) => number.replaceAll('0', 'O') },
  { name: 'base64', hide: (number) => base64(`it is ${number}`) },
  { name: 'base64url, without padding', hide: (number) => Buffer.from(`{"is":"?>${number}"}`).toString('base64url') },
  { name: 'base64 three times', hide: (number) => base64(base64(base64(number))) },
  { name: 'hexadecimal', hide: (number) => Buffer.from(number).toString('hex') },
  { name: 'percent', hide: (number) => each(number, (code) => `%${hex(code)}`) },
  { name: 'percent twice', hide: (number) => each(number, (code) => `%25${hex(code)}`) },
  { name: 'character references', hide: (number) => each(number, (code) => `&#x${hex(code)};`) },
  { name: '\\u escapes', hide: (number) => each(number, (code) => `\\u00${hex(code)}`) },
  { name: '\\x escapes', hide: (number) => each(number, (code) => `\\x${hex(code)}`) },
  { name: 'JSON in a string in a string', hide: (number) => JSON.stringify(JSON.stringify({ note: number })) },
  { name: 'compressed', hide: (number) => [base64(gzipSync(number)), base64(deflateSync(`so: ${number}`))] },
  { name: 'character codes', hide: (number) => each(number, String, ', ') },
  { name: 'character codes, hexadecimal', hide: (number) => each(number, hex, ' ') },
  { name: 'parts in text blocks', hide: (number) => halves(number).map((text) => ({ type: 'text', text })) },
  { name: 'parts in rows', hide: (number) => number.split('-').map((part) => ({ part })) },
  {
    name: 'words for digits',
    hide: (number) => number.replace(/\d/g, (digit) => `${WORDS[Number(digit)]} `),
    notFoundBecause: 'it is language: there are as many ways to say a number as there are languages',
  },
  {
    name: 'backwards',
    hide: (number) => [...number].reverse().join(''),
    notFoundBecause: 'backwards a tenth of all ids would be a card; it takes a list of protected values to tell',
  },
  {
    name: 'encrypted',
    hide: (number) =>
      createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16, 9)).update(number).toString('base64'),
    notFoundBecause: 'without its key it is noise to everybody',
  },
];

const NUMBERS = [
  ['a social security number', '078-05-1120', 'us-ssn'],
  ['a card number', '4000-0566-5566-5556', 'card'],
] as const;

/** Six digits of the number in a row, as they are written in the hidden form or in the clear. */
const message = (value: Json) => ({ jsonrpc: '2.0', id: 1, result: { structuredContent: { value } } });
const hidden = { server: 'crm', revealed: new Set<string>() };

describe.each(NUMBERS)('%s', (_what, number, className) => {
  it.each(WAYS.filter(({ notFoundBecause }) => notFoundBecause === undefined))(
    proves('masking.evasion', 'is found and hidden whole, in both forms: $name'),
    ({ hide }) => {
      for (const value of [hide(number), { note: hide(number) }]) {
        const { client, record, exposure } = masker.maskMessage(message(value), hidden);
        expect(exposure.map((each) => [each.class, each.outcome])).toEqual([[className, 'masked']]);
        expect(client).toEqual(record);
        const shown = JSON.stringify(client);
        const written = [hide(number)].flat().flatMap((item) => (typeof item === 'string' ? [item] : []));
        for (const text of [number, ...written]) expect(shown).not.toContain(text);
        // What is left of an encoded run is its frame: nothing that one could decode.
        expect(shown.replaceAll(/\[masked:[a-z-]+\]/g, '').match(/[\da-fA-F]{6}/)).toBeNull();
      }
    },
  );

  it.each(WAYS.filter(({ notFoundBecause }) => notFoundBecause !== undefined))(
    'is not found, because $notFoundBecause: $name',
    ({ hide }) => {
      const value = hide(number);
      expect(masker.maskMessage(message(value), hidden).client).toEqual(message(value));
    },
  );
});

describe('the ways', () => {
  it(proves('masking.evasion', 'are 26, and more than twenty of them are found'), () => {
    expect(WAYS).toHaveLength(26);
    expect(WAYS.filter(({ notFoundBecause }) => notFoundBecause === undefined).length).toBeGreaterThan(20);
  });
});

describe('what is decoded', () => {
  const mask = (value: Json) => masker.maskRequest(value);

  it('goes three layers deep, and no deeper', () => {
    const layers = (count: number) =>
      Array.from({ length: count }).reduce<string>((text) => base64(text), 'it is 078-05-1120');
    expect(mask(layers(3))).toBe('[masked:us-ssn]');
    expect(mask(layers(4))).toBe(layers(4));
  });

  it('is hidden as a whole, and what stands beside it stays', () => {
    expect(mask(`a ${base64('078-05-1120 and more')} b`)).toBe('a [masked:us-ssn] b');
    expect(mask(`/files/${base64('078-05-1120')}/raw`)).toBe('/files/[masked:us-ssn]/raw');
    expect(mask('a %30%37%38-05-1120 b')).toBe('a [masked:us-ssn] b');
  });

  it('names every class that stands in it', () => {
    expect(mask(base64('078-05-1120, 4111 1111 1111 1111'))).toBe('[masked:card+us-ssn]');
  });

  it('is hidden unread when it inflates past the budget', () => {
    expect(mask(`x ${base64(gzipSync('0'.repeat(2_000_000)))} y`)).toBe('x [masked:binary] y');
  });

  it.each([
    'sha256:3037382d30352d31313230aa97f2c8b1f7d1e5a6c4',
    'cursor eyJhZnRlciI6MTIzNDUsIm9yZGVyIjoiYXNjIn0=',
    '5a11e000-0000-4000-8000-0000000000c0',
    'internationalization/accountability-strengths',
    'progress 100%25 &amp; more',
    'codes 10, 20, 30, 40, 50, 60, 70, 80, 90, 99',
  ])('leaves %j', (text) => {
    expect(mask(text)).toBe(text);
  });

  it('leaves lists of numbers, tags and ids that are no codes and no parts', () => {
    const lists = {
      ids: ['12345678', '90123456'],
      tags: ['urgent', 'vip-1', 'x'],
      codes: [10, 20, 30, 40, 50, 60, 70, 80, 90],
    };
    expect(mask(lists)).toBe(lists);
    const rows = [
      { part: '12', n: 1 },
      { part: '34', n: 2 },
    ];
    expect(mask(rows)).toBe(rows);
  });
});
