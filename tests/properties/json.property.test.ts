import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../shared/json/parse.ts';
import { proves } from '../requirements.ts';

/** JSON text with every kind of number, built as text so that no double ever rounds it. */
const { value: jsonText } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 30n })).map(([sign, n]) => `${sign}${n}`),
    fc
      .tuple(fc.nat(), fc.stringMatching(/^[0-9]{1,20}$/), fc.integer({ min: -400, max: 400 }))
      .map(([whole, fraction, exponent]) => `${whole}.${fraction}e${exponent}`),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .uniqueArray(fc.tuple(fc.string(), tie('value')), { maxLength: 4, selector: ([key]) => key })
    .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
}));

describe('strict JSON', () => {
  it(proves('reader.numbers', 'writes every text it takes exactly as it read it'), () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        fc.pre(!text.includes('"__proto__"'));
        const parsed = parseJson(text);
        expect(parsed.ok).toBe(true);
        // Integer-like keys move to the front of an object; nothing else may change.
        const isReordered = /"(?:0|[1-9]\d*)":/.test(text);
        if (parsed.ok && !isReordered) expect(JSON.stringify(parsed.value)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.parse on what is JSON at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => text.slice(1)),
        ),
        (text) => {
          let isJson = true;
          try {
            JSON.parse(text);
          } catch {
            isJson = false;
          }
          const parsed = parseJson(text);
          if (!isJson) expect(parsed.ok).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});
