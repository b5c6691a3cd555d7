/** What leaves this process: OTLP over real HTTP to a collector of the test's, Application Insights as its SDK sends it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createLog } from '../../shared/azure/log.ts';
import { createTelemetry, type ProcessTelemetry } from '../../shared/azure/telemetry/create-telemetry.ts';
import type { TelemetryTargets } from '../../shared/azure/telemetry/targets.ts';
import { silentTelemetry } from '../../shared/telemetry/telemetry.ts';
import { readTraceContext } from '../../shared/telemetry/trace-context.ts';
import { proves } from '../requirements.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const incoming = readTraceContext(`00-${TRACE}-b7ad6b7169203331-01`);
const credential = { getToken: async () => ({ token: 'the-identity', expiresOnTimestamp: Date.now() + 3_600_000 }) };

interface Collected {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

let collected: Collected[];
let lines: string[];
let server: Server;
let url: string;
let status = 200;

beforeEach(async () => {
  collected = [];
  lines = [];
  status = 200;
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
    collected.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const log = createLog((_level, line) => lines.push(line));

/** `start`: runs what was put off, as if its time had come. */
function open(
  targets: TelemetryTargets,
): ProcessTelemetry & { readonly start: () => void; readonly planned: number[] } {
  const planned: number[] = [];
  const runs: (() => void)[] = [];
  const opened = createTelemetry(targets, {
    ...{ credential, log, monotonicMs: () => performance.now() },
    after(delayMs, run) {
      planned.push(delayMs);
      runs.push(run);
      return () => undefined;
    },
  });
  return { ...opened, planned, start: () => runs.shift()?.() };
}

describe('OTLP', () => {
  it(
    proves('telemetry.stages', 'carries a call’s spans and its measures, those from before it was loaded too'),
    async () => {
      const { telemetry, close, start } = open({ otlpUrl: url });
      telemetry.count('calls', 2, { decision: 'allow', server: 'crm', tool: 'read_note' });
      start();
      let onward: unknown;
      await vi.waitFor(async () => {
        // Silent until it is loaded: the client's own trace goes on as it came.
        await telemetry.trace({ name: 'call', callId: 'call-1', incoming }, async (trace) => {
          trace.note({ server: 'crm' });
          onward = trace.stage('forward', (context) => context);
          log('warn', 'upstream-call-failed', { server: 'crm' });
        });
        expect(onward).not.toEqual(incoming);
      });
      telemetry.measure('sealAge', 7, {});
      await close();

      const spans = spansOf(collected.find(({ path }) => path === '/v1/traces')?.body);
      const root = spans.find(({ name }) => name === 'call') ?? expect.fail('no root');
      const forward = spans.find(({ name }) => name === 'forward') ?? expect.fail('no stage');
      expect(root).toMatchObject({ traceId: TRACE, parentSpanId: 'b7ad6b7169203331' });
      expect(forward).toMatchObject({ traceId: TRACE, parentSpanId: root.spanId });
      expect(onward).toEqual({ traceId: TRACE, spanId: forward.spanId, isSampled: true });
      const metrics = JSON.stringify(collected.find(({ path }) => path === '/v1/metrics')?.body);
      expect(metrics).toContain('"name":"sallyport.calls"');
      expect(metrics).toContain('"asDouble":2');
      expect(metrics).toContain('"name":"sallyport.seal.age"');
      // Delta: an instance that is gone leaves no sum behind.
      expect(metrics).toContain('"aggregationTemporality":1');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
        ...{ level: 'warn', event: 'upstream-call-failed', server: 'crm' },
        ...{ callId: 'call-1', traceId: TRACE },
      });
    },
  );

  it(proves('telemetry.silent', 'that nobody takes fails no call, and is told once'), async () => {
    status = 400;
    const { telemetry, close, start } = open({ otlpUrl: url });
    start();
    await vi.waitFor(async () => {
      const onward = await telemetry.trace({ name: 'call', callId: 'c', incoming }, async (trace) =>
        trace.stage('decide', (context) => context?.spanId),
      );
      expect(onward).not.toBe(incoming?.spanId);
    });
    telemetry.count('errors', 1, { kind: 'some-error' });
    await close();
    expect(collected.length).toBeGreaterThanOrEqual(2);
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['telemetry-not-sent']);
  });
});

describe('Application Insights', () => {
  it(proves('telemetry.metrics', 'is sent the same names, as the app’s identity'), async () => {
    const sent: { url: string; body: string; authorization: string | null }[] = [];
    vi.stubEnv('APPLICATION_INSIGHTS_NO_STATSBEAT', 'true');
    const { createExporters } = await import('../../shared/azure/telemetry/exporters.ts');
    const { createOpenTelemetry } = await import('../../shared/azure/telemetry/open-telemetry.ts');
    const connectionString = `InstrumentationKey=5a11e000-0000-4000-8000-000000000009;IngestionEndpoint=https://in.test/`;
    const httpClient = {
      async sendRequest(request: { url: string; body?: unknown; headers: { get(name: string): string | undefined } }) {
        const body = request.body instanceof Uint8Array ? gunzipSync(request.body).toString('utf8') : `${request.body}`;
        sent.push({ url: request.url, body, authorization: request.headers.get('authorization') ?? null });
        const bodyAsText = '{"itemsReceived":1,"itemsAccepted":1,"errors":[]}';
        const headers = Object.assign(new Headers({ 'content-type': 'application/json' }), { toJSON: () => ({}) });
        return { request, status: 200, headers, bodyAsText };
      },
    };
    const exporters = await createExporters({ connectionString }, credential, { httpClient } as never);
    const opened = createOpenTelemetry({ exporters, log, monotonicMs: () => performance.now() });
    await opened.telemetry.trace({ name: 'call', callId: 'call-1', incoming }, async (trace) => {
      trace.stage('forward', () => undefined);
    });
    opened.telemetry.measure('sealAge', 7, {});
    await opened.close();
    vi.unstubAllEnvs();

    const envelopes = sent.flatMap(({ body }) => body.split('\n').map((line) => JSON.parse(line))).flat();
    expect(sent.map(({ authorization }) => authorization)).toEqual(sent.map(() => 'Bearer the-identity'));
    expect(sent.length).toBeGreaterThanOrEqual(2);
    const text = JSON.stringify(envelopes);
    expect(text).toContain('"name":"sallyport.seal.age"');
    expect(text).toContain(`"ai.operation.id":"${TRACE}"`);
    expect(lines).toEqual([]);
  });
});

describe('nobody', () => {
  it(proves('telemetry.silent', 'asked for it: nothing is put off, nothing is loaded, nothing is sent'), async () => {
    const { telemetry, close, planned } = open({});
    expect(telemetry).toBe(silentTelemetry);
    expect(planned).toEqual([]);
    await close();
    expect(collected).toEqual([]);
  });
});

const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

function spansOf(body: unknown) {
  const { resourceSpans } = exportSchema.parse(body);
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
