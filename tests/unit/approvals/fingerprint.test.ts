/** The fingerprint of a held call (DESIGN §5): what differs in anything is another request, and the same is the same. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fingerprintsOf, type HeldSubject } from '../../../shared/approvals/fingerprint.ts';
import { parseJson } from '../../../shared/json/parse.ts';
import { isArray, isObject, type Json } from '../../../shared/json/value.ts';
import type { Keyring } from '../../../shared/keys/keyring.ts';
import { proves } from '../../requirements.ts';
import { alice, bob } from './approval-fixture.ts';
import { createScene } from './scene.ts';

let keyrings: readonly Keyring[];
beforeAll(async () => {
  keyrings = (await createScene()).keyrings;
});

const read = (text: string): Json => {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.code}`);
  return parsed.value;
};

const SUBJECT: HeldSubject = {
  requester: { tenant: 'tenant', principal: alice, agent: { id: 'agent' } },
  server: 'crm',
  tool: 'pay',
  toolDigest: 'digest',
  params: read('{"name":"pay","arguments":{"amount":500,"note":"a"}}'),
};

function of(more: Partial<HeldSubject> = {}, version = 1): string {
  const keyring = keyrings[version - 1];
  if (keyring === undefined) throw new Error('no such keyring');
  return fingerprintsOf(keyring, { ...SUBJECT, ...more })[0];
}

const ofText = (text: string): string => of({ params: read(text) });

/** Every key in the opposite order, at every depth. */
function reversed(value: Json): Json {
  if (isArray(value)) return value.map(reversed);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}

/** What the reader lets in: no `__proto__`, which the generator likes to try. */
const json = fc
  .jsonValue({ maxDepth: 3, stringUnit: 'binary' })
  .filter((value) => parseJson(JSON.stringify(value)).ok)
  .map((value) => read(JSON.stringify(value)));

describe('a fingerprint', () => {
  const { requester } = SUBJECT;
  it.each<[string, Partial<HeldSubject>]>([
    ['tenant', { requester: { ...requester, tenant: 'other' } }],
    ['principal', { requester: { ...requester, principal: bob } }],
    ['kind of principal', { requester: { ...requester, principal: { ...alice, kind: 'app' } } }],
    ['agent', { requester: { ...requester, agent: { id: 'other' } } }],
    ['server', { server: 'erp' }],
    ['tool', { tool: 'pays' }],
    ['tool definition', { toolDigest: 'other' }],
    ['arguments', { params: read('{"name":"pay","arguments":{"amount":500,"note":"b"}}') }],
    ['input responses', { params: read('{"name":"pay","arguments":{"amount":500,"note":"a"},"inputResponses":{}}') }],
    ['request state', { params: read('{"name":"pay","arguments":{"amount":500,"note":"a"},"requestState":"s"}') }],
  ])(proves('approval.fingerprint', 'differs where the %s differs'), (_what, more) => {
    expect(of(more)).not.toBe(of());
  });

  it('does not run one part into the next', () => {
    expect(of({ server: 'crm', tool: 'pay' })).not.toBe(of({ server: 'crmp', tool: 'ay' }));
    expect(of({ tool: '","' })).not.toBe(of({ tool: '', toolDigest: '"' }));
  });

  it('knows the same person by their id, whatever they are called now', () => {
    const renamed = { ...requester, principal: { ...alice, name: 'Alice B.' }, agent: { id: 'agent', name: 'new' } };
    expect(of({ requester: renamed })).toBe(of());
  });

  it(proves('approval.fingerprint', 'is the same in whatever order the keys stand'), () => {
    fc.assert(
      fc.property(json, (params) => {
        expect(of({ params: reversed(params) })).toBe(of({ params }));
      }),
    );
  });

  it(proves('approval.fingerprint', 'is another for another value, however alike the two look'), () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const areSame = JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
        expect(of({ params: left }) === of({ params: right })).toBe(areSame);
      }),
    );
  });

  it.each([
    ['numbers that a double can’t tell apart', '9007199254740993', '9007199254740992'],
    ['1 and 1.0', '1', '1.0'],
    ['0 and -0', '0', '-0'],
    ['a number and its text', '1', '"1"'],
    ['a number kept as text and an object that plays one', '1.0', '{"rawJSON":"1.0"}'],
    ['a lone surrogate and its escape', '"\\ud800"', '"\\\\ud800"'],
    ['two lone surrogates', '"\\ud800"', '"\\ud801"'],
    ['a lone surrogate and what replaces it', '"\\ud800"', '"\\ufffd"'],
    ['null and nothing', '{"a":null}', '{}'],
    ['an array and an object of its indices', '["a"]', '{"0":"a"}'],
    ['composed and decomposed letters', '"\\u00e9"', '"e\\u0301"'],
  ])(proves('approval.fingerprint', 'keeps apart %s'), (_what, left, right) => {
    expect(ofText(left)).not.toBe(ofText(right));
  });

  it(proves('approval.rotation', 'is found under every version that lives, the newest first'), () => {
    const [one, , three] = keyrings;
    if (one === undefined || three === undefined) throw new Error('three keyrings');
    expect(fingerprintsOf(three, SUBJECT)).toEqual([of({}, 3), of({}, 2), of({}, 1)]);
    expect(fingerprintsOf(three, SUBJECT)).toContain(fingerprintsOf(one, SUBJECT)[0]);
  });
});

function sorted(value: Json): Json {
  if (isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, Json] => [key, sorted(inner)]);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}
