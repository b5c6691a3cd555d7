/**
 * Where built reports stand: the bytes under their digest, a row that says which period they are of. What comes back is
 * checked against the digest that it was asked by, so a changed blob is no report.
 */
import { freezeReport, hashOf } from './digest.ts';
import { type ReviewReport, reportSchema } from './report.ts';
import type { BuiltReport, ReportBlobs, ReviewStore } from './review.ts';

export interface ReportShelf {
  /** Resolves once it is kept. */
  put(report: ReviewReport): Promise<BuiltReport>;
  /** Undefined where nothing was built, or not of this period. Rejects when what stands there is not what was built. */
  find(
    server: string,
    period?: Pick<BuiltReport, 'sinceMs' | 'untilMs'>,
  ): Promise<{ readonly built: BuiltReport; readonly report: ReviewReport } | undefined>;
  read(digest: string): Promise<ReviewReport>;
}

export function createReportShelf({
  store,
  blobs,
}: {
  readonly store: ReviewStore;
  readonly blobs: ReportBlobs;
}): ReportShelf {
  async function read(digest: string): Promise<ReviewReport> {
    const bytes = await blobs.get(digest);
    if (bytes === undefined) throw new Error(`the report ${digest} is gone`);
    if (hashOf(bytes) !== digest) throw new Error(`what stands under ${digest} is another report`);
    return reportSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  }

  return {
    read,
    async put(report) {
      const { digest, bytes } = freezeReport(report);
      await blobs.put(digest, bytes);
      const built: BuiltReport = {
        server: report.server,
        sinceMs: Date.parse(report.since),
        untilMs: Date.parse(report.until),
        builtMs: Date.parse(report.built),
        report: digest,
        answer: report.answer.kind,
      };
      await store.putBuilt(built);
      return built;
    },
    async find(server, period) {
      const built = await store.readBuilt(server, period);
      return built && { built, report: await read(built.report) };
    },
  };
}
