/** A held call from the agent's side and the approver's: asked, answered, run once, collected; all of it on record. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { decide, heldCall, idOf, textOf } from './support/held-calls.ts';
import { APPROVING_POLICIES, PAY_TOOL, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

let gateway: TestGateway;
let alice: string;

beforeAll(async () => {
  gateway = await startTestGateway({ policies: APPROVING_POLICIES, tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL] });
  gateway.graph.groups = 'directory';
  alice = await gateway.token({ user: 'alice' });
});
afterEach(() => {
  gateway.ahead = 0;
});
afterAll(() => gateway.stop());

describe('a call that policy holds', () => {
  it('is answered at once, in words that a model can follow, and nothing reaches the upstream', async () => {
    const before = gateway.upstream.arrived.length;
    const sent = await heldCall(gateway, alice, { amount: 101, note: 'a' });
    expect(textOf(sent)).toContain('has NOT been made');
    expect(textOf(sent)).toContain('sallyport_await_approval');
    expect(textOf(sent)).toContain('finance (1 of finance)');
    expect(gateway.upstream.arrived.length).toBe(before);
  });

  it('runs once when it is approved, and gives the same answer as often as it is asked', async () => {
    const args = { amount: 102, note: 'b' };
    const held = await heldCall(gateway, alice, args);
    const before = gateway.upstream.arrived.length;
    const decided = await decide(gateway, 'bob', idOf(held), { verdict: 'approve', reason: 'fine' });
    expect(decided.status).toBe(202);
    await gateway.deliverMessages();
    expect(gateway.upstream.arrived.length).toBe(before + 1);
    for (let times = 0; times < 2; times += 1) {
      const collected = await heldCall(gateway, alice, args);
      expect(JSON.parse(collected.text).result.isError).not.toBe(true);
      expect(textOf(collected)).toContain('under approval');
    }
    expect(gateway.upstream.arrived.length).toBe(before + 1);
  });
});
