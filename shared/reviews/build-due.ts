/**
 * What the timer builds (DESIGN §3): what somebody asked for and did not get within their request, and once a day for
 * each server the last thirty days, so that a page opens at once. One after the other, each within a limit of its own:
 * reading a period costs memory by people and tools, and the same instance serves agents meanwhile.
 */
import type { Log } from '../log.ts';
import type { BuildReport } from './build-report.ts';
import type { ReportShelf } from './report-shelf.ts';
import type { ReviewStore } from './review.ts';

export interface DueOptions {
  readonly servers: ReadonlySet<string>;
  readonly store: ReviewStore;
  readonly shelf: ReportShelf;
  readonly build: BuildReport;
  readonly nowMs: () => number;
  readonly deadline: (ms: number) => AbortSignal;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
const PERIOD_MS = 30 * DAY_MS;
/** Below the half hour that a function may take. */
const BUILD_MS = 20 * 60_000;
/** An order that could not be built for so long is given up: the log says why. */
const ORDER_MS = DAY_MS;

/** Rejects when the store can't be read; one that can't be built is logged, and comes again. */
export async function buildDue(options: DueOptions): Promise<void> {
  const { servers, store, shelf, build, nowMs, deadline, log } = options;

  async function buildOne(server: string, sinceMs: number, untilMs: number): Promise<boolean> {
    try {
      const report = await build({ server, sinceMs, untilMs }, deadline(BUILD_MS));
      await shelf.put(report);
      log('info', 'review-built', { server, calls: report.totals.calls, answer: report.answer.kind });
      return true;
    } catch (cause) {
      log('error', 'review-not-built', { server, sinceMs, untilMs }, cause);
      return false;
    }
  }

  for (const order of await store.listOrders()) {
    const isOurs = servers.has(order.server);
    const isBuilt = isOurs && (await buildOne(order.server, order.sinceMs, order.untilMs));
    if (isBuilt || !isOurs || nowMs() - order.orderedMs > ORDER_MS) await store.removeOrder(order);
  }
  for (const server of servers) {
    const latest = await store.readBuilt(server);
    const untilMs = nowMs();
    if (latest === undefined || untilMs - latest.builtMs >= DAY_MS)
      await buildOne(server, untilMs - PERIOD_MS, untilMs);
  }
}
