/** `npm ci` takes package-lock.json on every platform, and it names no registry. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findMissingPackages } from '../../infra/complete-lockfile.ts';

const lock = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');

describe('package-lock.json', () => {
  it('names every optional package, of other platforms too', () => {
    expect(findMissingPackages(lock)).toEqual([]);
  });

  it('says where nothing was downloaded from', () => {
    expect(lock).not.toContain('"resolved"');
  });

  it('a package without an entry is found', () => {
    const incomplete = {
      packages: { 'node_modules/a': { dev: true, optionalDependencies: { '@a/b-linux-x64-musl': '1' } } },
    };
    expect(findMissingPackages(JSON.stringify(incomplete))).toEqual([
      {
        name: '@a/b-linux-x64-musl',
        entry: { version: '1', dev: true, optional: true, cpu: ['x64'], os: ['linux'], libc: ['musl'] },
      },
    ]);
  });
});
