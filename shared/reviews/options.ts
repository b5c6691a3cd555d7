/** What reviews are made of: reports, rows, policy, blocks, and the record that comes before everything. */
import type { BlockAdministration } from '../identity/blocks/administer-blocks.ts';
import type { Log } from '../log.ts';
import type { PolicyEngine } from '../policy/engine.ts';
import type { Actor } from '../transcripts/entry.ts';
import type { BuildReport } from './build-report.ts';
import type { ReportShelf } from './report-shelf.ts';
import type { ReviewStore } from './review.ts';

export interface ReviewNote {
  readonly action:
    | 'review-open'
    | 'review-decision'
    | 'review-decision-failed'
    | 'review-sign-off'
    | 'review-sign-off-failed';
  readonly by: Actor;
  readonly detail: string;
}

export interface ReviewOptions {
  /** Names of the configured servers. */
  readonly servers: ReadonlySet<string>;
  readonly policy: Pick<PolicyEngine, 'mayDo'>;
  readonly store: ReviewStore;
  readonly shelf: ReportShelf;
  readonly build: BuildReport;
  /** Records each block before it stands, and lists them. */
  readonly blocks: Pick<BlockAdministration, 'list' | 'add' | 'remove'>;
  /** Rejects when it can't be recorded: then nothing is shown. */
  readonly recordView: (view: {
    readonly what: 'review' | 'export' | 'ask';
    readonly by: Actor;
    readonly server: string;
    readonly subject: string;
  }) => Promise<void>;
  /** Rejects when it can't be recorded: then nothing is done. */
  readonly record: (note: ReviewNote) => Promise<void>;
  /** For what was not done after all. Never rejects. */
  readonly note: (note: ReviewNote) => Promise<void>;
  /** The record form of a person's own words. */
  readonly recordForm: (text: string) => string;
  readonly nowMs: () => number;
  /** A signal that aborts after so many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
  readonly randomHex: (digits: number) => string;
  readonly log: Log;
}
