/**
 * The app of this process: settings and configuration read once at start, the gateway wired over Azure's services.
 * A bad configuration throws from `startApp`, which stops the app: better no gateway than one with half its rules.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpHandler, ServiceBusQueueHandler, TimerHandler } from '@azure/functions';
import { loadConfig } from '../config/load-config.ts';
import { formatProblems } from '../config/problems.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { QueueSide } from '../gateway/queue-side.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { createPolicyEngine } from '../policy/create-engine.ts';
import { createAzurePorts } from './azure-ports.ts';
import { createVariables, readEnvironment } from './environment.ts';
import { httpHandler } from './http-trigger.ts';
import { createLog } from './log.ts';
import { installStreamCure, type StreamCure } from './stream-cure.ts';
import { createTelemetry } from './telemetry/create-telemetry.ts';

/** The call that woke this process up goes first: it is seldom one that is held, and the queues' SDK is large. */
const OPEN_QUEUES_AFTER_MS = 1_000;

const log = createLog();
let cure: StreamCure | undefined;
let gateway: Gateway | undefined;
let closePorts: (() => Promise<void>) | undefined;

/** Reads settings and configuration; throws with every mistake named. The Azure services are asked in the background. */
export async function startApp(): Promise<void> {
  theCure();
  const environment = readEnvironment();
  if (!environment.ok) throw new Error(`bad app settings:\n${environment.error.join('\n')}`);
  const warn = (cause: unknown): void => log('warn', 'warm-up-failed', {}, cause);
  const ports = createAzurePorts(environment.value);
  // While these are on their way, the policies are compiled.
  ports.warmUp().catch(warn);
  const { configFolder } = environment.value;
  const config = await loadConfig({ folder: configFolder, variables: createVariables() });
  if (!config.ok) throw new Error(`bad configuration:\n${formatProblems(config.error)}`);
  const policy = createPolicyEngine(config.value);
  if (!policy.ok) throw new Error(`bad configuration:\n${formatProblems(policy.error)}`);

  const after = (delayMs: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  };
  const monotonicMs = (): number => performance.now();
  const { credential } = ports;
  const listening = createTelemetry(environment.value.telemetry, { credential, log, monotonicMs, after });
  closePorts = async () => {
    await ports.close();
    await listening.close();
  };
  gateway = createGateway(config.value, policy.value, {
    ...ports,
    publicUrl: environment.value.publicUrl,
    entra: environment.value.entra,
    lookup: (hostname) => lookup(hostname, { all: true }),
    log,
    telemetry: listening.telemetry,
    nowMs: Date.now,
    monotonicMs,
    randomBytes,
    newId: randomUUID,
    deadline: AbortSignal.timeout,
    pause: (ms, signal) => pause(ms, undefined, { signal, ref: false }).catch(() => undefined),
    after,
  });
  gateway.warmUp();
  const { openQueues } = ports;
  after(OPEN_QUEUES_AFTER_MS, () => void openQueues().catch(warn));
}

/** Closes open transcript segments and connections; the host calls it when it stops. */
export async function stopApp(): Promise<void> {
  await gateway?.close();
  await closePorts?.();
}

/** A trigger's handler over the gateway of this process. */
export function handle(answer: (gateway: Gateway, call: HttpCall) => HttpAnswer | Promise<HttpAnswer>): HttpHandler {
  return httpHandler(async (call) => {
    if (!gateway) throw new Error('a request came before the app had started');
    return answer(gateway, call);
  }, theCure());
}

/** The same for a queue's: it throws so that the message is delivered again; what the message says is not believed. */
export function handleMessage(take: (queues: QueueSide, message: unknown) => Promise<void>): ServiceBusQueueHandler {
  return async (message) => take(await queues(), message);
}

/** The same for a timer's. */
export function handleTimer(run: (queues: QueueSide) => Promise<void>): TimerHandler {
  return async () => run(await queues());
}

async function queues(): Promise<QueueSide> {
  if (!gateway) throw new Error('a trigger fired before the app had started');
  return gateway.queues();
}

function theCure(): StreamCure {
  cure ??= installStreamCure({ log });
  return cure;
}
