/**
 * That no text keeps a detector busy for long: every pattern of the masking engine is linear by analysis (recheck), and
 * hostile texts are all looked at without an error. How long that takes is the benchmark's matter: a test that judges
 * times fails on a busy machine.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import type { checkSync as CheckSync } from 'recheck';
import { describe, expect, it } from 'vitest';
import { TOKEN_SHAPES } from '../../../shared/masking/detectors/token-shapes.ts';
import { HOSTILE } from '../../bench/masking-hostile.ts';
import { masker } from '../../bench/masking-measure.ts';
import { proves } from '../../requirements.ts';

// The build in JavaScript: no Java, no child process.
process.env.RECHECK_BACKEND = 'pure';
const { checkSync }: { readonly checkSync: typeof CheckSync } = createRequire(import.meta.url)('recheck');

const FOLDER = join(import.meta.dirname, '../../../shared/masking');
const TIMEOUT_MS = 15_000;

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/** The regular expressions that stand in a file as such, wherever in its syntax tree. */
function patternsIn(node: unknown): readonly Pattern[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('type' in node && node.type === 'RegExpLiteral' && 'pattern' in node && 'flags' in node)
    return [{ source: String(node.pattern), flags: String(node.flags) }];
  return Object.values(node).flatMap(patternsIn);
}

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const byFile = files
  .map((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    return { file, text, patterns: patternsIn(parseSync(text, { syntax: 'typescript', target: 'es2024' })) };
  })
  .filter(({ patterns }) => patterns.length > 0);

/** Sets within sets are newer than the checker; as single characters they repeat nothing. */
const isKnownToChecker = ({ flags }: Pattern) => !flags.includes('v');

function findSlow(patterns: readonly Pattern[]): readonly string[] {
  return patterns.flatMap(({ source, flags }) => {
    const { status } = checkSync(source, flags, { timeout: TIMEOUT_MS });
    return status === 'safe' ? [] : [`/${source}/${flags}: ${status}`];
  });
}

/** The checker unfolds counts; whether a pattern can be read in two ways does not depend on how large they are. */
function withSmallCounts(source: string): string {
  return source.replaceAll(/\{(\d+)(,?)(\d*)\}/g, (_, min, comma, max) => {
    return `{${Math.min(3, Number(min))}${comma}${max === '' ? '' : 5}}`;
  });
}

describe('patterns', () => {
  it('are made from text in four places only, each with a check of its own', () => {
    const made = files.filter((file) => readFileSync(join(FOLDER, file), 'utf8').includes('new RegExp('));
    const allowed = [
      'custom/custom-classes.ts',
      'detectors/phone-plans.ts',
      'detectors/token-shapes.ts',
      'output-schema/text-grammar.ts',
    ];
    expect(made.filter((file) => !allowed.includes(file))).toEqual([]);
  });

  it.each(byFile)(
    proves('masking.linear', 'are linear: $file'),
    ({ patterns }) => {
      expect(findSlow(patterns.filter(isKnownToChecker))).toEqual([]);
    },
    120_000,
  );

  it(proves('masking.linear', 'are linear: shapes of tokens'), () => {
    const shapes = TOKEN_SHAPES.map(({ rest: { source, flags } }) => ({ source: withSmallCounts(source), flags }));
    expect(findSlow([...new Map(shapes.map((shape) => [shape.source, shape])).values()])).toEqual([]);
  }, 120_000);

  it('that the checker does not know match one character and no more', () => {
    const unknown = byFile.flatMap(({ patterns }) => patterns).filter((pattern) => !isKnownToChecker(pattern));
    for (const { source } of unknown) expect(source).toMatch(/^\[(?:[^[\]]|\[[^[\]]*\])*\]$/);
  });
});

describe('hostile texts', () => {
  it.each(HOSTILE)(proves('masking.hostile', 'of 100 KB are looked at to the end: $name'), ({ text }) => {
    expect(text.length).toBeGreaterThan(30_000);
    expect(text.length).toBeLessThanOrEqual(140_000);
    const once = masker.maskRequest(text);
    expect(typeof once).toBe('string');
  });
});
