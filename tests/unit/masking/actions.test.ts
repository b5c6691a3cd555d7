/** What becomes of data: a marker, a part, a token that joins, or no field at all. */
import { describe, expect, it } from 'vitest';
import type { MaskingAction } from '../../../shared/config/classes.ts';
import type { Json, JsonObject } from '../../../shared/json/value.ts';
import { createMasker, type MaskerOptions } from '../../../shared/masking/mask.ts';
import { NoFit } from '../../../shared/masking/output-schema/fit.ts';
import { proves } from '../../requirements.ts';

const NOBODY = new Set<string>();
const DIGEST = {
  'email ada@example.com': '00112233445566778899aabbccddeeff',
  'card 4111111111111111': 'ffeeddccbbaa99887766554433221100',
};

const maskerOf = (actions: Readonly<Record<string, MaskingAction>>, more: Partial<MaskerOptions> = {}) =>
  createMasker({
    classes: ['card', 'email', 'iban', 'us-ssn', 'phone', 'secret'],
    actions: new Map(Object.entries(actions)),
    nameToken: (name, value) => new Map(Object.entries(DIGEST)).get(`${name} ${value}`),
    ...more,
  });

function formsOf(masker: ReturnType<typeof maskerOf>, structuredContent: Json) {
  const message = { id: 1, result: { structuredContent } };
  const { client, record } = masker.maskMessage(message, { server: 'crm', tool: 'read', revealed: NOBODY });
  const of = (form: Json) => (form as typeof message).result.structuredContent;
  return { client: of(client), record: of(record) };
}

describe('a part', () => {
  it.each([
    ['card', '4111 1111 1111 1111', '[masked:card *1111]'],
    ['email', 'ada@bluebird.example.com', '[masked:email a*@*.com]'],
    ['us-ssn', '078-05-1120', '[masked:us-ssn *1120]'],
    ['iban', 'DE89 3704 0044 0532 0130 00', '[masked:iban *3000]'],
    ['email', 'ada@example.museum', '[masked:email]'],
  ])(proves('mask.actions', 'of a %s is its end, for clients alone: %s'), (name, given, expected) => {
    const masker = maskerOf({ [name]: 'partial' });
    expect(formsOf(masker, { said: `it is ${given}` })).toEqual({
      client: { said: `it is ${expected}` },
      record: { said: `it is [masked:${name}]` },
    });
    expect(formsOf(masker, { said: expected }).client).toEqual({ said: expected });
  });

  it(proves('mask.actions', 'is not taken of what is written in code, nor of a number'), () => {
    const masker = maskerOf({ card: 'partial' });
    const encoded = Buffer.from('card 4111111111111111 of ada').toString('base64');
    expect(formsOf(masker, { a: encoded, b: 4111111111111111 }).client).toEqual({ a: '[masked:card]', b: 0 });
  });
});

describe('a token', () => {
  it(proves('mask.actions', 'is the same for the same value, however it is written, in both forms'), () => {
    const masker = maskerOf({ email: 'token', card: 'token' });
    const email = '[masked:email bbccddffgghhjjkkllmm]';
    const card = '[masked:card ttssrrqqppnnmmllkkjj]';
    const { client, record } = formsOf(masker, {
      text: 'ADA@example.com and ada@EXAMPLE.com',
      cards: ['4111 1111 1111 1111', '4111-1111-1111-1111'],
    });
    expect(client).toEqual({ text: `${email} and ${email}`, cards: [card, card] });
    expect(record).toEqual(client);
    expect(formsOf(masker, client).client).toEqual(client);
  });

  it('is a marker while there is no key', () => {
    const masker = maskerOf({ email: 'token' }, { nameToken: () => undefined });
    expect(formsOf(masker, { a: 'ada@example.com' }).client).toEqual({ a: '[masked:email]' });
  });
});

