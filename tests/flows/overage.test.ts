/** Somebody in more groups than a token holds, through the whole built stack: Graph decides, and its outage denies. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sampleGroups } from '../../infra/local/entra/directory.ts';
import { proves } from '../requirements.ts';
import { startTestGateway } from './support/gateway.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';
import { callText, modernCall, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

let stack: RunningStack;

beforeAll(async () => {
  stack = await startBuiltStack();
});
afterAll(() => stack.stop());

interface Answer {
  readonly result?: { readonly isError?: boolean };
  readonly error?: { readonly code: number; readonly message: string };
}

async function search(token: string): Promise<Answer> {
  const params = { name: 'search_customers', arguments: { query: 'Ada', limit: 1 } };
  const { body, headers } = modernCall('tools/call', params, params.name);
  return JSON.parse((await post(`${stack.url}/mcp/crm`, token, body, headers)).text);
}

describe('a caller past the group limit, in this process', () => {
  it(
    proves('graph.groups', 'is recorded as refused, then as one who was let through by those groups alone'),
    async () => {
      const gateway = await startTestGateway({ policies: POLICIES, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL] });
      try {
        const read = async (user: string) =>
          (await post(gateway.url, await gateway.token({ user }), callText('read_note', '{"id":"n1"}'))).text;
        expect(await read('grace')).toContain('group membership');
        gateway.graph.groups = [sampleGroups.support];
        // A failure rests for a second.
        await vi.waitFor(async () => expect(await read('grace')).toContain('"result"'), {
          timeout: 10_000,
          interval: 250,
        });
        expect(await read('mallory')).not.toContain('"result"');
        const kinds = gateway.records().map(({ kind }) => kind);
        expect(kinds.indexOf('refusal')).toBeLessThan(kinds.indexOf('intent'));
        expect(gateway.upstream.arrived).toHaveLength(1);
      } finally {
        await gateway.stop();
      }
    },
  );
});

describe('a caller past the group limit, through the whole stack', () => {
  it(proves('graph.down', 'is denied by name while Graph is down, and may search once it is back'), async () => {
    const grace = await stack.token({ user: 'grace' });
    stack.graph.faults.add({ does: 'fail', status: 503, times: 1_000 });
    expect(await search(grace)).toMatchObject({
      error: { code: 1001, message: expect.stringContaining('group membership') },
    });
    await vi.waitFor(() => expect(stack.log.join('\n')).toContain('groups-unavailable'), { timeout: 10_000 });

    stack.graph.faults.clear();
    // A failure rests for a second.
    const answer = await vi.waitFor(
      async () => {
        const message = await search(grace);
        expect(message.error).toBeUndefined();
        return message;
      },
      { timeout: 10_000, interval: 250 },
    );
    expect(answer.result?.isError ?? false).toBe(false);
    expect(JSON.stringify(answer.result)).toContain('Ada');

    // What Graph has said holds for its time, whatever becomes of Graph.
    stack.graph.faults.add({ does: 'fail', status: 503, times: 1_000 });
    expect(await search(grace)).not.toHaveProperty('error');
    stack.graph.faults.clear();
  });

  it(proves('graph.groups', 'is in the groups that Graph says, not in those that the token has beside'), async () => {
    const leftOut = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'http://127.0.0.1:1' } } };
    const alice = await stack.token({ user: 'alice', claims: { groups: null, ...leftOut } });
    expect(await search(alice)).not.toHaveProperty('error');
    const mallory = await stack.token({ user: 'mallory', claims: { groups: [sampleGroups.support], ...leftOut } });
    const denied = (await search(mallory)).error?.message;
    expect(denied).toBeDefined();
    expect(denied).not.toContain('group membership');
  });
});
