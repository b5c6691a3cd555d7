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
  /** Sealed, and gone since its retention class lets go of it. */
  | 'expired'
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
  /** Of the lines, those that no seal covers: missing where nothing was compared with seals. */
  readonly unsealedLines?: number;
  readonly fault?: Fault;
  /** Why it could not be read. */
  readonly error?: unknown;
}

export interface VerifyReport {
  readonly state: 'intact' | 'tampered' | 'unreadable' | 'empty';
  readonly totals: Readonly<Record<SegmentState, number>> & {
    /** Without the expired ones. */
    readonly segments: number;
    readonly lines: number;
    readonly bytes: number;
    readonly sideBlobs: number;
    /** What only its writer's signature covers. */
    readonly unsealedSegments: number;
    readonly unsealedLines: number;
  };
  readonly seals: SealsReport;
  readonly assurance: Assurance;
}

export interface SealsReport {
  readonly state: 'intact' | 'tampered' | 'none';
  /** Of the chain as it stands; missing where there is none. */
  readonly first?: SealInfo;
  readonly last?: SealInfo;
  /** Days whose manifest was compared with the seals. */
  readonly manifests: number;
  /** Segments in scope that seals name. */
  readonly segments: number;
  /** Numbers of seals that the auditor kept, and that stand unchanged. */
  readonly anchors: readonly number[];
  /** The first hundred. */
  readonly faults: readonly SealFault[];
}

export interface SealInfo {
  readonly number: number;
  readonly sha256: string;
  readonly time: string;
}

export interface SealFault {
  readonly code:
    | 'seal-missing'
    | 'seal-invalid'
    | 'seal-unlinked'
    | 'seal-contradicted'
    | 'manifest-missing'
    | 'manifest-invalid'
    | 'manifest-differs'
    | 'anchor-differs';
  readonly number?: number;
  /** Of a manifest: `yyyy/mm/dd`. */
  readonly day?: string;
  readonly detail: string;
}

export interface Assurance {
  /** The strongest that was shown; `none` where anything is tampered or unreadable, or nothing was found. */
  readonly level: 'anchored' | 'worm-locked' | 'self-consistent' | 'none';
  readonly covers: readonly string[];
  readonly doesNotCover: readonly string[];
}
