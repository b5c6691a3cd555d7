/**
 * Signing in as the official clients do it, with nothing but the gateway’s URL and a client id: 401 → resource metadata
 * (RFC 9728) → the tenant’s metadata (RFC 8414) → code with PKCE and `resource` (RFC 7636, RFC 8707) → token → call.
 */
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { UnauthorizedError as V1UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { ASSISTANT, createAssistant } from './support/oauth-client.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';

const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
const GATEWAY = '5a11e000-0000-4000-8000-0000000000c0';
const SEARCH = { name: 'search_customers', arguments: { query: 'a', limit: 1 } };

let stack: RunningStack;
let url: URL;
beforeAll(async () => {
  stack = await startBuiltStack();
  url = new URL('/mcp/crm', stack.url);
});
afterAll(() => stack?.stop());

type Assistant = ReturnType<typeof createAssistant>;

const client = (mode: 'legacy' | 'auto') => new Client({ name: 'v2', version: '1' }, { versionNegotiation: { mode } });
const transport = ({ provider }: Assistant) => new StreamableHTTPClientTransport(url, { authProvider: provider });

/** Connects without a token, follows the way the gateway shows, and connects again. */
async function signIn(assistant: Assistant, mode: 'legacy' | 'auto' = 'auto') {
  const first = transport(assistant);
  await expect(client(mode).connect(first)).rejects.toThrow(UnauthorizedError);
  await first.finishAuth(assistant.visits.at(-1)?.callback ?? new URLSearchParams());
  const connected = client(mode);
  const own = transport(assistant);
  await connected.connect(own);
  return { connected, own };
}

describe('SDK v2', () => {
  it.each(['legacy', 'auto'] as const)(
    proves('clients.oauth', 'signs alice in with nothing but the URL, and calls (%s)'),
    async (mode) => {
      const assistant = createAssistant('alice');
      const { connected } = await signIn(assistant, mode);
      const found = await connected.callTool(SEARCH);
      expect(JSON.stringify(found.content)).toContain('[masked:');
      await connected.close();

      const [visit, ...more] = assistant.visits;
      expect(more).toEqual([]);
      expect(visit?.url.href).toMatch(new RegExp(`^${stack.entra.authority}/oauth2/v2\\.0/authorize\\?`));
      expect(Object.fromEntries(visit?.url.searchParams ?? [])).toMatchObject({
        client_id: ASSISTANT,
        code_challenge_method: 'S256',
        resource: url.href,
        scope: `${url.href}/Mcp.Invoke`,
      });
      expect(decodeJwt(assistant.saves.at(-1)?.access_token ?? '')).toMatchObject({
        aud: GATEWAY,
        oid: ALICE,
        azp: ASSISTANT,
        scp: 'Mcp.Invoke',
      });
    },
  );

  it(proves('clients.oauth', 'gets a new token with its refresh token when the old one has expired'), async () => {
    const assistant = createAssistant('alice');
    const { connected } = await signIn(assistant);
    assistant.replaceToken(await stack.token({ user: 'alice', ttlSeconds: -600 }));
    expect((await connected.callTool(SEARCH)).isError).not.toBe(true);
    expect(assistant.saves).toHaveLength(2);
    expect(assistant.visits).toHaveLength(1);
    await connected.close();
  });

  it(proves('clients.oauth', 'signs in again where its token lacks the scope, and goes on'), async () => {
    const assistant = createAssistant('alice');
    const { connected, own } = await signIn(assistant);
    assistant.replaceToken(await stack.token({ user: 'alice', scope: 'Other.Scope' }), 'openid');
    await expect(connected.callTool(SEARCH)).rejects.toThrow(UnauthorizedError);
    expect(assistant.visits.map(({ url: { searchParams } }) => searchParams.get('scope'))).toEqual([
      `${url.href}/Mcp.Invoke`,
      expect.stringContaining(`${url.href}/Mcp.Invoke`),
    ]);
    await own.finishAuth(assistant.visits.at(-1)?.callback ?? new URLSearchParams());
    expect((await connected.callTool(SEARCH)).isError).not.toBe(true);
    await connected.close();
  });

  it('does not come in as somebody without rights', async () => {
    const assistant = createAssistant('mallory');
    const first = transport(assistant);
    await expect(client('auto').connect(first)).rejects.toThrow(UnauthorizedError);
    await first.finishAuth(assistant.visits.at(-1)?.callback ?? new URLSearchParams());
    await expect(client('auto').connect(transport(assistant))).rejects.toThrow(/not available to you/);
  });
});

describe('SDK v1', () => {
  it(proves('clients.oauth', 'signs alice in with nothing but the URL, refreshes, and calls'), async () => {
    const assistant = createAssistant('alice');
    const connect = async () => {
      const own = new V1Transport(url, { authProvider: assistant.provider });
      const connected = new V1Client({ name: 'v1', version: '1' });
      return { own, connected, done: connected.connect(own as Parameters<V1Client['connect']>[0]) };
    };
    const first = await connect();
    await expect(first.done).rejects.toThrow(V1UnauthorizedError);
    await first.own.finishAuth(assistant.codeOfLastVisit());
    const { connected, done } = await connect();
    await done;
    expect(JSON.stringify(await connected.callTool(SEARCH))).toContain('[masked:');
    assistant.replaceToken(await stack.token({ user: 'alice', ttlSeconds: -600 }));
    expect(JSON.stringify(await connected.callTool(SEARCH))).toContain('[masked:');
    expect([assistant.visits.length, assistant.saves.length]).toEqual([1, 2]);
    await connected.close();
  });
});

describe('the challenges', () => {
  const ask = (token?: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    });
  const challenge = () => ({
    resource_metadata: `${stack.url}/.well-known/oauth-protected-resource/mcp/crm`,
    scope: `${url.href}/Mcp.Invoke`,
  });
  const parametersOf = (answer: Response) =>
    Object.fromEntries(
      [...(answer.headers.get('www-authenticate') ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    );

  it(
    proves('clients.oauth', '401 names the metadata and the scope; the metadata, the resource and the tenant'),
    async () => {
      const answer = await ask();
      expect([answer.status, parametersOf(answer)]).toEqual([401, challenge()]);
      const metadata = await (await fetch(challenge().resource_metadata)).json();
      expect(metadata).toMatchObject({ resource: url.href, authorization_servers: [stack.entra.issuer] });
    },
  );

  it(proves('clients.oauth', '403 insufficient_scope names the scope that is missing'), async () => {
    const answer = await ask(await stack.token({ user: 'alice', scope: 'Other.Scope' }));
    expect([answer.status, parametersOf(answer)]).toEqual([403, { error: 'insufficient_scope', ...challenge() }]);
  });
});
