/**
 * What each class finds and, as important, what it leaves: the text of a tool's answer in, the client form out.
 * Numbers are the card schemes' test numbers, the fictional 555-01xx range, and SSNs in their documented form.
 */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../shared/json/value.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { proves } from '../../requirements.ts';

const masker = createMasker({ classes: ['card', 'us-ssn', 'email', 'phone'] });
const context = { server: 'crm', revealed: new Set<string>() };

function maskedText(text: string): unknown {
  const message = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } };
  return masker.maskMessage(message, context).client;
}

const answer = (text: string) => ({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } });

function maskedData(structuredContent: Json): Json {
  return masker.maskRequest(structuredContent);
}

describe('card', () => {
  it.each([
    ['Visa', '4111111111111111'],
    ['Visa, 13 digits', '4222222222222'],
    ['Mastercard', '5555 5555 5555 4444'],
    ['Mastercard, 2-series', '2223-0031-2200-3222'],
    ['American Express', '3782 822463 10005'],
    ['Diners Club', '3056 930902 5904'],
    ['Discover', '6011-1111-1111-1117'],
    ['JCB', '3530111333300000'],
    ['digit by digit', '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1'],
    ['fullwidth digits', '４１１１ １１１１ １１１１ １１１１'],
    ['Arabic-Indic digits', '٤١١١١١١١١١١١١١١١'],
    ['zero-width characters between', '4111\u200b1111\u200b1111\u200b1111'],
    ['no-break spaces', '4111\u00a01111\u00a01111\u00a01111'],
  ])(proves('masking.classes', 'masks a number of %s'), (_scheme, number) => {
    expect(maskedText(`paid with ${number}, thanks`)).toEqual(answer('paid with [masked:card], thanks'));
  });

  it.each([
    ['a wrong check digit', '4111111111111112'],
    ['no issuer', '1234567890123452'],
    ['a time in milliseconds', '1700000000008'],
    ['too many digits', '41111111111111110000'],
    ['a length its issuer does not use', '411111111111116'],
    ['a fraction', '0.4111111111111111'],
    ['groups far apart', '4111  1111  1111  1111'],
    ['the name of something else', 'order 4111111111111111'],
    ['a name after them', '4111111111111111 (order id)'],
    ['a hash around them', 'a9c04111111111111111bbf2e0d1'],
  ])(proves('masking.cards', 'leaves digits with %s'), (_why, number) => {
    const message = answer(`value ${number} here`);
    expect(masker.maskMessage(message, context).client).toBe(message);
  });

  it('masks what follows too when the two together are valid, and the card alone when they are not', () => {
    expect(maskedText('4111 1111 1111 1111 123')).toEqual(answer('[masked:card] 123'));
    expect(maskedText('12/27 4111 1111 1111 1111')).toEqual(answer('12/27 [masked:card]'));
  });
});

describe('us-ssn', () => {
  it.each([
    ['with dashes', 'for 078-05-1120 today', 'for [masked:us-ssn] today'],
    ['with spaces', 'for 078 05 1120 today', 'for [masked:us-ssn] today'],
    ['bare behind a hot word', 'SSN: 078051120', 'SSN: [masked:us-ssn]'],
    [
      'bare before a hot word',
      '078051120 is the social security number',
      '[masked:us-ssn] is the social security number',
    ],
    ['all of a list', 'ssn 078051120, 219099999', 'ssn [masked:us-ssn], [masked:us-ssn]'],
    ['under a key in JSON text', '{"customer_ssn": "078051120"}', '{"customer_ssn": "[masked:us-ssn]"}'],
    ['behind a JSON escape', '"SSN\\u2014078-05-1120"', '"SSN\\u2014[masked:us-ssn]"'],
  ])(proves('masking.classes', 'masks a number %s'), (_how, text, expected) => {
    expect(maskedText(text)).toEqual(answer(expected));
  });

  it.each([
    'order 078051120',
    'part 000-12-3456',
    'part 666-12-3456',
    'part 912-34-5678',
    'part 078-00-1120',
    'part 078-05-0000',
    '1078-05-1120',
    '078-05-11203',
    'the className of 123456789',
    '{"ssn": null, "order": 123456789}',
  ])(proves('masking.ssn', 'leaves %s'), (text) => {
    expect(maskedText(text)).toEqual(answer(text));
  });
});

