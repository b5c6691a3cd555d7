/** What the recording upstream answers where a test says nothing else: just enough of an MCP server of either era. */
import type { Script } from '../../flows/support/recording-upstream.ts';
import { MODERN } from '../../flows/support/tools.ts';

export const DONE = { content: [{ type: 'text', text: 'done' }] };

export function serverScript(tools: readonly object[]): Script {
  const serverInfo = { name: 'upstream', version: '1' };
  const results: Readonly<Record<string, object>> = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo },
    'server/discover': {
      resultType: 'complete',
      supportedVersions: [MODERN, '2025-11-25'],
      capabilities: { tools: {} },
      serverInfo,
      ttlMs: 0,
      cacheScope: 'private',
    },
    'tools/list': { resultType: 'complete', tools, ttlMs: 0, cacheScope: 'private' },
    ping: {},
  };
  return ({ method, body }, response) => {
    if (method !== 'POST') {
      response.writeHead(method === 'DELETE' ? 200 : 405).end();
      return;
    }
    const id = idText(body);
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const asked = /"method":"([^"\\]*)"/.exec(body)?.[1] ?? '';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(answerText(id, results[asked] ?? DONE));
  };
}

/** The id as it stands in the gateway's own serialisation, to the last digit. */
export function idText(body: string): string | undefined {
  return /^\{"jsonrpc":"2\.0","id":("(?:[^"\\]|\\.)*"|-?\d+),/.exec(body)?.[1];
}

export function answerText(id: string, result: object): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`;
}
