import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleJson, visibleLine, visibleText } from '../../../../../infra/cli/pins/visible-text.ts';
import { proves } from '../../../../requirements.ts';

const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

describe('text of an upstream', () => {
  it(proves('pin.diff', 'is shown with control and hidden characters written out'), () => {
    expect(visibleLine('a\u001b[31m\u202eb\u200bc\nd\te\u{e0041}\ud800\u00a0')).toBe(
      'a\\u{1b}[31m\\u{202e}b\\u{200b}c\\u{a}d\\u{9}e\\u{e0041}\\u{d800}\\u{a0}',
    );
    expect(visibleText('Zwei Zeilen,\nä 界 👍')).toBe('Zwei Zeilen,\nä 界 👍');
  });

  it('can not pass for a character that was written out', () => {
    expect(visibleLine('\\u{200b}')).toBe('\\u{5c}u{200b}');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(visibleLine(one)).not.toMatch(OBEYED);
        expect(visibleLine(one) === visibleLine(other)).toBe(one === other);
      }),
    );
  });

  it('is JSON in ASCII where JSON is asked for, with the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = visibleJson(value);
        expect(text).toMatch(/^[\n\x20-\x7e]*$/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
