import { describe, expect, it } from 'vitest';
import { classifyMessage, decodeHeaderValue, encodeHeaderValue } from '../../../shared/mcp/headers.ts';
import type { Message } from '../../../shared/mcp/message.ts';
import { checkParamHeaders } from '../../../shared/mcp/param-headers.ts';
import { proves } from '../../requirements.ts';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const call = (name: string, meta: Record<string, unknown> = META): Message => ({
  kind: 'request',
  id: 1,
  method: 'tools/call',
  params: JSON.parse(JSON.stringify({ name, arguments: {}, _meta: meta })),
});
const legacyCall: Message = { kind: 'request', id: 1, method: 'tools/call', params: { name: 'x' } };
const standard = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'x' };

const outcome = (message: Message, headers: Record<string, string>) => {
  const classified = classifyMessage(message, new Headers(headers));
  return classified.ok ? classified.value.era : classified.error.code;
};

describe('headers against the body', () => {
  it.each<[string, Message, Record<string, string>, string]>([
    ['agreeing headers', call('x'), standard, 'modern'],
    ['a name in base64', call('é'), { ...standard, 'mcp-name': '=?base64?w6k=?=' }, 'modern'],
    ['surrounding white space', call('x'), { ...standard, 'mcp-name': '  x\t' }, 'modern'],
    ['another name', call('x'), { ...standard, 'mcp-name': 'y' }, 'header-mismatch'],
    ['another name in base64', call('x'), { ...standard, 'mcp-name': '=?base64?eQ==?=' }, 'header-mismatch'],
    ['base64 that is not canonical', call('x'), { ...standard, 'mcp-name': '=?base64?eB==?=' }, 'header-mismatch'],
    ['base64 that is not UTF-8', call('x'), { ...standard, 'mcp-name': '=?base64?/w==?=' }, 'header-mismatch'],
    ['another method', call('x'), { ...standard, 'mcp-method': 'tools/list' }, 'header-mismatch'],
    ['two methods', call('x'), { ...standard, 'mcp-method': 'tools/call, tools/list' }, 'header-mismatch'],
    ['another version', call('x'), { ...standard, 'mcp-protocol-version': '2025-11-25' }, 'header-mismatch'],
    ['no method header', call('x'), { 'mcp-protocol-version': '2026-07-28', 'mcp-name': 'x' }, 'header-mismatch'],
    [
      'no name header',
      call('x'),
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' },
      'header-mismatch',
    ],
    ['no version header', call('x'), { 'mcp-method': 'tools/call', 'mcp-name': 'x' }, 'header-mismatch'],
    ['a modern header without the claim', legacyCall, standard, 'missing-meta'],
    [
      'no client capabilities',
      call('x', { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }),
      standard,
      'missing-meta',
    ],
    [
      'an unknown claim',
      call('x', { ...META, 'io.modelcontextprotocol/protocolVersion': '2030-01-01' }),
      {},
      'unsupported-version',
    ],
    ['an unknown legacy version', legacyCall, { 'mcp-protocol-version': '1999-01-01' }, 'unsupported-version'],
  ])(proves('reader.headers', '%s'), (_name, message, headers, expected) => {
    expect(outcome(message, headers)).toBe(expected);
  });

  it(proves('reader.era', 'the body decides the era; legacy Mcp-* headers are not trusted for anything'), () => {
    expect(outcome(legacyCall, {})).toBe('legacy');
    expect(outcome(legacyCall, { 'mcp-protocol-version': '2025-11-25', 'mcp-method': 'tools/list' })).toBe('legacy');
    const initialize: Message = {
      kind: 'request',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25' },
    };
    expect(outcome(initialize, {})).toBe('legacy');
    expect(outcome(initialize, { 'mcp-protocol-version': '2026-07-28' })).toBe('header-mismatch');
  });

  it('encodes what a header can’t carry, and reads it back', () => {
    for (const value of ['plain', 'with space', 'é', ' lead', 'line\nbreak', '=?base64?eA==?=', '']) {
      const encoded = encodeHeaderValue(value);
      expect(encoded).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeHeaderValue(encoded)).toBe(value);
    }
  });
});

describe('Mcp-Param-* headers', () => {
  const schema = {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      options: { type: 'object', properties: { limit: { type: 'integer', 'x-mcp-header': 'Limit' } } },
    },
  };
  const args = { region: 'eu-west', options: { limit: 42 } };
  const agreeing = { 'mcp-param-region': 'eu-west', 'mcp-param-limit': '42.0' };

  it.each<[string, Record<string, string>, boolean]>([
    ['agreeing, integers compared as numbers', agreeing, true],
    ['undeclared ones pass', { ...agreeing, 'mcp-param-other': 'x' }, true],
    ['one says something else', { ...agreeing, 'mcp-param-region': 'us-east' }, false],
    ['one is missing', { 'mcp-param-region': 'eu-west' }, false],
  ])(proves('reader.headers', '%s'), (_name, headers, isFine) => {
    expect(checkParamHeaders(schema, args, new Headers(headers)) === undefined).toBe(isFine);
  });

  it('expects no header for an argument that is absent or null', () => {
    expect(checkParamHeaders(schema, { region: null }, new Headers())).toBeUndefined();
  });
});
