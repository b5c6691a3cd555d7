/**
 * The digits of a JSON number that is a whole number, however it is written: `4111111111111111.0` and
 * `4.111111111111111e15` are `4111111111111111`. Undefined for fractions and for more digits than any class has.
 */
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const MAX_SOURCE = 128;
const MAX_DIGITS = 40;

export function integerText(source: string): string | undefined {
  if (source.length > MAX_SOURCE) return undefined;
  const [, whole, fraction = '', exponent = '0'] = NUMBER.exec(source) ?? [];
  if (whole === undefined) return undefined;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point < 1 || point > MAX_DIGITS || /[1-9]/.test(digits.slice(point))) return undefined;
  return digits.slice(0, point).padEnd(point, '0').replace(/^0+/, '');
}
