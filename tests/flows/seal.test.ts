/** Calls through the whole gateway, sealed by its own timer, and what the verifier says of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyTranscripts } from '../../shared/transcripts/verify.ts';
import { proves } from '../requirements.ts';
import { testEndorsingKey } from '../unit/transcripts/scene.ts';
import { sealsOf } from '../unit/transcripts/seals/seal-scene.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { answerResult } from './support/recording-upstream.ts';
import { callText, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const DAY_MS = 24 * 3_600_000;

let gateway: TestGateway;
let alice: string;
beforeAll(async () => {
  gateway = await startTestGateway({ policies: POLICIES, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL] });
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'done' }] });
  alice = await gateway.token({ user: 'alice' });
});
afterAll(() => gateway.stop());

const verify = () =>
  verifyTranscripts({
    reader: gateway.store,
    endorsingKey: testEndorsingKey,
    nowMs: Date.now() + gateway.ahead,
  });

describe('the gateway’s seals', () => {
  it(proves('seal.chain', 'cover each call at the next run, and verify says so'), async () => {
    await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'));
    expect((await verify()).seals.state).toBe('none');
    await gateway.seal();
    await post(gateway.url, alice, callText('read_note', '{"id":"n2"}'));
    expect((await verify()).totals.unsealedLines).toBe(4);
    await gateway.seal();
    expect(sealsOf(gateway.store).map(({ retention }) => retention)).toEqual(
      Array.from({ length: 2 }, () => [{ class: 'standard', days: 30 }]),
    );
    expect(await verify()).toMatchObject({
      state: 'intact',
      seals: { state: 'intact', last: { number: 2 } },
      totals: { unsealedLines: 0 },
    });
  });

  it(proves('seal.retention', 'outlive what they name, whose removal stands under _gateway'), async () => {
    gateway.ahead = 2 * DAY_MS;
    await gateway.seal();
    gateway.ahead = 40 * DAY_MS;
    await (await gateway.queues()).expireTranscripts();
    const [note] = gateway.records().filter((record) => record.kind === 'administration');
    expect(note).toMatchObject({ action: 'transcripts-expired', detail: expect.stringContaining('segments: ') });
    expect([...gateway.store.content.keys()].filter((path) => path.includes('/crm/'))).toEqual([]);
    await gateway.seal();
    expect((await verify()).seals.faults).toEqual([]);
  });
});
