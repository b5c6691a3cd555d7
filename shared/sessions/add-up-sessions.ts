/** What many sessions of a server come to, as their summaries have it: for an overview, never for an answer. */
import type { Exposure } from '../masking/masker.ts';
import type { SessionSummary } from './session-summary.ts';
import { sumExposure } from './sum-exposure.ts';

export interface SessionTotals {
  /** Those in which somebody called something. */
  readonly sessions: number;
  readonly calls: number;
  /** Delivered to callers. */
  readonly exposure: readonly Exposure[];
  /** There were more than the limit: the newest are added up. */
  readonly isPartial: boolean;
}

/** Rejects when the index can't be read. */
export async function addUpSessions(summaries: AsyncIterable<SessionSummary>, limit: number): Promise<SessionTotals> {
  let exposure: readonly Exposure[] = [];
  let [sessions, calls, seen] = [0, 0, 0];
  for await (const summary of summaries) {
    seen += 1;
    if (seen > limit) return { sessions, calls, exposure, isPartial: true };
    const { allow, hold, deny } = summary.counts;
    // Others hold who looked, or what became of an approval.
    if (allow + hold + deny === 0 && summary.exposure.length === 0) continue;
    sessions += 1;
    calls += allow + hold + deny;
    exposure = sumExposure(exposure, summary.exposure);
  }
  return { sessions, calls, exposure, isPartial: false };
}
