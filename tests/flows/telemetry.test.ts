/** A call as its trace and its metrics tell it, from a client's trace to the upstream's: the real gateway, the real SDK. */
import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { instruments, SPAN_ATTRIBUTES, STAGES } from '../../shared/telemetry/instruments.ts';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { type HeardTelemetry, hearTelemetry } from './support/heard-telemetry.ts';
import { callTool, decide, idOf } from './support/held-calls.ts';
import { answerEvents, answerResult } from './support/recording-upstream.ts';
import { APPROVING_POLICIES, callText, modernCall, PAY_TOOL, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const OTHER_TRACE = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${SPAN}-01`;
const READ = callText('read_note', '{"id":"n1"}');
const OPTIONS = { policies: APPROVING_POLICIES, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL] };

let heard: HeardTelemetry;
let gateway: TestGateway;
let alice: string;

beforeAll(async () => {
  heard = hearTelemetry();
  gateway = await startTestGateway({ ...OPTIONS, telemetry: heard.telemetry });
  alice = await gateway.token({ user: 'alice' });
});
beforeEach(async () => {
  gateway.graph.groups = 'directory';
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'done' }] });
  await heard.reset();
});
afterAll(async () => {
  await gateway.stop();
  await heard.stop();
});

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const [found] = spans.filter((span) => span.name === name);
  return found ?? expect.fail(`no span ${name}`);
};
const withMeta = (meta: Record<string, unknown>) =>
  JSON.stringify({ ...JSON.parse(READ), params: { ...JSON.parse(READ).params, _meta: meta } });
const arrivedMeta = () => JSON.parse(gateway.upstream.arrived.at(-1)?.body ?? '{}').params?._meta;
const arrivedHeader = (name: string) => gateway.upstream.arrived.at(-1)?.headers[name];

describe('the trace of a call', () => {
  it(
    proves('telemetry.stages', 'is the client’s, with a span for each stage and the upstream under `forward`'),
    async () => {
      const answer = await post(gateway.url, alice, READ, { traceparent: PARENT, tracestate: 'tenant=7' });
      const spans = await heard.spans();
      const root = named(spans, 'call');
      expect(root.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: SPAN });
      expect(root.attributes).toEqual({
        [SPAN_ATTRIBUTES.callId]: answer.headers.get('sallyport-call-id'),
        [SPAN_ATTRIBUTES.server]: 'crm',
        [SPAN_ATTRIBUTES.tool]: 'read_note',
        [SPAN_ATTRIBUTES.decision]: 'allow',
        [SPAN_ATTRIBUTES.outcome]: 'answered',
      });
      const stages = spans.filter((span) => span !== root);
      expect(stages.map(({ name }) => name).toSorted()).toEqual([
        'authenticate',
        'credential',
        'decide',
        'forward',
        'groups',
        'mask',
        'read',
        'record-intent',
        'record-outcome',
      ]);
      for (const stage of stages) {
        expect(stage.parentSpanContext?.spanId).toBe(root.spanContext().spanId);
        expect(stage.spanContext().traceId).toBe(TRACE);
        expect(stage.attributes).toEqual({});
        expect(stage.events).toEqual([]);
      }
      const forward = named(spans, 'forward');
      expect(forward.kind).toBe(SpanKind.CLIENT);
      const onward = `00-${TRACE}-${forward.spanContext().spanId}-01`;
      expect([arrivedHeader('traceparent'), arrivedHeader('tracestate')]).toEqual([onward, 'tenant=7']);
      expect(arrivedMeta()).toEqual({ traceparent: onward, tracestate: 'tenant=7' });
    },
  );

  it(
    proves('telemetry.traceparent', 'is the message’s where header and message differ, and the header’s is linked'),
    async () => {
      const header = `00-${OTHER_TRACE}-${'1'.repeat(16)}-01`;
      await post(gateway.url, alice, withMeta({ traceparent: PARENT }), { traceparent: header });
      const spans = await heard.spans();
      const root = named(spans, 'call');
      expect(root.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: SPAN });
      expect(root.links.map(({ context }) => context.traceId)).toEqual([OTHER_TRACE]);
      expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([TRACE]));
      expect(arrivedHeader('traceparent')).toContain(TRACE);
    },
  );

  it(
    proves('telemetry.traceparent', 'is begun anew where what the client says is malformed, and none of that goes on'),
    async () => {
      const bad = { traceparent: 'what is this', tracestate: 'x=1', baggage: 'ada=lovelace', keep: 1 };
      await post(gateway.url, alice, withMeta(bad), { traceparent: `${PARENT}${'0'.repeat(9_000)}`, baggage: 'a=b' });
      const root = named(await heard.spans(), 'call');
      expect(root.parentSpanContext).toBeUndefined();
      const { traceId } = root.spanContext();
      expect(traceId).not.toBe(TRACE);
      expect(arrivedHeader('traceparent')).toContain(traceId);
      expect(arrivedHeader('baggage')).toBeUndefined();
      expect(Object.keys(arrivedMeta()).sort()).toEqual(['keep', 'traceparent']);
      expect(arrivedMeta().traceparent).toContain(traceId);
    },
  );

  it(
    proves('telemetry.traceparent', 'of the modern era stands beside the envelope, which arrives as it came'),
    async () => {
      const { body, headers } = modernCall('tools/call', { name: 'read_note', arguments: { id: 'n1' } }, 'read_note');
      await post(gateway.url, alice, body, { ...headers, traceparent: PARENT });
      const sent = JSON.parse(body).params._meta;
      expect(arrivedMeta()).toEqual({ ...sent, traceparent: arrivedHeader('traceparent') });
    },
  );

  it(
    proves('telemetry.stages', 'of one that is held or refused says so, and that of a release is its own'),
    async () => {
      await post(gateway.url, undefined, READ, { traceparent: PARENT });
      expect(named(await heard.spans(), 'call').attributes).toMatchObject({ [SPAN_ATTRIBUTES.decision]: 'refused' });
      await heard.reset();

      const id = idOf(await callTool(gateway, alice, 'pay', { amount: 7_001 }));
      const spans = await heard.spans();
      expect(named(spans, 'call').attributes).toMatchObject({ [SPAN_ATTRIBUTES.decision]: 'hold' });
      expect(named(spans, 'hold').parentSpanContext?.spanId).toBe(named(spans, 'call').spanContext().spanId);
      await heard.reset();

      expect((await decide(gateway, 'bob', id, { verdict: 'approve', reason: 'checked' })).status).toBe(202);
      await gateway.deliverMessages();
      const released = await heard.spans();
      const root = named(released, 'release');
      expect(root.attributes).toMatchObject({
        [SPAN_ATTRIBUTES.tool]: 'pay',
        [SPAN_ATTRIBUTES.decision]: 'released',
        [SPAN_ATTRIBUTES.outcome]: 'answered',
      });
      for (const stage of ['recheck', 'record-intent', 'forward', 'record-outcome']) {
        expect(named(released, stage).spanContext().traceId).toBe(root.spanContext().traceId);
      }
      expect(arrivedHeader('traceparent')).toContain(root.spanContext().traceId);
    },
  );

  it(proves('telemetry.traceparent', 'has an end, however many events a stream brings'), async () => {
    const notice = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } };
    const answer = { jsonrpc: '2.0', id: 1, result: { content: [] } };
    gateway.upstream.script = answerEvents([...Array.from({ length: 200 }, () => notice), answer]);
    await post(gateway.url, alice, READ, { traceparent: PARENT });
    expect((await heard.spans()).length).toBeLessThanOrEqual(65);
    const masked = (await heard.points('sallyport.stage.duration')).get('{"stage":"mask"}');
    expect(masked).toMatchObject({ count: 201 });
  });

  it(proves('telemetry.traceparent', 'is recorded within our budget, whatever the client asks for'), async () => {
    const sparing = hearTelemetry(1, () => 0);
    const other = await startTestGateway({ ...OPTIONS, telemetry: sparing.telemetry });
    try {
      const token = await other.token({ user: 'alice' });
      for (let call = 0; call < 30; call += 1) await post(other.url, token, READ, { traceparent: PARENT });
      const roots = (await sparing.spans()).filter(({ name }) => name === 'call');
      expect(roots).toHaveLength(4);
      expect(other.upstream.arrived.at(-1)?.headers.traceparent).toMatch(
        new RegExp(`^00-${TRACE}-[0-9a-f]{16}-0[01]$`),
      );
      expect((await sparing.points('sallyport.calls')).get(JSON.stringify(ALLOWED))).toBe(30);
    } finally {
      await other.stop();
      await sparing.stop();
    }
  });
});

const ALLOWED = { decision: 'allow', server: 'crm', tool: 'read_note' };

describe('metrics', () => {
  it(proves('telemetry.metrics', 'count calls by decision, outcomes and findings, as they are on record'), async () => {
    gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'ada@example.com, bob@example.com' }] });
    await post(gateway.url, alice, READ);
    await post(gateway.url, alice, callText('pay', '{"amount":-1}'));
    await post(gateway.url, alice, callText('no-such-tool', '{}'));
    await post(gateway.url, undefined, READ);
    await callTool(gateway, alice, 'pay', { amount: 8_001 });
    expect(Object.fromEntries(await heard.points('sallyport.calls'))).toEqual({
      [JSON.stringify(ALLOWED)]: 1,
      [JSON.stringify({ ...ALLOWED, decision: 'deny', tool: 'pay' })]: 1,
      [JSON.stringify({ ...ALLOWED, decision: 'deny', tool: 'other' })]: 1,
      [JSON.stringify({ decision: 'refused', server: '_gateway', tool: 'none' })]: 1,
      [JSON.stringify({ ...ALLOWED, decision: 'hold', tool: 'pay' })]: 1,
    });
    expect(Object.fromEntries(await heard.points('sallyport.outcomes'))).toEqual({
      '{"outcome":"answered","server":"crm"}': 1,
    });
    expect(Object.fromEntries(await heard.points('sallyport.findings'))).toEqual({
      '{"class":"email","outcome":"masked"}': 2,
    });
  });

  it(
    proves('telemetry.metrics', 'say how many holds wait, for how long the oldest, and how whole the seals are'),
    async () => {
      await callTool(gateway, alice, 'pay', { amount: 9_001 });
      gateway.ahead = 90_000;
      await gateway.sweep();
      await gateway.seal();
      gateway.ahead = 0;
      expect((await heard.points('sallyport.holds.pending')).get('{}')).toBeGreaterThanOrEqual(1);
      expect((await heard.points('sallyport.holds.oldest_age')).get('{}')).toBeGreaterThanOrEqual(90);
      expect((await heard.points('sallyport.holds.unknown')).get('{}')).toBe(0);
      expect((await heard.points('sallyport.seal.age')).get('{}')).toBe(0);
    },
  );

  it(proves('telemetry.metrics', 'count dead letters, errors by kind, and what storage was asked for'), async () => {
    await (await gateway.queues()).buryDecision({ approval: 'none of ours' });
    gateway.store.mishap = () => 'fails';
    await post(gateway.url, alice, READ);
    gateway.store.mishap = () => undefined;
    expect((await heard.points('sallyport.dead_letters')).get('{"queue":"approval-decisions"}')).toBe(1);
    const errors = await heard.points('sallyport.errors');
    expect(errors.get('{"kind":"message-dead"}')).toBe(1);
    expect(errors.get('{"kind":"intent-not-recorded"}')).toBe(1);
    const storage = [...(await heard.points('sallyport.storage.operations')).keys()].map((key) => JSON.parse(key));
    expect(storage).toContainEqual({ store: 'segments', operation: 'append', result: 'ok' });
  });

  it(
    proves('telemetry.labels', 'and spans of all of this hold what the one list names, and nothing of anybody'),
    async () => {
      gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'SSN 536-22-1234' }] });
      await post(gateway.url, alice, callText('read_note', '{"id":"very-private-argument"}'));
      await post(gateway.url, alice, callText('tool-of-mallory', '{}'));
      await post(gateway.url.replace('crm', 'server-of-mallory'), alice, READ);
      await post(gateway.url, 'no.good.token', READ);
      const told = await heard.metrics();
      const known = Object.values(instruments);
      expect(told.length).toBeGreaterThan(4);
      for (const { descriptor, dataPoints } of told) {
        const instrument = known.find(({ name }) => name === descriptor.name) ?? expect.fail(descriptor.name);
        expect([descriptor.unit, descriptor.description]).toEqual([instrument.unit, instrument.description]);
        for (const { attributes } of dataPoints) {
          expect(Object.keys(attributes).toSorted()).toEqual(Object.keys(instrument.labels).toSorted());
        }
      }
      const spans = await heard.spans();
      const attributeNames = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
      expect([...attributeNames].filter((name) => !Object.values<string>(SPAN_ATTRIBUTES).includes(name))).toEqual([]);
      for (const { name } of spans) expect(STAGES).toContain(name);
      const everything = JSON.stringify([
        told,
        spans.map(({ name, attributes, status, events, links, resource }) => [
          name,
          attributes,
          status,
          events,
          links,
          resource.attributes,
        ]),
      ]);
      const callIds = new Set(spans.map(({ attributes }) => String(attributes[SPAN_ATTRIBUTES.callId])));
      expect(everything).not.toMatch(
        /mallory|very-private|536-22|alice|5a11e000|no\.good|https?:|@example|read_note"?,"id/,
      );
      for (const id of callIds) expect(JSON.stringify(told)).not.toContain(id);
    },
  );
});

describe('without telemetry', () => {
  it(
    proves('telemetry.silent', 'a client’s trace passes on as it came, its baggage does not, and none is begun'),
    async () => {
      const quiet = await startTestGateway(OPTIONS);
      try {
        const token = await quiet.token({ user: 'alice' });
        await post(quiet.url, token, withMeta({ traceparent: PARENT, baggage: 'a=b' }));
        await post(quiet.url, token, READ);
        const [traced, plain] = quiet.upstream.arrived;
        expect(traced?.headers.traceparent).toBe(PARENT);
        expect(JSON.parse(traced?.body ?? '').params._meta).toEqual({ traceparent: PARENT });
        expect(plain?.headers).not.toHaveProperty('traceparent');
        expect(JSON.parse(plain?.body ?? '').params).not.toHaveProperty('_meta');
      } finally {
        await quiet.stop();
      }
    },
  );
});
