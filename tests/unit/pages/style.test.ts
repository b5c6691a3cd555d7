/** The stylesheet’s colours, light and dark, are far enough apart to be read (WCAG 2.2 §1.4.3). */
import { describe, expect, it } from 'vitest';
import { STYLE } from '../../../shared/pages/style.ts';

const PAIRS: readonly (readonly [string, readonly string[]])[] = [
  ['ink', ['paper', 'sheet', 'tint', 'good-tint', 'bad-tint', 'warn-tint']],
  ['quiet', ['paper', 'sheet']],
  ['accent', ['paper', 'sheet', 'tint', 'good-tint', 'bad-tint', 'warn-tint']],
  ['on-accent', ['accent']],
  ['good', ['good-tint']],
  ['bad', ['bad-tint']],
  ['warn', ['warn-tint', 'sheet']],
];

const schemes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) =>
  Object.fromEntries([...body.matchAll(/--([\w-]+): #([0-9a-f]{6})/g)].map(([, name = '', hex = '']) => [name, hex])),
);

/** WCAG's relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe('the colours', () => {
  it('are named for light and for dark', () => {
    expect(schemes.map((scheme) => Object.keys(scheme).length)).toEqual([14, 14]);
  });

  const cases = schemes.flatMap((scheme, n) =>
    PAIRS.flatMap(([front, backs]) => backs.map((back) => ({ mode: n === 0 ? 'light' : 'dark', front, back, scheme }))),
  );
  it.each(cases)('$front on $back in the $mode', ({ front, back, scheme }) => {
    expect(contrast(scheme[front] ?? '', scheme[back] ?? '')).toBeGreaterThanOrEqual(4.5);
  });
});
