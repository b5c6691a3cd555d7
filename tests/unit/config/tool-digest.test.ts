/** A tool's digest: RFC 8785, over the members that are pinned. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestTool } from '../../../shared/config/tool-digest.ts';
import { parseJson } from '../../../shared/json/parse.ts';
import { isObject, type JsonObject } from '../../../shared/json/value.ts';

function tool(text: string): JsonObject {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error('a test’s own mistake');
  return parsed.value;
}

describe('digestTool', () => {
  it('is the SHA-256 of the canonical text', () => {
    const canonical = '{"description":"ü","inputSchema":{"a":[1,true,null],"b":"x"},"name":"t"}';
    const expected = createHash('sha256').update(canonical).digest('hex');
    expect(digestTool(tool('{"name":"t", "inputSchema":{"b":"x","a":[1.0,true,null]}, "description":"\\u00fc"}'))).toBe(
      expected,
    );
  });

  it('covers name, title, description, both schemas and annotations', () => {
    const base = { name: 't', inputSchema: { type: 'object' } };
    const variants = [
      base,
      { ...base, name: 'u' },
      { ...base, title: 'T' },
      { ...base, description: 'd' },
      { ...base, inputSchema: { type: 'object', required: [] } },
      { ...base, outputSchema: {} },
      { ...base, annotations: { readOnlyHint: true } },
    ];
    expect(new Set(variants.map(digestTool)).size).toBe(variants.length);
  });

  it('ignores what nobody judges: _meta, icons, order of keys', () => {
    const plain = digestTool(tool('{"name":"t","inputSchema":{"x":1,"y":2}}'));
    expect(digestTool(tool('{"_meta":{"a":1},"inputSchema":{"y":2,"x":1},"icons":[],"name":"t"}'))).toBe(plain);
  });

  it('takes numbers as doubles, however they are written', () => {
    const digest = (number: string) => digestTool(tool(`{"name":"t","inputSchema":{"maximum":${number}}}`));
    expect(digest('1.0')).toBe(digest('1'));
    expect(digest('1e2')).toBe(digest('100'));
    expect(digest('9223372036854775807')).toMatch(/^[0-9a-f]{64}$/);
    expect(digest('1.5')).not.toBe(digest('1'));
  });

  it.each([
    ['a number that no double holds', '{"name":"t","inputSchema":{"maximum":1e400}}'],
    ['a lone surrogate in a value', '{"name":"t","description":"\\ud800"}'],
    ['a lone surrogate in a key', '{"name":"t","inputSchema":{"\\udc00":1}}'],
  ])('is undefined for %s, and so equals no pin', (_name, text) => {
    expect(digestTool(tool(text))).toBeUndefined();
  });
});
