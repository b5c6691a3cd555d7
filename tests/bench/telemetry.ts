/**
 * `npm run bench:telemetry`: what telemetry adds to a call, with nothing else measured: a call's stages, labels and counts as
 * the gateway has them, silent and over OTLP to a collector on this machine that takes everything. Recorded as a span or
 * past the budget; what sending costs is in it, because it runs on the same thread.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createExporters } from '../../shared/azure/telemetry/exporters.ts';
import { createOpenTelemetry } from '../../shared/azure/telemetry/open-telemetry.ts';
import { boundTelemetry } from '../../shared/telemetry/bound-labels.ts';
import { STAGES, type Stage } from '../../shared/telemetry/instruments.ts';
import { silentTelemetry, type Telemetry } from '../../shared/telemetry/telemetry.ts';
import { readTraceContext } from '../../shared/telemetry/trace-context.ts';
import { quantile } from './quantile.ts';

const ROUNDS = 20_000;
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const OWN: readonly Stage[] = ['call', 'release', 'recheck', 'hold'];
const STEPS = STAGES.filter((stage) => !OWN.includes(stage));
const KNOWN = { server: new Set(['crm']), tool: new Set(['search_customers']), class: new Set(['email']) };

/** As one call does it: nine stages, four facts, what its two records count, two appends. */
function callOnce(telemetry: Telemetry): Promise<void> {
  const incoming = readTraceContext(PARENT, null);
  return telemetry.trace({ name: 'call', callId: 'c1', incoming }, async (trace) => {
    trace.note({ decision: 'refused' });
    for (const stage of STEPS) await trace.stage(stage, async () => undefined);
    trace.note({ server: 'crm', tool: 'search_customers', decision: 'allow' });
    telemetry.count('calls', 1, { decision: 'allow', server: 'crm', tool: 'search_customers' });
    trace.note({ outcome: 'answered' });
    telemetry.count('outcomes', 1, { outcome: 'answered', server: 'crm' });
    telemetry.count('findings', 10, { class: 'email', outcome: 'masked' });
    telemetry.count('storage', 1, { store: 'segments', operation: 'append', result: 'ok' });
    telemetry.count('storage', 1, { store: 'segments', operation: 'append', result: 'ok' });
  });
}

/** The same steps with no telemetry at all. */
async function bareOnce(): Promise<void> {
  for (const _ of STEPS) await (async () => undefined)();
}

async function measure(name: string, once: () => Promise<void>): Promise<void> {
  for (let round = 0; round < ROUNDS / 4; round += 1) await once();
  const timings: number[] = [];
  const startedMs = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    const beganMs = performance.now();
    await once();
    timings.push((performance.now() - beganMs) * 1_000);
  }
  const meanUs = ((performance.now() - startedMs) * 1_000) / ROUNDS;
  timings.sort((left, right) => left - right);
  const told = [meanUs, quantile(timings, 0.5), quantile(timings, 0.99)].map((us) => us.toFixed(2));
  console.log(`${name.padEnd(34)} mean ${told[0]} µs, p50 ${told[1]} µs, p99 ${told[2]} µs`);
}

const collector = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200).end('{}'));
});
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
const otlpUrl = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
const credential = { getToken: async () => null };

async function open(tracesPerSecond: number) {
  const exporters = await createExporters({ otlpUrl }, credential);
  const log = (_level: string, event: string): void => console.log(event);
  const monotonicMs = (): number => performance.now();
  return createOpenTelemetry({ exporters, log, monotonicMs, tracesPerSecond, metricsEveryMs: 1_000 });
}

await measure('nothing', bareOnce);
await measure('silent', () => callOnce(silentTelemetry));
for (const [name, tracesPerSecond] of [
  ['OTLP, past the budget of traces', 5],
  ['OTLP, every call a trace', 1_000_000],
] as const) {
  const opened = await open(tracesPerSecond);
  const telemetry = boundTelemetry(opened.telemetry, KNOWN);
  await measure(name, () => callOnce(telemetry));
  await opened.close();
}
collector.close();
