import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../shared/json/value.ts';
import { initializeResult, toLegacyResponse, toModernRequest } from '../../../../shared/mcp/bridge/to-modern.ts';
import type { RequestMessage } from '../../../../shared/mcp/message.ts';
import { proves } from '../../../requirements.ts';

const request = (method: string, params?: JsonObject): RequestMessage => ({ kind: 'request', id: 7, method, params });
const GATEWAY = { name: 'sallyport', version: '1' };

describe('a legacy request for a modern server', () => {
  it(proves('bridge.legacy-to-modern', 'gets the envelope, whatever the client wrote of it itself'), () => {
    const _meta = { progressToken: 'p', 'io.modelcontextprotocol/clientCapabilities': { sampling: {} } };
    const sent = toModernRequest(request('tools/call', { name: 'x', _meta }), GATEWAY);
    expect(sent.params).toEqual({
      name: 'x',
      _meta: {
        progressToken: 'p',
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        'io.modelcontextprotocol/clientInfo': GATEWAY,
      },
    });
  });
});

describe('a modern response for a legacy client', () => {
  const answer = (result: JsonObject) => toLegacyResponse(request('tools/call'), { kind: 'response', id: 7, result });

  it('loses the era’s own members, and keeps the rest of `_meta`', () => {
    const _meta = { 'io.modelcontextprotocol/serverInfo': { name: 'new' }, 'x/y': 1 };
    expect(answer({ resultType: 'complete', ttlMs: 5, cacheScope: 'public', content: [], _meta }).result).toEqual({
      content: [],
      _meta: { 'x/y': 1 },
    });
  });

  it('structured content that is no object is wrapped, and stands as text where nothing else does', () => {
    expect(answer({ content: [], structuredContent: [1, 2] }).result).toEqual({
      content: [{ type: 'text', text: '[1,2]' }],
      structuredContent: { result: [1, 2] },
    });
    const content = [{ type: 'text', text: 'two numbers' }];
    expect(answer({ content, structuredContent: [1, 2] }).result?.content).toBe(content);
    expect(answer({ content, structuredContent: { a: 1 } }).result).toEqual({ content, structuredContent: { a: 1 } });
  });

  it.each(['input_required', 'task', 5, null])(
    proves('bridge.errors', 'a result of type %s is an error: nothing of it is passed off as an answer'),
    (resultType) => {
      const { error, result } = answer({ resultType, content: [{ type: 'text', text: 'secret' }] });
      expect(result).toBeUndefined();
      expect(error?.code).toBe(-32_603);
      expect(JSON.stringify(error)).not.toContain('secret');
    },
  );
});

describe('initialize from server/discover', () => {
  it(proves('bridge.legacy-to-modern', 'promises nothing that needs a stream or a session'), () => {
    const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {}, completions: {} };
    const asked = request('initialize', { protocolVersion: '2025-06-18' });
    expect(initializeResult(asked, { capabilities, instructions: 'Be brief.' }, 'crm')).toEqual({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {}, resources: {}, completions: {} },
      serverInfo: { name: 'crm', version: 'unknown' },
      instructions: 'Be brief.',
    });
  });
});
