/**
 * What a held call costs in operations, by stage: requests to tables and blobs counted by a proxy before each, messages
 * by the Service Bus stand-in. The polls that run whether or not anybody calls are left out.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startFunctionHost } from '../../infra/local/function-host/start.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { startRecordingUpstream } from '../flows/support/recording-upstream.ts';
import { type NameRequest, startStorageCounter } from './count-storage.ts';
import { createHeldCalls, type Held, type HeldCalls } from './held-calls.ts';

type Stage = 'hold' | 'decide' | 'apply, release' | 'collect';

/** By operation and stage, per call; stages in which it does not occur are left out. */
export type OperationFigures = Readonly<Record<string, Readonly<Partial<Record<Stage, number>>>>>;

type Counts = ReadonlyMap<string, number>;

const CALLS = 20;
/** What runs after an answer (cards, messages settled, the index) has ended by then. */
const QUIET_MS = 1_500;
/** It looks at everything once a minute, whoever calls. */
const NO_SWEEP = { 'AzureWebJobs.sweep-approvals.Disabled': 'true' };
/** Tables that are polled or flushed by the clock. */
const BACKGROUND = /^table \S+ (?:blocks|drift|limits|keyring)/;

export async function countOperations(appDir: string, configDir: string): Promise<OperationFigures> {
  const upstream = await startRecordingUpstream();
  const stack = await startStack({
    appDir,
    configDir,
    port: 0,
    instances: 1,
    gateway: false,
    env: { CRM_URL: upstream.url },
  });
  const { azurite } = stack;
  const [blobs, tables] = await Promise.all([
    startStorageCounter(new URL(azurite.blobUrl).origin, nameBlobRequest),
    startStorageCounter(new URL(azurite.tableUrl).origin, nameTableRequest),
  ]);
  const counted = azurite.connectionString
    .replace(azurite.blobUrl, `${blobs.url}/devstoreaccount1`)
    .replace(azurite.tableUrl, `${tables.url}/devstoreaccount1`);
  const messages = countMessages(stack);
  const sources = [blobs.counts, tables.counts, messages];

  /** Operations of `work`, and of what it sets off. */
  async function count(work: () => Promise<unknown>): Promise<Counts> {
    await pause(QUIET_MS);
    for (const counts of sources) counts.clear();
    await work();
    await pause(QUIET_MS);
    return new Map(sources.flatMap((counts) => [...counts]));
  }

  async function withGateway<T>(
    env: Readonly<Record<string, string>>,
    work: (calls: HeldCalls) => Promise<T>,
  ): Promise<T> {
    const settings = {
      ...stack.appEnvironment,
      TRANSCRIPTS_STORAGE: counted,
      STATE_STORAGE: counted,
      ...NO_SWEEP,
      ...env,
    };
    const host = await startFunctionHost({ appDir, port: stack.port, instances: 1, env: settings });
    try {
      return await work(await createHeldCalls(stack, upstream));
    } finally {
      await host.stop();
    }
  }

  try {
    const whole = await withGateway({}, async (calls) => {
      const warm = await calls.hold('P-W');
      await calls.approve(warm, await calls.evidenceOf(warm));
      await calls.awaitAnswer(warm);
      const held = await holdAll(calls, 'P-A');
      const run = await count(() => approveAll(calls, held));
      const collect = await count(() => oneByOne(held, ({ held: one }) => calls.collect(one)));
      return { run, collect };
    });
    // Nobody applies what is decided here: what is left is the decision alone.
    const alone = await withGateway({ 'AzureWebJobs.approver.Disabled': 'true' }, async (calls) => {
      await calls.hold('P-V');
      const hold = await count(() => oneByOne(range('P-B'), (payment) => calls.hold(payment)));
      const held = await holdAll(calls, 'P-B');
      const decide = await count(() => approveAll(calls, held));
      return { hold, decide };
    });
    return tabulate({
      hold: alone.hold,
      decide: alone.decide,
      'apply, release': minus(whole.run, alone.decide),
      collect: whole.collect,
    });
  } finally {
    await Promise.all([blobs.stop(), tables.stop()]);
    await stack.stop();
    await upstream.stop();
  }
}

interface Ready {
  readonly held: Held;
  readonly evidence: string;
}

/** Calls that were held before are joined: their ids are the same. */
function holdAll(calls: HeldCalls, series: string): Promise<Ready[]> {
  return oneByOne(range(series), async (payment) => {
    const held = await calls.hold(payment);
    return { held, evidence: await calls.evidenceOf(held) };
  });
}

function approveAll(calls: HeldCalls, all: readonly Ready[]): Promise<unknown> {
  return oneByOne(all, ({ held, evidence }) => calls.approve(held, evidence));
}

function range(series: string): string[] {
  return Array.from({ length: CALLS }, (_, index) => `${series}${index}`);
}

/** With a pause, so that what one sets off shares no append with the next. */
async function oneByOne<In, Out>(all: readonly In[], work: (one: In) => Promise<Out>): Promise<Out[]> {
  const done: Out[] = [];
  for (const one of all) {
    done.push(await work(one));
    await pause(100);
  }
  return done;
}

function countMessages({ serviceBus }: Stack): Map<string, number> {
  const counts = new Map<string, number>();
  serviceBus.faults.watch((operation, queue) => {
    const kind = `queue ${operation} ${queue}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return undefined;
  });
  return counts;
}

const nameBlobRequest: NameRequest = (method, { pathname, searchParams }) => {
  const container = pathname.split('/')[2] ?? '';
  return `blob ${method} ${container} ${searchParams.get('comp') ?? ''}`.trim();
};

const nameTableRequest: NameRequest = (method, { pathname }) => {
  const [, table = '', keys = ''] = /^\/[^/]+\/(\$batch|[A-Za-z]+)(\(.*\))?/.exec(decodeURIComponent(pathname)) ?? [];
  return `table ${method} ${table}${keys === '()' ? ' (list)' : ''}`;
};

function minus(whole: Counts, part: Counts): Counts {
  return new Map([...whole].map(([kind, count]) => [kind, count - (part.get(kind) ?? 0)]));
}

function tabulate(stages: Readonly<Record<Stage, Counts>>): OperationFigures {
  const kinds = new Set(Object.values(stages).flatMap((counts) => [...counts.keys()]));
  const rows = [...kinds].filter((kind) => !BACKGROUND.test(kind)).sort();
  const perCall = (kind: string) =>
    Object.entries(stages).flatMap(([stage, counts]) => {
      const each = Math.round(((counts.get(kind) ?? 0) / CALLS) * 100) / 100;
      return each === 0 ? [] : [[stage, each]];
    });
  return Object.fromEntries(rows.map((kind) => [kind, Object.fromEntries(perCall(kind))]));
}
