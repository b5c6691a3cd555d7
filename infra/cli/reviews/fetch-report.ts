/** A report from a gateway: built within the request, or by its timer, for which this waits. */
import { setTimeout as pause } from 'node:timers/promises';
import { orderedSchema, reportViewSchema } from '../../../shared/api/routes/review-schemas.ts';
import type { Period } from '../../../shared/reviews/read-period.ts';
import type { ReviewReport } from '../../../shared/reviews/report.ts';
import type { ApiClient } from '../api-client.ts';
import { CommandFailure, CommandRefusal } from '../outcome.ts';

const ASK_EVERY_MS = 15_000;
/** The timer comes every five minutes, and builds for twenty at most. */
const PATIENCE_MS = 26 * 60_000;

export async function fetchReport(
  api: ApiClient,
  { server, sinceMs, untilMs }: Period,
  as: 'review' | 'export',
): Promise<ReviewReport> {
  const span = { since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() };
  const path = `/api/reviews/${server}`;
  const built = await api.ask({
    method: 'POST',
    path: `${path}/build`,
    body: span,
    schema: reportViewSchema.or(orderedSchema),
  });
  const read = () => api.ask({ path: `${path}?${new URLSearchParams({ ...span, as })}`, schema: reportViewSchema });
  // Built is on record as a look; an export is one of its own.
  if ('report' in built) return as === 'review' ? built.report : (await read()).report;
  console.error('the period is long: the gateway builds it in the background');
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += ASK_EVERY_MS) {
    await pause(ASK_EVERY_MS);
    try {
      return (await read()).report;
    } catch (cause) {
      // Not built yet.
      if (!(cause instanceof CommandRefusal)) throw cause;
    }
  }
  throw new CommandFailure('it was not built in time: the gateway’s log has the reason');
}
