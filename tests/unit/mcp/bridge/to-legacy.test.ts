import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../shared/json/value.ts';
import {
  discoverResult,
  modernStatus,
  toLegacyRequest,
  toModernResponse,
} from '../../../../shared/mcp/bridge/to-legacy.ts';
import type { RequestMessage } from '../../../../shared/mcp/message.ts';
import { proves } from '../../../requirements.ts';

const request = (method: string, params?: JsonObject): RequestMessage => ({ kind: 'request', id: 7, method, params });

describe('a modern request for a legacy server', () => {
  it(proves('bridge.modern-to-legacy', 'keeps its arguments, with numbers as they were written'), () => {
    const args = { amount: JSON.rawJSON('9007199254740993') };
    const sent = toLegacyRequest(request('tools/call', { name: 'pay', arguments: args }), 'ours');
    expect(JSON.stringify(sent.params)).toBe('{"name":"pay","arguments":{"amount":9007199254740993}}');
    expect(sent.id).toBe('ours');
  });

  it('loses what only the modern era has, and the params where nothing else stood in them', () => {
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    expect(toLegacyRequest(request('tools/list', { _meta, requestState: 'x', inputResponses: {} }), 1).params).toBe(
      undefined,
    );
  });
});

describe('a legacy response for a modern client', () => {
  it('is complete, and cacheable results are not to be cached', () => {
    const response = { kind: 'response', id: 'ours', result: { contents: [] } } as const;
    expect(toModernResponse(request('resources/read'), response)).toEqual({
      kind: 'response',
      id: 7,
      result: { contents: [], resultType: 'complete', ttlMs: 0, cacheScope: 'private' },
    });
    expect(toModernResponse(request('prompts/get'), response).result).toEqual({ contents: [], resultType: 'complete' });
  });

  it(proves('bridge.errors', 'a resource that is not there has the modern era’s code'), () => {
    const error = { code: -32_002, message: 'Resource not found', data: { uri: 'x:1' } };
    const response = toModernResponse(request('resources/read'), { kind: 'response', id: 'ours', error });
    expect(response).toEqual({ kind: 'response', id: 7, error: { ...error, code: -32_602 } });
  });

  it(proves('bridge.errors', 'an unknown method is a 404'), () => {
    const error = { code: -32_601, message: 'Method not found' };
    expect(modernStatus({ kind: 'response', id: 7, error }, 200)).toBe(404);
    expect(modernStatus({ kind: 'response', id: 7, error: { ...error, code: -32_602 } }, 200)).toBe(200);
  });
});

describe('server/discover from initialize', () => {
  it(proves('bridge.modern-to-legacy', 'says who the server is, and promises nothing that would be refused'), () => {
    const discovered = discoverResult({
      protocolVersion: '2025-11-25',
      serverInfo: { name: 'old', version: '1' },
      instructions: 'Be brief.',
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        tasks: { list: {} },
        extensions: { 'io.modelcontextprotocol/tasks': {}, 'example/ui': { a: 1 } },
      },
    });
    expect(discovered).toEqual({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {}, resources: {}, logging: {}, extensions: { 'example/ui': { a: 1 } } },
      instructions: 'Be brief.',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'old', version: '1' } },
      ttlMs: 0,
      cacheScope: 'private',
    });
  });
});
