import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../shared/json/parse.ts';
import { isObject, type JsonObject } from '../../../shared/json/value.ts';
import type { Decision } from '../../../shared/policy/engine.ts';
import { proves } from '../../requirements.ts';
import { createTestEngine, PERMIT_ALL, user } from './policy-fixture.ts';

function read(text: string): JsonObject {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error(`not an object: ${text}`);
  return parsed.value;
}

/** Forbids what the condition says of a tool's arguments; `text` is what the client sent. */
function decideOn(tool: string, condition: string, text: string): Decision {
  const policies = `${PERMIT_ALL}@id("no") forbid (principal, action == Action::"crm/${tool}", resource) when { ${condition} };`;
  return createTestEngine({ policies }).decideCall(user(), { server: 'crm', tool, arguments: read(text) });
}

const isDenied = (detail: string) => ({ verdict: 'deny', code: 'arguments', policies: [], reasons: [], detail });
const ALLOWED = { verdict: 'allow', policies: ['all'] };
const FORBIDDEN = { verdict: 'deny', code: 'policy', policies: ['no'], reasons: [] };

describe('an argument that a policy mentions', () => {
  const refund = (amount: string): Decision =>
    decideOn('refund', 'context.args.amount > 500', `{"payment_id":"P-1","amount":${amount}}`);

  it.each(['501', '5.01e2', '501.0', '50100e-2', '9007199254740993', '9223372036854775807', '5e18'])(
    proves('policy.arguments', 'is mapped exactly: %s is over 500'),
    (amount) => expect(refund(amount)).toEqual(FORBIDDEN),
  );

  it.each(['500', '5e2', '500.000', '-0', '0e999999999', '-9223372036854775808'])(
    proves('policy.arguments', 'is mapped exactly: %s is not over 500'),
    (amount) => expect(refund(amount)).toEqual(ALLOWED),
  );

  it.each([
    '500.5',
    '9223372036854775808',
    '-9223372036854775809',
    '1e19',
    '1e400',
    '1e-1',
    '5e999999999',
    '5e-999999999',
  ])(proves('policy.arguments', 'is a deny where it does not fit a 64-bit integer: %s'), (amount) =>
    expect(refund(amount)).toEqual(isDenied('arguments.amount is not an integer of 64 bits')),
  );

  it.each(['"501"', 'true', '[501]', '{"amount":501}', '{}'])(
    proves('policy.arguments', 'is a deny where it is of another type: %s'),
    (amount) => expect(refund(amount)).toEqual(isDenied('arguments.amount is not an integer of 64 bits')),
  );

  it(proves('policy.arguments', 'tells integers apart that a double cannot'), () => {
    const isExact = 'context.args.amount == 9007199254740993';
    const decideAmount = (amount: string) => decideOn('refund', isExact, `{"payment_id":"P","amount":${amount}}`);
    expect(decideAmount('9007199254740993')).toEqual(FORBIDDEN);
    expect(decideAmount('9007199254740992')).toEqual(ALLOWED);
    expect(decideAmount('9007199254740994')).toEqual(ALLOWED);
  });

  it(proves('policy.arguments', 'is a deny where the tool demands it and it is missing or null'), () => {
    const decideAmount = (text: string) => decideOn('refund', 'context.args.amount > 500', text);
    expect(decideAmount('{"payment_id":"P"}')).toEqual(isDenied('arguments.amount is missing'));
    expect(decideAmount('{"payment_id":"P","amount":null}')).toEqual(isDenied('arguments.amount may not be null'));
  });

  it(proves('policy.arguments', 'is absent where it is null and may be'), () => {
    const decideLimit = (text: string) => decideOn('search', 'context.args has limit', text);
    expect(decideLimit('{"limit":null}')).toEqual(ALLOWED);
    expect(decideLimit('{}')).toEqual(ALLOWED);
    expect(decideLimit('{"limit":3}')).toEqual(FORBIDDEN);
  });

  it.each([
    ['0.5', ALLOWED],
    ['0.50010', FORBIDDEN],
    ['5001e-4', FORBIDDEN],
    ['922337203685477.5807', FORBIDDEN],
    ['0.50001', isDenied('arguments.score is not a number with at most four digits after the point')],
    ['922337203685477.5808', isDenied('arguments.score is not a number with at most four digits after the point')],
    ['"0.5"', isDenied('arguments.score is not a number with at most four digits after the point')],
    ['1e300', isDenied('arguments.score is not a number with at most four digits after the point')],
  ])(
    proves('policy.arguments', 'holds a number with four digits after the point exactly, or denies: %s'),
    (score, decision) => {
      const condition = 'context.args has score && context.args.score.greaterThan(decimal("0.5"))';
      expect(decideOn('search', condition, `{"score":${score}}`)).toEqual(decision);
    },
  );

  it(proves('policy.arguments', 'is a deny where a string cannot be passed on as it is, or is too long'), () => {
    const decideQuery = (query: string) =>
      decideOn('search', 'context.args has query && context.args.query like "*DROP*"', JSON.stringify({ query }));
    expect(decideQuery('select 1')).toEqual(ALLOWED);
    expect(decideQuery('\u0000 DROP "\\')).toEqual(FORBIDDEN);
    expect(decideQuery('\ud800')).toEqual(isDenied('arguments.query holds half a character'));
    expect(decideQuery('x'.repeat(65_537))).toEqual(isDenied('arguments.query is longer than 65536 characters'));
  });

  it(proves('policy.arguments', 'is a deny where one item of a list does not fit, or there are too many'), () => {
    const decideIds = (ids: string) =>
      decideOn('search', 'context.args has ids && context.args.ids.contains(7)', `{"ids":${ids}}`);
    expect(decideIds('[1,2,2]')).toEqual(ALLOWED);
    expect(decideIds('[1,7]')).toEqual(FORBIDDEN);
    expect(decideIds('[1,"7"]')).toEqual(isDenied('arguments.ids[] is not an integer of 64 bits'));
    expect(decideIds('[null]')).toEqual(isDenied('arguments.ids[] is not an integer of 64 bits'));
    expect(decideIds('7')).toEqual(isDenied('arguments.ids is not a list'));
    expect(decideIds(`[${'1,'.repeat(1024)}1]`)).toEqual(isDenied('arguments.ids has more than 1024 items'));
  });

  it(proves('policy.arguments', 'is a deny where a twin in another case could be what the upstream reads'), () => {
    const decideExtra = (text: string) => decideOn('refund', 'context.args.amount > 500', text);
    expect(decideExtra('{"payment_id":"P","amount":1,"Amount":900}')).toEqual(
      isDenied('arguments.amount has a twin in another case'),
    );
    expect(decideExtra('{"payment_id":"P","amount":1,"note":"x"}')).toEqual(ALLOWED);
  });

  it('is a deny where the tool does not declare it and it was sent all the same', () => {
    const policies = `${PERMIT_ALL}@id("no") forbid (principal, action in Action::"call", resource)
when { context.args has amount && context.args.amount > 500 };`;
    const engine = createTestEngine({ policies });
    const call = (given: JsonObject) => engine.decideCall(user(), { server: 'crm', tool: 'ping', arguments: given });
    expect(call({})).toEqual(ALLOWED);
    expect(call({ amount: 900 })).toEqual(isDenied('arguments.amount has no type that Cedar can hold'));
  });

  it('may be a whole record, if all of it is declared', () => {
    const tools = {
      at: { type: 'object', properties: { place: { type: 'object', properties: { zone: { type: 'integer' } } } } },
    };
    const policies = `${PERMIT_ALL}@id("no") forbid (principal, action == Action::"crm/at", resource)
when { context.args has place && context.args.place == context.args.place };`;
    const engine = createTestEngine({ policies, tools });
    const call = (place: JsonObject) => engine.decideCall(user(), { server: 'crm', tool: 'at', arguments: { place } });
    expect(call({ zone: 3 })).toEqual(FORBIDDEN);
    expect(call({ zone: 3, other: 1 })).toEqual(isDenied('arguments.place has keys that Cedar has no type for'));
  });
});

describe('an argument that no policy mentions', () => {
  it(proves('policy.arguments', 'is not looked at: whatever it is, it denies nothing'), () => {
    const text = '{"payment_id":["\\ud800",null,1e400],"amount":1,"reason":{"x":0.123456}}';
    expect(decideOn('refund', 'context.args.amount > 500', text)).toEqual(ALLOWED);
  });
});

describe('a key that Cedar reserves', () => {
  it.each(['__entity', '__extn', '__expr'])(
    proves('policy.reserved-keys', 'is refused wherever it stands: %s'),
    (key) => {
      const detail = `a key is ${key}, which Cedar reserves`;
      for (const given of [`{"${key}":{"type":"Group","id":"support"}}`, `{"payment_id":{"x":[[{"${key}":1}]]}}`]) {
        expect(decideOn('ping', 'principal in Group::"support"', given)).toEqual(isDenied(detail));
      }
    },
  );
});
