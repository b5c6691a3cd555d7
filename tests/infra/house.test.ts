/** The house of DESIGN §3: what must be there, how large files may be, and what domains may not reach for. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';

const root = new URL('../../', import.meta.url);
const sources = ['functions', 'shared', 'infra'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((name) => /\.(ts|tsx|mjs)$/.test(name)),
);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

const REQUIRED = [
  ...[
    'package.json',
    'tsconfig.json',
    'host.json',
    'local.settings.json.example',
    'functions',
    'shared',
    'infra',
    'tests',
  ],
  ...[
    'azure.yaml',
    'README.md',
    'ARCHITECTURE.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'LICENSE',
    '.funcignore',
    '.ci/run',
    'docs/adr',
  ],
];

describe('the house', () => {
  it.each(REQUIRED)(proves('house.layout', '%s is there'), (name) => {
    expect(existsSync(new URL(name, root))).toBe(true);
  });

  it(proves('house.layout', 'a function’s file name is its registered name'), () => {
    for (const name of sources.filter((source) => /^functions\/[^/]+\.ts$/.test(source))) {
      const file = name.replace(/^functions\/(.+)\.ts$/, '$1');
      const registered = /app\.(?:http|timer|serviceBusQueue)\(\s*'([^']+)'/.exec(read(name))?.[1];
      if (file !== 'app-setup') expect(registered).toBe(file);
    }
  });

  it(proves('house.sizes', 'no source file is over 300 lines'), () => {
    const long = sources
      .map((name) => [name, read(name).split('\n').length] as const)
      .filter(([, lines]) => lines > 301);
    expect(long).toEqual([]);
  });

  it(proves('house.sizes', 'every source file opens by saying what it is'), () => {
    const silent = sources.filter((name) => !/^(#!.*\n)?\/\*\*/.test(read(name)));
    expect(silent).toEqual([]);
  });

  it(proves('house.ports', 'domains take clock, randomness and environment as ports'), () => {
    const forbidden =
      /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|randomBytes\(|randomUUID|getRandomValues|process\.env|setTimeout|setInterval|AbortSignal\.timeout)\b/;
    const domains = sources.filter((name) => name.startsWith('shared/') && !name.startsWith('shared/azure/'));
    const reaching = domains.filter((name) => {
      const code = read(name).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      // A port called `randomBytes` is what we want; the import of the real one is not.
      return (
        forbidden.test(code.replace(/\b(options|ports|this)\.randomBytes\(|(?<=[{,( ])randomBytes\(/g, '')) ||
        /from 'node:timers/.test(code)
      );
    });
    expect(reaching).toEqual([]);
  });
});
