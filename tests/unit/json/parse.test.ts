import { describe, expect, it } from 'vitest';
import { parseJson, parseJsonBytes } from '../../../shared/json/parse.ts';
import { proves } from '../../requirements.ts';

const codeOf = (text: string, options = {}) => {
  const parsed = parseJson(text, options);
  return parsed.ok ? 'ok' : parsed.error.code;
};

describe('strict JSON', () => {
  it.each([
    ['a key twice', '{"a":1,"a":2}', 'duplicate-key'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}', 'duplicate-key'],
    ['a key twice, deep inside', '[{"x":{"a":1,"b":2,"a":3}}]', 'duplicate-key'],
    ['__proto__', '{"__proto__":{"admin":true}}', 'reserved-key'],
    ['__proto__, escaped', '{"__proto\\u005f_":1}', 'reserved-key'],
    ['a byte order mark', '\uFEFF{}', 'byte-order-mark'],
    ['a trailing comma', '{"a":1,}', 'syntax'],
    ['two values', '{} {}', 'syntax'],
    ['a comment', '{/**/}', 'syntax'],
    ['NaN', '[NaN]', 'syntax'],
    ['a leading zero', '[01]', 'syntax'],
    ['a single quote', "{'a':1}", 'syntax'],
    ['an open string', '{"a', 'syntax'],
    ['nothing', '', 'syntax'],
  ])(proves('reader.strict', 'refuses %s'), (_name, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it('takes the same key in two objects, and keys that look like values', () => {
    expect(codeOf('[{"a":1},{"a":2},{"b":"a","a":"b"},["a","a"]]')).toBe('ok');
  });

  it(proves('reader.strict', 'refuses keys that differ only in case where it is asked to'), () => {
    expect(codeOf('{"amount":1,"Amount":600}', { foldCase: true })).toBe('duplicate-key');
    expect(codeOf('{"amount":1,"Amount":600}')).toBe('ok');
    // By simple case folding `ſ` is an s and the Kelvin sign a k.
    expect(codeOf('{"arguments":{},"argument\u017f":{}}', { foldCase: true })).toBe('duplicate-key');
    expect(codeOf('{"token":1,"to\u212aen":2}', { foldCase: true })).toBe('duplicate-key');
    expect(codeOf('{"é":1,"É":2}', { foldCase: true })).toBe('duplicate-key');
  });

  it(proves('reader.strict', 'bounds nesting, counted over objects and arrays'), () => {
    expect(codeOf('[[{"a":[1]}]]', { depth: 4 })).toBe('ok');
    expect(codeOf('[[{"a":[1]}]]', { depth: 3 })).toBe('too-deep');
    expect(codeOf('['.repeat(100_000), { depth: 64 })).toBe('too-deep');
  });

  it(proves('reader.strict', 'refuses bytes that are not UTF-8'), () => {
    const utf16 = parseJsonBytes(Buffer.from('{"a":1}', 'utf16le'));
    expect(utf16.ok).toBe(false);
    expect(parseJsonBytes(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ ok: false, error: { code: 'encoding' } });
  });

  it('says where a text breaks off, and never quotes it', () => {
    const parsed = parseJson('{"ssn":"123-45-6789",}');
    expect(parsed).toEqual({ ok: false, error: { code: 'syntax', detail: expect.stringMatching(/^not JSON/) } });
    expect(JSON.stringify(parsed)).not.toContain('123');
  });
});

describe('exact numbers', () => {
  it.each(['9007199254740993', '-9007199254740993', '1e400', '1.0', '-0', '0.1', '5e2', '123456789.123456789123'])(
    proves('reader.numbers', '%s leaves as it came'),
    (source) => {
      const text = `{"n":${source},"s":"${source}"}`;
      const parsed = parseJson(text);
      expect(parsed.ok && JSON.stringify(parsed.value)).toBe(text);
    },
  );
});
