/**
 * One instance of the gateway as a process of its own, so that SIGKILL is real: the real adapters of `shared/azure`, the
 * function host's own queue triggers, MCP and the API over HTTP. Two things are not as in the deployed app: its clock can
 * be ahead (told by the parent), and every deadline of an operation is over `HASTE` times sooner, or each hang would last
 * its eight real seconds. It ends with its parent.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { readQueueFunction } from '../../infra/local/function-host/queue-function.ts';
import { startQueueTriggers } from '../../infra/local/function-host/queue-trigger.ts';
import { createAzurePorts } from '../../shared/azure/azure-ports.ts';
import { createVariables, readEnvironment } from '../../shared/azure/environment.ts';
import { createLog } from '../../shared/azure/log.ts';
import { loadConfig } from '../../shared/config/load-config.ts';
import { formatProblems } from '../../shared/config/problems.ts';
import { createGateway, type Gateway } from '../../shared/gateway/gateway.ts';
import type { QueueSide } from '../../shared/gateway/queue-side.ts';
import { createPolicyEngine } from '../../shared/policy/create-engine.ts';
import { silentTelemetry } from '../../shared/telemetry/telemetry.ts';
import { portOf, serve } from './serve.ts';

const HASTE = 3;

const orderSchema = z.union([
  z.strictObject({ kind: z.literal('clock'), aheadMs: z.number() }),
  z.strictObject({ kind: z.literal('sweep') }),
]);

/** As `functions/` has them: queue, and what is done with its messages. */
const FUNCTIONS: Readonly<
  Record<string, { queue: string; take: (queues: QueueSide, body: unknown) => Promise<void> }>
> = {
  approver: { queue: 'approval-decisions', take: (queues, body) => queues.applyDecision(body) },
  'approval-notices': { queue: 'approval-notices', take: (queues, body) => queues.postNotice(body) },
  'dead-decisions': {
    queue: 'approval-decisions/$DeadLetterQueue',
    take: (queues, body) => queues.buryDecision(body),
  },
  'dead-notices': { queue: 'approval-notices/$DeadLetterQueue', take: (queues, body) => queues.buryNotice(body) },
};

let aheadMs = Number(process.env.SWEEP_AHEAD_MS ?? 0);
const soon = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => soon(Math.ceil(ms / HASTE));

async function openGateway(): Promise<Gateway> {
  const environment = readEnvironment();
  if (!environment.ok) throw new Error(environment.error.join('\n'));
  const config = await loadConfig({ folder: environment.value.configFolder, variables: createVariables() });
  if (!config.ok) throw new Error(formatProblems(config.error));
  const policy = createPolicyEngine(config.value);
  if (!policy.ok) throw new Error(formatProblems(policy.error));
  return createGateway(config.value, policy.value, {
    ...createAzurePorts(environment.value),
    publicUrl: environment.value.publicUrl,
    entra: environment.value.entra,
    lookup: (hostname) => lookup(hostname, { all: true }),
    log: createLog(),
    telemetry: silentTelemetry,
    nowMs: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now(),
    randomBytes,
    newId: randomUUID,
    deadline: AbortSignal.timeout,
    pause: (ms, signal) => pause(ms, undefined, { signal, ref: false }).catch(() => undefined),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  });
}

async function listenToQueues(gateway: Gateway): Promise<void> {
  const settings = { isAutoComplete: true, maxConcurrentCalls: 1, maxLockRenewalMs: 300_000 };
  const functions = Object.entries(FUNCTIONS).map(([name, { queue }]) => {
    const target = { metadata: { name, bindings: {} }, callback: async () => undefined };
    const trigger = { name: 'message', settings: { queueName: queue, connection: 'SERVICE_BUS' } };
    return readQueueFunction(target as never, trigger, settings, process.env);
  });
  await startQueueTriggers(functions, {
    log: console.log,
    async invoke({ metadata }, { inputData }) {
      const text = z.array(z.object({ data: z.object({ string: z.string() }) })).parse(inputData)[0]?.data.string ?? '';
      await FUNCTIONS[metadata.name]?.take(await gateway.queues(), JSON.parse(text));
    },
  });
}

async function obey(gateway: Gateway, message: unknown): Promise<void> {
  const order = orderSchema.parse(message);
  if (order.kind === 'clock') aheadMs = order.aheadMs;
  else await (await gateway.queues()).sweepApprovals();
  process.send?.({ kind: 'obeyed' });
}

process.on('disconnect', () => process.exit(0));
const gateway = await openGateway();
gateway.warmUp();
await gateway.queues();
const server = await serve(gateway, 0);
await listenToQueues(gateway);
process.on('message', (message) => {
  obey(gateway, message).catch((cause: unknown) => process.send?.({ kind: 'failed', reason: String(cause) }));
});
process.send?.({ kind: 'ready', port: portOf(server) });
