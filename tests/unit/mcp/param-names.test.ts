/** A parameter that is the protocol's but for its case is found, and nothing else. */
import { describe, expect, it } from 'vitest';
import { findMisspeltParam } from '../../../shared/mcp/param-names.ts';

describe('names of parameters', () => {
  it.each(['Arguments', 'ARGUMENTS', 'argument\u017f', 'tas\u212aId', 'Name', 'URI', '_Meta', 'requeststate'])(
    '%s is the protocol’s but for its case',
    (key) => {
      expect(findMisspeltParam({ name: 'a', [key]: {} })).toBe(key);
    },
  );

  it('looks into _meta for the names that decide the era', () => {
    const key = 'io.modelcontextprotocol/ProtocolVersion';
    expect(findMisspeltParam({ _meta: { [key]: '2026-07-28' } })).toBe(key);
    expect(findMisspeltParam({ _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } })).toBeUndefined();
  });

  it('leaves the names inside arguments to the tool', () => {
    expect(findMisspeltParam({ name: 'a', arguments: { Name: 1, Arguments: 2 } })).toBeUndefined();
    expect(findMisspeltParam({ name: 'a', constructor: 1, other: 2 })).toBeUndefined();
  });
});
