/** Limits and upstreams that are down, through the whole gateway: what the caller hears, and what is recorded. */
import { afterEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { answerResult } from './support/recording-upstream.ts';
import { callText, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(limits: string): Promise<{ gateway: TestGateway; alice: string }> {
  const yaml = `limits: ${limits}`;
  const gateway = await startTestGateway({ policies: POLICIES, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL], yaml });
  stops.push(() => gateway.stop());
  return { gateway, alice: await gateway.token({ user: 'alice' }) };
}

const CALL = callText('read_note', '{"id":"n1"}');
const records = (gateway: TestGateway, kind: string) => gateway.records().filter((record) => record.kind === kind);

describe('limits', () => {
  it(
    proves('limits.per-minute', 'past the calls in a minute: 429 with Retry-After, recorded, nothing sent'),
    async () => {
      const { gateway, alice } = await start('{ principal: { callsPerMinute: 2 } }');
      for (let times = 0; times < 2; times += 1) expect((await post(gateway.url, alice, CALL)).status).toBe(200);
      const refused = await post(gateway.url, alice, CALL);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
      expect(JSON.parse(refused.text)).toMatchObject({ error: { message: expect.stringContaining('Too many calls') } });
      expect(records(gateway, 'refusal')).toMatchObject([{ stage: 'http', code: 'calls-per-minute' }]);
      expect(gateway.upstream.arrived).toHaveLength(2);
      // Another token of hers is still hers.
      const again = await gateway.token({ user: 'alice' });
      expect((await post(gateway.url, again, CALL)).status).toBe(429);
    },
  );

  it(proves('limits.at-once', 'past the calls at once: 429 while they last, and no longer'), async () => {
    const { gateway, alice } = await start('{ principal: { callsAtOnce: 1 } }');
    const answer = answerResult({ content: [] });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    gateway.upstream.script = async (arrived, response) => {
      await held;
      await answer(arrived, response);
    };
    const first = post(gateway.url, alice, CALL);
    await expect.poll(() => gateway.upstream.arrived.length).toBe(1);
    const refused = await post(gateway.url, alice, CALL);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    release();
    expect((await first).status).toBe(200);
    expect((await post(gateway.url, alice, CALL)).status).toBe(200);
  });

  it('headers past their limit: 431, before any token is looked at', async () => {
    const { gateway, alice } = await start('{ headerBytes: 4096 }');
    const refused = await post(gateway.url, alice, CALL, { 'x-padding': 'x'.repeat(4_096) });
    expect(refused.status).toBe(431);
    expect(gateway.upstream.arrived).toEqual([]);
  });
});

describe('an upstream that is down', () => {
  it(proves('upstream.circuit', 'is not asked again and again; each call is recorded as one that failed'), async () => {
    const { gateway, alice } = await start('{}');
    await gateway.upstream.stop();
    for (let times = 0; times < 6; times += 1) {
      const answer = await post(gateway.url, alice, CALL);
      expect(JSON.parse(answer.text)).toMatchObject({ id: 1, error: { code: 1002 } });
    }
    const outcomes = records(gateway, 'outcome');
    expect(outcomes.map((outcome) => outcome.status)).toEqual(Array.from({ length: 6 }, () => 'failed'));
    expect(outcomes.map((outcome) => JSON.stringify(outcome.error)).at(0)).toContain('unreachable');
    expect(outcomes.map((outcome) => JSON.stringify(outcome.error)).at(-1)).toContain('circuit-open');
    expect(gateway.logged).toContain('warn circuit-opened');
  });
});
