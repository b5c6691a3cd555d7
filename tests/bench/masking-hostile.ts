/** Texts of 100 KB that were made to keep a detector busy: each repeats, nests or leaves open what some scan looks for. */
import { gzipSync } from 'node:zlib';

const BYTES = 100_000;
const fill = (piece: string): string => piece.repeat(Math.ceil(BYTES / piece.length)).slice(0, BYTES);

/** As deep as it goes within the size. */
function nest(text: string, encode: (text: string) => string): string {
  let nested = text;
  for (let next = encode(nested); next.length <= BYTES; next = encode(nested)) nested = next;
  return nested;
}

const PIECES = [
  ...['4', '4111', '4 ', '4111 ', '4-', '0', '0-1', '(0', '+1 ', '00 1 ', '1.', '٤', '4\u200b', '\u200b', '078-05-'],
  ...['@', 'a@', 'a@b.c', 'a.', '.', 'é@', 'http://a:', '://a:@', 'a:', '=', ':', '":"', 'password:', 'password:"'],
  ...['password:\n', 'password is ', 'the key is "', 'token was now set to ', 'Bearer ', 'Basic ', 'GB82 ', 'GB82WEST'],
  ...[
    'eyJ',
    'eyJ.',
    'eyJhbGciOiJub25lIn0.',
    'sk.eyJ',
    'xoxb-',
    'ghp_',
    'ghp_ ',
    'a8Q~',
    'ACDb',
    ':AA',
    '-us1',
    'AIza-',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '[masked:',
    'phone 12345678 ',
    'ssn ',
    'ssn 1 ',
    'card order ',
    '%',
  ],
  ...['%34', '%25', '&#48;', '&amp;', '&', '\\', '\\u0034', '\\x34', '\\\\', '48,', '48 ', '30 ', '0x30,', '00110000 '],
  ...['MDc4LTA1LTExMjA=', 'MDc4', 'H4sI', 'eJw', '3037382d', '0a', 'O78-O5-', 'O0', 'a/', 'a-', '_', 'f:', '::', '1:1'],
  ...['/api/webhooks/', '"token":"'],
];

export const HOSTILE: readonly { readonly name: string; readonly text: string }[] = [
  ...PIECES.map((piece) => ({ name: JSON.stringify(piece), text: fill(piece) })),
  { name: 'base64 in base64', text: nest('078-05-1120', (text) => Buffer.from(text).toString('base64')) },
  { name: 'percent in percent', text: nest('%30', (text) => text.replaceAll('%', '%25')).slice(0, BYTES) },
  { name: 'JSON in JSON', text: nest('{"ssn":"078051120"}', (text) => JSON.stringify({ text })) },
  { name: 'compressed noughts', text: fill(`${gzipSync('0'.repeat(9_000_000)).toString('base64')} `) },
  {
    name: 'thousands of keys',
    text: JSON.stringify(Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`ssn${at}`, at]))),
  },
  { name: 'one long hexadecimal run', text: fill('0123456789abcdef') },
  { name: 'one long run of base64', text: fill('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo') },
  { name: 'a card number in each column', text: fill('4111111111111111\t') },
  { name: 'addresses without end', text: fill('a.b@c.') },
  { name: 'quotes between a name and its value', text: `{"phone${'":"'.repeat(30_000)}12345678` },
  { name: 'markers that never end', text: `${'[masked:'.repeat(12_000)} phone 12345678` },
];
