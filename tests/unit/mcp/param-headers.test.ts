/** `Mcp-Param-*` headers say what the body says, to the last digit, or the call is refused. */
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../shared/json/parse.ts';
import { isObject } from '../../../shared/json/value.ts';
import { checkParamHeaders } from '../../../shared/mcp/param-headers.ts';
import { proves } from '../../requirements.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    shard: { type: 'integer', 'x-mcp-header': 'Shard' },
  },
};

function check(args: string, headers: Record<string, string>): string {
  const parsed = parseJson(args);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error('the test’s arguments are no object');
  const problem = checkParamHeaders(SCHEMA, parsed.value, new Headers(headers));
  return problem?.code === 'header-mismatch' ? problem.detail : 'agrees';
}

describe('parameter headers', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['the same text', '{"region":"eu"}', { 'mcp-param-region': 'eu' }, 'agrees'],
    ['the same text in base64', '{"region":"eu"}', { 'mcp-param-region': '=?base64?ZXU=?=' }, 'agrees'],
    ['another text', '{"region":"eu"}', { 'mcp-param-region': 'us' }, 'it says something else than the body'],
    ['no header', '{"region":"eu"}', {}, 'it is absent'],
    ['a header alone', '{}', { 'mcp-param-region': 'eu' }, 'the body has no such value'],
    ['a header beside null', '{"region":null}', { 'mcp-param-region': 'eu' }, 'the body has no such value'],
    ['neither', '{}', {}, 'agrees'],
    ['an undeclared header', '{}', { 'mcp-param-other': 'x' }, 'agrees'],
    ['the same integer written otherwise', '{"shard":42}', { 'mcp-param-shard': '42.0' }, 'agrees'],
    ['minus zero', '{"shard":0}', { 'mcp-param-shard': '-0' }, 'agrees'],
    [
      'a neighbour beyond 2^53',
      '{"shard":9007199254740993}',
      { 'mcp-param-shard': '9007199254740992' },
      'it says something else than the body',
    ],
    ['the same beyond 2^53', '{"shard":9007199254740993}', { 'mcp-param-shard': '9007199254740993' }, 'agrees'],
    ['another sign', '{"shard":1}', { 'mcp-param-shard': '-1' }, 'it says something else than the body'],
    ['decimals', '{"shard":1}', { 'mcp-param-shard': '1.01' }, 'it says something else than the body'],
  ])(proves('reader.headers', '%s'), (_name, args, headers, expected) => {
    expect(check(args, headers)).toBe(expected);
  });
});
