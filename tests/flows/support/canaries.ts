/**
 * Values that nobody has but this run, and every way in which a system might have written one: as it is, in base64 at
 * each of the three offsets, in hex, percent-encoded, as UTF-16, backwards. Half of one is a leak too.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface Canary {
  readonly name: string;
  readonly value: string;
}

export interface Leak {
  readonly canary: string;
  readonly form: string;
  /** Where, for people: a file, a page, a line of the log. */
  readonly place: string;
  readonly around: string;
}

const letters = (length: number): string =>
  Array.from(randomBytes(length), (byte) => 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'[byte % 56]).join(
    '',
  );
const digits = (length: number): string => Array.from({ length }, () => randomInt(10)).join('');

/** Data of people, in forms that the sample's classes cover. */
export function makeData(label: string): readonly Canary[] {
  return [
    { name: `${label}: card`, value: luhn(`4${digits(14)}`) },
    { name: `${label}: us-ssn`, value: `7${randomInt(10, 72)}-${randomInt(10, 99)}-${randomInt(1_000, 9_999)}` },
    { name: `${label}: email`, value: `${letters(12).toLowerCase()}@example.com` },
    { name: `${label}: phone`, value: `+1 415-${randomInt(556, 799)}-${randomInt(1_000, 9_999)}` },
    { name: `${label}: token`, value: `ghp_${letters(36)}` },
    { name: `${label}: password`, value: `${letters(8)}7!${letters(8)}` },
  ];
}

/** As an agent would write them, each with what it takes to be known for what it is. */
export function sentence(data: readonly Canary[]): string {
  return data.map(phrase).join(', then ');
}

export function phrase({ name, value }: Canary): string {
  if (name.endsWith('password')) return `password: ${value}`;
  return name.endsWith('card') ? `card ${value}` : value;
}

function luhn(start: string): string {
  const sum = [...start].toReversed().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${start}${(10 - (sum % 10)) % 10}`;
}

interface Needle {
  readonly canary: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** Base64 of a value in the middle of other bytes: only the characters that its neighbours don't touch. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const from = Math.ceil((offset * 8) / 6);
    return text.slice(from, Math.floor(((offset + bytes.length) * 8) / 6));
  });
}

function needlesOf({ name: canary, value }: Canary): readonly Needle[] {
  const bytes = Buffer.from(value);
  const forms: [form: string, text: string | Buffer][] = [
    ['as it is', value],
    ['hex', bytes.toString('hex')],
    ['backwards', [...value].toReversed().join('')],
    ['UTF-16', Buffer.from(value, 'utf16le')],
    ...base64Forms(bytes).map((text): [string, string] => ['base64', text]),
    ...base64Forms(bytes).map((text): [string, string] => [
      'base64url',
      text.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ];
  const percent = encodeURIComponent(value);
  if (percent !== value) forms.push(['percent', percent]);
  const bare = value.replaceAll(/\D/g, '');
  if (/card|ssn|phone/.test(canary)) forms.push(['digits alone', bare]);
  if (value.length >= 20 && !value.includes('@'))
    forms.push(['its second half', value.slice(-Math.ceil(value.length / 2))]);
  return forms.map(([form, text]) => ({ canary, form, bytes: typeof text === 'string' ? Buffer.from(text) : text }));
}

/** What of the canaries stands in these bytes. */
export function findLeaks(canaries: readonly Canary[], place: string, content: Buffer): readonly Leak[] {
  return canaries.flatMap(needlesOf).flatMap(({ canary, form, bytes }) => {
    const at = content.indexOf(bytes);
    if (at < 0) return [];
    const around = content.subarray(Math.max(0, at - 80), at + bytes.length + 20).toString('latin1');
    return [{ canary, form, place, around }];
  });
}

/** Every file below a folder, as it rests on disk: databases and blobs with whatever was deleted from them, too. */
export async function findLeaksOnDisk(canaries: readonly Canary[], folder: string): Promise<readonly Leak[]> {
  const leaks: Leak[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    leaks.push(...findLeaks(canaries, relative(folder, file), await readFile(file)));
  }
  return leaks;
}
