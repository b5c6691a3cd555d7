/** What must hold of masking, whatever the message (DESIGN §2.8). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/json/value.ts';
import { nameOfNumber } from '../../shared/masking/detectors/card-names.ts';
import { createMasker } from '../../shared/masking/mask.ts';
import { splitWords } from '../../shared/masking/words.ts';
import { proves } from '../requirements.ts';

const classes = ['card', 'us-ssn', 'iban', 'email', 'phone', 'jwt', 'private-key', 'secret'] as const;
const masker = createMasker({ classes });
const hidden = { server: 'crm', revealed: new Set<string>() };

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));

/** Sixteen digits that begin like a Visa or a Mastercard, with the right check digit. */
const card = fc
  .tuple(fc.constantFrom('4', '51', '2300'), digits(15), fc.constantFrom('', ' ', '-'))
  .map(([prefix, rest, separator]) => {
    const body = (prefix + rest).slice(0, 15);
    const sum = [...body].reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
    const number = body + String((10 - (sum % 10)) % 10);
    return (number.match(/.{4}/g) ?? []).join(separator);
  });

const ssn = fc
  .tuple(fc.integer({ min: 1, max: 899 }), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 9999 }))
  .filter(([area]) => area !== 666)
  .map(([area, group, serial]) =>
    [String(area).padStart(3, '0'), String(group).padStart(2, '0'), String(serial).padStart(4, '0')].join('-'),
  );

const phone = fc
  .tuple(fc.integer({ min: 200, max: 999 }), fc.integer({ min: 200, max: 999 }), digits(4))
  .map(([area, exchange, line]) => `+1 ${area}-${exchange}-${line}`);

const token = fc
  .tuple(fc.constantFrom('ghp_', 'npm_'), fc.stringMatching(/^[A-Za-z0-9]{36}$/))
  .map(([prefix, rest]) => prefix + rest);

/** A German one, its check digits reckoned with the country behind the number (DE is 1314). */
const iban = digits(18).map(
  (number) => `DE${String(98n - (BigInt(`${number}131400`) % 97n)).padStart(2, '0')}${number}`,
);

const jwt = fc
  .tuple(fc.constantFrom('RS256', 'ES256'), fc.uuid(), fc.stringMatching(/^[\w-]{43}$/))
  .map(([alg, sub, signature]) =>
    [...[{ alg }, { sub }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), signature].join('.'),
  );

const secret = fc.oneof(card, ssn, phone, fc.emailAddress(), token, iban, jwt);
/** Words that hold nothing and name no other number (`id`), and no letter or digit next to the secret. */
const filler = fc
  .stringMatching(/^[a-z ,.;:()"\n]{0,30}$/)
  .filter((text) => splitWords(text).every((word) => nameOfNumber([word]) !== false))
  .map((text) => `${text} `);

/** Every kind of place, with a secret in it, and the secret. */
const placed = fc.tuple(secret, filler, filler).chain(([value, before, after]) => {
  const text = `${before}${value} ${after}`;
  return fc.tuple(
    fc.constant(value),
    fc.constantFrom<Json>(
      text,
      { note: text },
      { deep: [[{ x: text }]] },
      { [text]: 1 },
      { json: JSON.stringify({ said: text }) },
      { same: text, list: [text, 'clean', text] },
    ),
  );
});

const noise: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 4 })
  // What JSON can carry: the generator also makes -0, which no text of ours keeps.
  .map((value) => JSON.parse(JSON.stringify(value)));

const toMessage = (structuredContent: Json) => ({
  jsonrpc: '2.0',
  id: 1,
  result: { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent },
});

/** As it stands between the quotes. */
const jsonOf = (text: string) => JSON.stringify(text).slice(1, -1);

/** Every six characters in a row of the secret. */
function fragmentsOf(value: string): readonly string[] {
  return Array.from({ length: Math.max(0, value.length - 5) }, (_, index) => value.slice(index, index + 6));
}

describe('masking', () => {
  it(proves('masking.fragments', 'leaves no six characters of a masked value in a row, in either form'), () => {
    fc.assert(
      fc.property(placed, ([value, data]) => {
        const { client, record } = masker.maskMessage(toMessage(data), hidden);
        const shown = JSON.stringify([client, record]);
        // Six letters may stand in the frame as well: `struct` of an address, and of `structuredContent`.
        const frame = JSON.stringify(toMessage(data))
          .replaceAll(jsonOf(value), '')
          .replaceAll(jsonOf(jsonOf(value)), '');
        for (const fragment of fragmentsOf(value).map(jsonOf)) {
          if (!frame.includes(fragment)) expect(shown).not.toContain(fragment);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives a client form that JSON carries unchanged, and keeps JSON in a text JSON', () => {
    fc.assert(
      fc.property(placed, noise, ([, data], other) => {
        const { client } = masker.maskMessage(toMessage({ data, other }), hidden);
        expect(JSON.parse(JSON.stringify(client))).toEqual(client);
        const { content } = (client as { result: { content: [{ text: string }] } }).result;
        expect(() => JSON.parse(content[0].text)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(placed, noise, fc.string({ unit: 'grapheme' }), ([, data], other, text) => {
        const once = masker.maskRequest({ data, other, text });
        expect(masker.maskRequest(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing the second time where numbers stand near names and marks', () => {
    const piece = fc.constantFrom(
      'ssn',
      'phone',
      'tel:',
      '"phone":',
      '[masked:email]',
      'a@b.co',
      ',',
      ' ',
      '-',
      '+',
      '\n',
      'password:',
      '"pwd":"',
      'token=',
      'https://a:b@c.de',
      '[masked:secret]',
      'DE89 3704',
    );
    const number = fc.oneof(token, digits(7), digits(9), digits(10), digits(16), digits(3), ssn, card, phone);
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, number), { maxLength: 14 }), (pieces) => {
        const once = masker.maskRequest(pieces.join(' '));
        expect(masker.maskRequest(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it(proves('masking.forms', 'masks the record of a revealed class as if it were not revealed'), () => {
    fc.assert(
      fc.property(placed, fc.subarray([...classes]), ([, data], revealed) => {
        const message = toMessage(data);
        const some = masker.maskMessage(message, { server: 'crm', revealed: new Set(revealed) });
        const none = masker.maskMessage(message, hidden);
        expect(some.record).toEqual(none.record);
        const all = masker.maskMessage(message, { server: 'crm', revealed: new Set(classes) });
        expect(all.client).toBe(message);
        const count = (exposure: typeof all.exposure) => exposure.reduce((sum, each) => sum + each.count, 0);
        expect(count(all.exposure)).toBe(count(none.exposure));
      }),
      { numRuns: 500 },
    );
  });

  it('gives back the very message when there is nothing in it', () => {
    const words = fc.stringMatching(/^[a-z ]{0,40}$/);
    const harmless = fc.dictionary(words, fc.oneof(words, fc.integer({ min: 0, max: 999_999 }), fc.boolean()));
    fc.assert(
      fc.property(harmless, (data) => {
        const message = toMessage(data);
        expect(masker.maskMessage(message, hidden)).toEqual({ client: message, record: message, exposure: [] });
        expect(masker.maskMessage(message, hidden).client).toBe(message);
      }),
    );
  });
});
