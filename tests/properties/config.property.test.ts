// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how gateway.yaml writes a reference
/** What holds of the configuration for any input: nothing throws, nothing leaks, nothing depends on order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrozenMap } from '../../shared/config/frozen.ts';
import { suggest } from '../../shared/config/nearest.ts';
import { formatProblems } from '../../shared/config/problems.ts';
import { readGateway } from '../../shared/config/read-gateway.ts';
import { digestTool } from '../../shared/config/tool-digest.ts';
import { readToolsLock } from '../../shared/config/tools-lock.ts';
import type { Json, JsonObject } from '../../shared/json/value.ts';
import { goodGateway } from '../unit/config/folder.ts';

const yamlText = fc.array(
  fc.constantFrom(
    'version',
    'servers',
    'crm',
    'url',
    ':',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a',
    '*a',
    '!!int',
    '|',
    '#',
    '${X}',
    '1',
    '__proto__',
    '\t',
    '---',
    '%',
  ),
  { maxLength: 60 },
);

describe('any text', () => {
  it('as gateway.yaml gives a value or problems at lines of the file, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          yamlText.map((parts) => parts.join('')),
        ),
        (text) => {
          const { gateway, problems } = readGateway(text, () => undefined, undefined);
          expect(gateway === undefined).toBe(problems.length > 0);
          const lines = text.split(/\r\n|\n|\r/).length;
          for (const { line = 0, column = 0 } of problems) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines);
            expect(column).toBeGreaterThanOrEqual(1);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('as tools.lock.json gives a value or problems, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { lock, problems } = readToolsLock(text);
        expect(lock === undefined).toBe(problems.length > 0);
      }),
    );
  });
});

describe('a variable’s value', () => {
  it('is never told, whatever is wrong with it', () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12,40}$/);
    const wrap = fc.constantFrom(
      (s: string) => s,
      (s: string) => `https://u:${s}@h`,
      (s: string) => `http://${s}/`,
      (s: string) => `https://h/#${s}`,
    );
    const place = fc.constantFrom(
      '${CRM_URL}',
      'standard',
      'crm-api-key',
      'X-Api-Key',
      '365',
      '5A11E000-0000-4000-8000-0000000000A2',
      'destructive',
      '{ group: finance }',
    );
    fc.assert(
      fc.property(secret, wrap, place, (value, write, at) => {
        const text = goodGateway.replaceAll(at, '"${SECRET}"');
        const { problems } = readGateway(text, () => write(value), undefined);
        expect(formatProblems(problems)).not.toContain(value);
      }),
    );
  });
});

describe('digestTool', () => {
  const jsonValue = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 }) as fc.Arbitrary<Json>;
  const definition: fc.Arbitrary<JsonObject> = fc.record({
    name: fc.string(),
    inputSchema: jsonValue,
    description: fc.string(),
  });

  it('depends on no order of keys', () => {
    fc.assert(
      fc.property(definition, (tool) => {
        expect(digestTool(reverseKeys(tool))).toBe(digestTool(tool));
      }),
    );
  });

  it('is the same after the definition went over the wire', () => {
    fc.assert(
      fc.property(definition, (tool) => {
        expect(digestTool(JSON.parse(JSON.stringify(tool)))).toBe(digestTool(tool));
      }),
    );
  });

  it('changes with any change of the description', () => {
    fc.assert(
      fc.property(definition, fc.string({ minLength: 1 }), (tool, more) => {
        expect(digestTool({ ...tool, description: `${tool.description}${more}` })).not.toBe(digestTool(tool));
      }),
    );
  });

  function reverseKeys<T extends Json>(value: T): T;
  function reverseKeys(value: Json): Json {
    if (Array.isArray(value)) return value.map(reverseKeys);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, reverseKeys(member)]),
    );
  }
});

describe('createFrozenMap', () => {
  it('reads like the map of the same entries', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.integer())), fc.string(), (entries, key) => {
        const [frozen, map] = [createFrozenMap(entries), new Map(entries)];
        expect([...frozen]).toEqual([...map]);
        expect([...frozen.keys()]).toEqual([...map.keys()]);
        expect([...frozen.values()]).toEqual([...map.values()]);
        expect([frozen.size, frozen.get(key), frozen.has(key)]).toEqual([map.size, map.get(key), map.has(key)]);
      }),
    );
  });
});

describe('suggest', () => {
  it('names nothing but a known name', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (name, known) => {
        const hint = suggest(name, known);
        expect(hint === '' || known.some((each) => hint === ` (did you mean "${each}"?)`)).toBe(true);
      }),
    );
  });
});
