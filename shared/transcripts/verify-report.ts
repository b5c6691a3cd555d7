/**
 * What `verify` found, and what that is worth (DESIGN §6). It claims no more than was derived from the bytes:
 * the assurance says in plain words what nobody has checked.
 */

export type SegmentState =
  /** From genesis to close, every line, signature and side blob as its writer left it. */
  | 'intact-closed'
  /** As its writer left it, but without a close record: still being written, its writer died, or its end was cut off. */
  | 'open-or-cut-off'
  | 'tampered'
  /** Storage or the vault could not be read: nothing is known. */
  | 'unreadable';

export type FaultCode =
  | 'malformed-line'
  | 'unended-line'
  | 'genesis-missing'
  | 'genesis-misplaced'
  | 'genesis-elsewhere'
  | 'key-unknown'
  | 'endorsement-invalid'
  | 'segment-mismatch'
  | 'sequence-broken'
  | 'chain-broken'
  | 'signature-invalid'
  | 'end-unsigned'
  | 'close-unsigned'
  | 'after-close'
  | 'side-blob-missing'
  | 'side-blob-changed'
  | 'foreign-blob'
  | 'segment-missing'
  | 'shorter-than-sealed'
  | 'head-differs'
  | 'sealed-as-bad'
  | 'not-in-manifest';

/** The first bad record of a segment. */
export interface Fault {
  readonly code: FaultCode;
  /** Where in the chain; missing for a blob that is no segment at all. */
  readonly seq?: number;
  /** Of the line's first byte in the blob. */
  readonly offset?: number;
  /** For people; quotes no content. */
  readonly detail: string;
}

export interface SegmentReport {
  readonly container: string;
  readonly segment: string;
  readonly state: SegmentState;
  /** Lines that hold and that a signature covers, from the first on: all of them where nothing is wrong. */
  readonly lines: number;
  readonly bytes: number;
  /** SHA-256 of the last of these lines; zeros where there is none. */
  readonly head: string;
  readonly sideBlobs: number;
  readonly fault?: Fault;
  /** Why it could not be read. */
  readonly error?: unknown;
}

export interface VerifyReport {
  readonly state: 'intact' | 'tampered' | 'unreadable' | 'empty';
  readonly totals: Readonly<Record<SegmentState, number>> & {
    readonly segments: number;
    readonly lines: number;
    readonly bytes: number;
    readonly sideBlobs: number;
  };
  readonly assurance: Assurance;
}

export interface Assurance {
  /** `none` where anything is tampered or unreadable, or nothing was found. */
  readonly level: 'self-consistent' | 'none';
  readonly covers: readonly string[];
  readonly doesNotCover: readonly string[];
}

const covers = [
  'each line follows the one before it, by the hash of its bytes',
  'each append is signed by its writer, and each writer endorsed by the Key Vault key',
  'large content stands in side blobs as it was recorded',
];

const doesNotCover = [
  'removal of a whole segment: no seal names the segments that must be there',
  'removal of whole appends from the end of a segment: without a seal it looks like one that is still open',
  'what the writer itself recorded: records are as true as the process that signed them',
];

/** Adds up reports as they come, so that none has to be kept. */
export function createTally(): { add(report: SegmentReport): void; result(): VerifyReport } {
  const states: Record<SegmentState, number> = {
    'intact-closed': 0,
    'open-or-cut-off': 0,
    tampered: 0,
    unreadable: 0,
  };
  const sums = { segments: 0, lines: 0, bytes: 0, sideBlobs: 0 };

  const overall = (): VerifyReport['state'] => {
    if (states.tampered > 0) return 'tampered';
    if (states.unreadable > 0) return 'unreadable';
    return sums.segments > 0 ? 'intact' : 'empty';
  };

  return {
    add(report) {
      states[report.state] += 1;
      sums.segments += 1;
      sums.lines += report.lines;
      sums.bytes += report.bytes;
      sums.sideBlobs += report.sideBlobs;
    },
    result() {
      const state = overall();
      const isIntact = state === 'intact';
      return {
        state,
        totals: { ...states, ...sums },
        assurance: { level: isIntact ? 'self-consistent' : 'none', covers: isIntact ? covers : [], doesNotCover },
      };
    },
  };
}
