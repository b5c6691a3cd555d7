/** A thousand requests pending at once: what they cost in memory, what a list takes, and how long the sweep looks at them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Stack } from '../../infra/local/stack.ts';
import type { HeldCalls } from './held-calls.ts';
import { type Spread, spreadOf } from './quantile.ts';
import { residentMb } from './resident.ts';

export interface BacklogFigures {
  readonly pending: number;
  readonly heldPerSecond: number;
  readonly memoryBeforeMb: number | undefined;
  readonly memoryAfterMb: number | undefined;
  readonly apiList: Spread;
  readonly page: Spread;
  /** From the full minute until its log line; undefined where none came. */
  readonly sweepMs: number | undefined;
  readonly swept: number | undefined;
}

const PENDING = 1_000;
const AT_ONCE = 16;
const LISTS = 20;
const SWEEP_PATIENCE_MS = 150_000;

/** `log`: of the gateway, read as it grows. */
export async function measureBacklog(stack: Stack, calls: HeldCalls, log: readonly string[]): Promise<BacklogFigures> {
  const memoryBeforeMb = await residentMb(stack.gateway?.pids[0]);
  const beganMs = performance.now();
  const payments = Array.from({ length: PENDING }, (_, index) => `P-Q${index}`).values();
  const worker = async (): Promise<void> => {
    for (const payment of payments) await calls.hold(payment);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const heldPerSecond = Math.round(PENDING / ((performance.now() - beganMs) / 1_000));
  // Their cards are posted by then, or at least on their way one by one.
  await pause(5_000);
  const memoryAfterMb = await residentMb(stack.gateway?.pids[0]);

  const apiList = await time(() => calls.get('/api/approvals'));
  const cookie = await signIn(stack);
  const page = await time(async () => {
    const text = await (await fetch(`${stack.url}/ui/approvals`, { headers: { cookie } })).text();
    if (!text.includes('refund_payment')) throw new Error(`not the list: ${text.slice(0, 300)}`);
  });
  const sweep = await findSweep(log);
  return {
    pending: PENDING,
    heldPerSecond,
    memoryBeforeMb,
    memoryAfterMb,
    apiList,
    page,
    sweepMs: sweep?.ms,
    swept: sweep?.looked,
  };
}

async function time(work: () => Promise<unknown>): Promise<Spread> {
  await work();
  const timings: number[] = [];
  for (let round = 0; round < LISTS; round += 1) {
    const startedMs = performance.now();
    await work();
    timings.push(performance.now() - startedMs);
  }
  return spreadOf(timings);
}

/** As a browser goes, bob being picked on the sign-in page: the session's cookies. */
async function signIn({ url }: Stack): Promise<string> {
  const jar = new Map<string, string>();
  let next = `${url}/ui/sign-in?return=/ui/approvals`;
  for (let hop = 0; hop < 6; hop += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const isOurs = next.startsWith(url);
    const response = await fetch(next, { redirect: 'manual', headers: isOurs ? { cookie } : {} });
    await response.text();
    for (const [name = '', value = ''] of response.headers
      .getSetCookie()
      .map((line) => (line.split(';')[0] ?? '').split(/=(.*)/s))) {
      if (isOurs) jar.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) break;
    next = new URL(location, next).href;
    if (next.includes('/oauth2/v2.0/authorize')) next += '&user=bob';
  }
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}

/** The next sweep over all of them. It runs at each full minute, and says when it is done. */
async function findSweep(
  log: readonly string[],
): Promise<{ readonly ms: number; readonly looked: number } | undefined> {
  const from = log.length;
  const deadlineMs = performance.now() + SWEEP_PATIENCE_MS;
  while (performance.now() < deadlineMs) {
    for (const line of log.slice(from)) {
      const [, at = '', looked = ''] = /"time":"([^"]+)".*"approvals-swept","looked":(\d+)/.exec(line) ?? [];
      if (Number(looked) >= PENDING) return { ms: Date.parse(at) % 60_000, looked: Number(looked) };
    }
    await pause(200);
  }
  return undefined;
}
