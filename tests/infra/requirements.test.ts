/** Every requirement has a test that cites it. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { requirementIds } from '../requirements.ts';

const root = new URL('..', import.meta.url);

function citedIds(): Set<string> {
  // A contract is a suite of tests that several implementations run.
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(\.test|-contract)\.ts$/.test(name),
  );
  const cited = files.flatMap((name) => {
    const source = readFileSync(new URL(name, root), 'utf8');
    return [...source.matchAll(/proves\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  });
  return new Set(cited);
}

describe('requirements', () => {
  const cited = citedIds();
  it.each(requirementIds)('%s is cited by a test', (id) => {
    expect(cited).toContain(id);
  });
});
