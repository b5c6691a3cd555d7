/** Builds a review's report: reads the period, then asks who could and who is blocked. Memory as its parts say. */

import type { Block } from '../identity/blocks/block.ts';
import type { Log } from '../log.ts';
import { type EntitlementOptions, findEntitlements } from './entitlements.ts';
import { makeReport } from './make-report.ts';
import { type Period, type PeriodSource, readPeriod } from './read-period.ts';
import type { ReviewReport } from './report.ts';
import { createPeriodTally } from './tally-period.ts';

export interface BuildOptions extends Omit<PeriodSource, 'nowMs' | 'signal'>, Omit<EntitlementOptions, 'nowMs'> {
  readonly nowMs: () => number;
  /** Rejects when they can't be read. */
  readonly listBlocks: () => Promise<readonly Block[]>;
  readonly log: Log;
}

export type BuildReport = (period: Period, signal?: AbortSignal) => Promise<ReviewReport>;

/** Agents through which policies are asked; more make no difference that a person could see. */
const MOST_AGENTS = 20;

/** Rejects as `readPeriod` does. */
export function createBuilder(options: BuildOptions): BuildReport {
  const { nowMs, listBlocks, log } = options;
  return async (period, signal) => {
    const builtMs = nowMs();
    const tally = createPeriodTally();
    const reading = readPeriod({ ...options, nowMs: builtMs, ...(signal && { signal }) }, period, tally.take);
    const [proof, blocks] = await Promise.all([
      reading,
      listBlocks().catch((cause: unknown) => {
        log('warn', 'review-without-blocks', { server: period.server }, cause);
        return undefined;
      }),
    ]);
    const counted = tally.result();
    const people = [...counted.people.values()];
    const agents = new Map(
      people.flatMap(({ did }) => did.agents).map(({ id, name }) => [id, { id, ...(name !== undefined && { name }) }]),
    );
    const entitlements = await findEntitlements({ ...options, nowMs: builtMs }, period.server, {
      principals: people.map(({ principal }) => principal),
      agents: [...agents.values()].filter(({ id }) => id !== '(other)').slice(0, MOST_AGENTS),
    });
    if (!entitlements.isKnown) log('warn', 'review-without-directory', { server: period.server });
    return makeReport({ period, builtMs, tally: counted, proof, entitlements, blocks });
  };
}