describe('dropping', () => {
  it(proves('mask.actions', 'leaves the field out, or the item empty; the record says that it was there'), () => {
    const given = { id: 7, mail: 'ada@example.com', all: ['x', 'ada@example.com'], card: '4111111111111111' };
    expect(formsOf(maskerOf({ email: 'drop' }), given)).toEqual({
      client: { id: 7, all: ['x', ''], card: '[masked:card]' },
      record: { id: 7, mail: '[masked:email]', all: ['x', '[masked:email]'], card: '[masked:card]' },
    });
  });

  it(proves('mask.actions', 'leaves words that people read in place, and JSON in them without the field'), () => {
    const masker = maskerOf({ email: 'drop' }, { rules: [{ class: 'card', column: 'number', action: 'drop' }] });
    const text = (value: string) => ({ id: 1, result: { content: [{ type: 'text', text: value }] } });
    const clientOf = (value: string) => masker.maskMessage(text(value), { server: 'crm', revealed: NOBODY }).client;
    expect(clientOf('write to ada@example.com')).toEqual(text('write to [masked:email]'));
    expect(clientOf('{"number":"x1","mail":"ada@example.com","ok":1}')).toEqual(text('{"ok":1}'));
  });

  it('is what is done where classes of several actions meet', () => {
    const masker = maskerOf({ email: 'drop', card: 'partial' }, { rules: [{ class: 'card', column: 'who' }] });
    const { client } = masker.maskMessage(
      { id: 1, result: { content: [{ type: 'text', text: 'who: ada@example.com' }] } },
      { server: 'crm', revealed: NOBODY },
    );
    expect(client).toEqual({ id: 1, result: { content: [{ type: 'text', text: 'who: [masked:card+email]' }] } });
  });
});

describe('an output schema', () => {
  const fitted = (schema: JsonObject, value: Json, actions: Readonly<Record<string, MaskingAction>> = {}) =>
    formsOf(
      maskerOf(actions, {
        rules: [{ class: 'card', column: 'pay' }],
        outputSchemaOf: () => ({ type: 'object', ...schema }),
      }),
      value,
    ).client;

  it.each<[string, JsonObject, Json]>([
    ['a bound', { type: 'integer', minimum: 10, maximum: 90_000 }, 10],
    ['a multiple', { type: 'integer', minimum: 10, multipleOf: 25 }, 25],
    ['no null, no 0', { enum: [80_000, 90_000] }, 80_000],
    ['a reference', { $ref: '#/$defs/pay' }, 1],
  ])(proves('mask.output-schema', 'of a number with %s is fitted'), (_what, pay, expected) => {
    const $defs = { pay: { type: 'number', exclusiveMinimum: 0, multipleOf: 1 } };
    expect(fitted({ properties: { pay }, $defs }, { pay: 90_000 })).toEqual({ pay: expected });
  });

  it.each<[string, JsonObject, string]>([
    ['a format', { type: 'string', format: 'email' }, 'masked@masked.invalid'],
    ['choices', { enum: ['other', 'ada@example.com'] }, 'other'],
    ['a shape', { type: 'string', pattern: '^[a-z]{3}@[a-z]{7}\\.[a-z]{3}$' }, 'xxx@xxxxxxx.xxx'],
  ])(proves('mask.output-schema', 'of a text with %s is fitted'), (_what, mail, expected) => {
    expect(fitted({ properties: { mail } }, { mail: 'ada@example.com' })).toEqual({ mail: expected });
  });

  it(proves('mask.output-schema', 'of a text with a length is fitted'), () => {
    expect(fitted({ properties: { mail: { type: 'string', maxLength: 8 } } }, { mail: 'a@abc.de' })).toEqual({
      mail: 'masked',
    });
  });

  it(proves('mask.output-schema', 'keeps a required field that would be dropped, masked, and drops another'), () => {
    const schema = { properties: { mail: { type: 'string' }, cc: { type: 'string' } }, required: ['mail'] };
    expect(fitted(schema, { mail: 'ada@example.com', cc: 'ada@example.com' }, { email: 'drop' })).toEqual({
      mail: '[masked:email]',
    });
  });

  it(proves('mask.output-schema', 'that nothing masked fits withholds the answer'), () => {
    const only = { properties: { mail: { const: 'ada@example.com' } } };
    expect(() => fitted(only, { mail: 'ada@example.com' })).toThrow(NoFit);
    const slow = { properties: { mail: { type: 'string', pattern: '^(\\w+\\W?)+$' } } };
    expect(() => fitted(slow, { mail: 'ada@example.com' })).toThrow(NoFit);
  });

  it('that the original did not fit is nothing to keep', () => {
    expect(fitted({ properties: { mail: { type: 'integer' } } }, { mail: 'ada@example.com' })).toEqual({
      mail: '[masked:email]',
    });
  });
});
