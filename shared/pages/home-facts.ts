/** What somebody finds at home: their own of everything, and nothing of what is not theirs. */
import type { ApprovalSummary, Person } from '../approvals/inbox.ts';
import type { Exposure } from '../masking/masker.ts';

/** Something that could not be found out just now: the page says so, and shows the rest. */
export type Known<T> = T | 'unavailable';

export interface HomeFacts {
  readonly waiting: Known<{
    /** The oldest few. */
    readonly approvals: readonly ApprovalSummary[];
    readonly total: number;
  }>;
  /** For who audits or administers the gateway's own records; `none`: nothing is sealed yet. */
  readonly seal?: Known<SealFacts | 'none'>;
  /** For who audits: one entry a server. */
  readonly week?: Known<readonly ServerWeek[]>;
  /** For who audits or administers: requests that need a person. */
  readonly attention?: Known<number>;
  /** For who administers the gateway: blocks in force. */
  readonly blocks?: Known<number>;
}

export interface SealFacts {
  readonly number: number;
  readonly timeMs: number;
  /** Its signature and its link to the seal before it hold. */
  readonly verifies: boolean;
  /** Segments that changed and were not in it yet. */
  readonly left: number;
}

/** The last seven days of one server, as far as its records are sealed. */
export interface ServerWeek {
  readonly server: string;
  readonly sessions: number;
  readonly calls: number;
  readonly exposure: readonly Exposure[];
  /** There were more sessions than were added up. */
  readonly isPartial: boolean;
}

/** Rejects when what it is going to tell can't be recorded as seen. */
export type Home = (person: Person) => Promise<HomeFacts>;