describe('email', () => {
  it.each([
    ['write to alice@example.com.', 'write to [masked:email].'],
    ['Alice <alice.o+tag@mail.example.co.uk>', 'Alice <[masked:email]>'],
    ["{'email': 'alice@example.com'}", "{'email': '[masked:email]'}"],
    ['jörg@münchen.example', '[masked:email]'],
    ['用户@例子.公司', '[masked:email]'],
    ['联系alice@example.com或电话', '联系[masked:email]或电话'],
    ['alice＠example.com', '[masked:email]'],
    ['"a\\nalice@example.com"', '"a\\n[masked:email]"'],
    ['"alice\\u0040example.com"', '"[masked:email]"'],
    ['a@example.com,b@example.org', '[masked:email],[masked:email]'],
  ])(proves('masking.classes', 'masks the address in %j'), (text, expected) => {
    expect(maskedText(text)).toEqual(answer(expected));
  });

  it.each(['@alice', 'npm i pkg@1.2.3', 'alice@localhost', 'a @ b.com', '@scope/pkg', 'x@.com', 'x@com.'])(
    proves('masking.email', 'leaves %j'),
    (text) => {
      expect(maskedText(text)).toEqual(answer(text));
    },
  );
});

describe('phone', () => {
  it.each([
    ['+1 415 555 0134', '[masked:phone]'],
    ['+44 (0)20 7946 0958', '[masked:phone]'],
    ['+14155550134', '[masked:phone]'],
    ['(415) 555-0134', '[masked:phone]'],
    ['415-555-0134', '[masked:phone]'],
    ['415.555.0134', '[masked:phone]'],
    ['1-415-555-0134', '[masked:phone]'],
    ['020 7946 0958', '[masked:phone]'],
    ['(030) 1234567', '[masked:phone]'],
    ['tel 4155550134', 'tel [masked:phone]'],
    ['mobile: 555-0134', 'mobile: [masked:phone]'],
    ['{"homePhone":"4155550134"}', '{"homePhone":"[masked:phone]"}'],
  ])(proves('masking.classes', 'masks the number in %j'), (text, expected) => {
    expect(maskedText(text)).toEqual(answer(expected));
  });

  it.each([
    'order 4155550134',
    'hotel 4155550134',
    '2026-11-01T10:00:00.000Z',
    '01-02-2024 10:30',
    '192.168.100.200',
    '5a11e000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000000',
    'id 123-456-789-0123',
    '1,234,567.89',
    '{"phone":null,"id":4155550134}',
  ])(proves('masking.phone', 'leaves %s'), (text) => {
    expect(maskedText(text)).toEqual(answer(text));
  });
});

describe('places that touch', () => {
  it('become one when they share a character of the source, and nothing of either is left', () => {
    expect(maskedText('tel: 4155550134 ½ 4155550135 phone')).toEqual(answer('tel: [masked:phone] phone'));
  });

  it('are looked at again once what stood beside them is masked', () => {
    expect(maskedText('alice@example.com+14155550134')).toEqual(answer('[masked:email][masked:phone]'));
    expect(maskedText('{"tel": [4111111111111111, 4155550134]}')).toEqual(answer('{"tel": [0, 0]}'));
  });
});

describe('structured content', () => {
  it(
    proves('masking.classes', 'masks numbers under a name, in arrays and below objects, and keeps them numbers'),
    () => {
      expect(
        maskedData({
          ssn: 78051120,
          phones: [4155550134, { value: '4155550134' }],
          customerSSN: '078051120',
          total: 4155550134,
          card: 4111111111111111,
          exact: JSON.rawJSON('4111111111111111.0'),
          power: JSON.rawJSON('4.111111111111111e15'),
        }),
      ).toEqual({
        ssn: 0,
        phones: [0, { value: '[masked:phone]' }],
        customerSSN: '[masked:us-ssn]',
        total: 4155550134,
        card: 0,
        exact: 0,
        power: 0,
      });
    },
  );

  it(proves('masking.classes', 'masks key names, and loses no value when two get the same marker'), () => {
    const masked = maskedData({ 'a@example.com': 1, '[masked:email]': 2, 'b@example.com': 3, plain: 4 });
    expect(Object.entries(masked ?? {})).toEqual([
      ['[masked:email] 2', 1],
      ['[masked:email]', 2],
      ['[masked:email] 3', 3],
      ['plain', 4],
    ]);
  });

  it('never assigns to a key of the message', () => {
    const value = JSON.parse('{"__proto__": {"email": "alice@example.com"}, "x": "bob@example.com"}');
    const masked = maskedData(value);
    expect(JSON.stringify(masked)).toBe('{"__proto__":{"email":"[masked:email]"},"x":"[masked:email]"}');
    expect(Object.getPrototypeOf(masked)).toBe(Object.prototype);
    expect('email' in {}).toBe(false);
  });

  it('takes an address that is also digits for an address', () => {
    expect(maskedData(['4155550134@example.com'])).toEqual(['[masked:email]']);
  });
});
