/**
 * What the gateway needs from outside: Azure services behind narrow ports, the clock, randomness and the network.
 * `shared/azure/app` gives the real ones.
 */
import type { ApprovalStore } from '../approvals/approval-store.ts';
import type { MessageQueue } from '../approvals/message-queue.ts';
import type { CardPoster } from '../approvals/notify.ts';
import type { GuestSource, ReplayMarks } from '../approvals/replies/replies.ts';
import type { SealedBlobs } from '../approvals/sealed-store.ts';
import type { SecretSource } from '../credentials/broker.ts';
import type { KeptSecret } from '../credentials/kept-secret.ts';
import type { DriftStore } from '../drift/drift-store.ts';
import type { BlockStore } from '../identity/blocks/block.ts';
import type { GroupSource } from '../identity/groups.ts';
import type { CodeFlow } from '../identity/web-sign-in.ts';
import type { KeyringStore, KeyWrapper } from '../keys/master.ts';
import type { RateStore } from '../limits/rate-store.ts';
import type { Log } from '../log.ts';
import type { Lookup } from '../mcp/guarded-connect.ts';
import type { GroupMembers } from '../reviews/entitlements.ts';
import type { ReportBlobs, ReviewStore } from '../reviews/review.ts';
import type { SessionIndex } from '../sessions/session-index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { BlobRemover, SealStore } from '../transcripts/seals/seal-store.ts';
import type { SegmentStore, TranscriptReader } from '../transcripts/segment-store.ts';
import type { EndorsingKey } from '../transcripts/verify-genesis.ts';
import type { Endorser } from '../transcripts/writer.ts';

export interface GatewayPorts {
  /** Origin at which agents reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  readonly entra: {
    readonly tenantId: string;
    readonly clientId: string;
    readonly v1Issuer: string;
    readonly v2Issuer: string;
    readonly keysUrl: string;
  };
  /** Asked for the groups of those whose token left them out; the gateway caches what it says. */
  readonly groups: GroupSource;
  /** Asked by reviews for everybody who is in a group. */
  readonly groupMembers: GroupMembers;
  readonly reviewStore: ReviewStore;
  readonly reportBlobs: ReportBlobs;
  readonly keyringStore: KeyringStore;
  readonly keyWrapper: KeyWrapper;
  readonly endorser: Endorser;
  readonly segments: SegmentStore;
  /** What stands in the transcripts' account, seals included. */
  readonly transcripts: TranscriptReader;
  readonly seals: SealStore;
  readonly blobRemover: BlobRemover;
  /** Filled by the sealer, asked by who looks for sessions. */
  readonly sessionIndex: SessionIndex;
  /** The public keys of the vault's key that signs seals and endorses writers. */
  readonly endorsingKey: EndorsingKey;
  readonly secrets: SecretSource;
  readonly blockStore: BlockStore;
  readonly driftStore: DriftStore;
  readonly rateStore: RateStore;
  readonly approvalStore: ApprovalStore;
  readonly sealedBlobs: SealedBlobs;
  readonly queue: MessageQueue;
  /** For who asks how the gateway is: each rejects when it can't be reached, or not as the gateway needs it. */
  readonly reach: {
    /** Reads the key that signs seals. */
    readonly sealKey: () => Promise<void>;
    /** Opens a link to each queue, as a message would, and sends none. */
    readonly queues: () => Promise<void>;
  };
  /** Given the workflow's URL as the vault keeps it; where no Teams channel is configured, not asked for. */
  readonly createCardPoster: (url: KeptSecret) => CardPoster;
  readonly replayMarks: ReplayMarks & {
    /** Removes what may be forgotten by then; gives how many. */
    forget(nowMs: number): Promise<number>;
  };
  readonly guests: GuestSource;
  /** The authority's side of people's sign-in. */
  readonly codeFlow: CodeFlow;
  /** Resolves upstreams' host names. */
  readonly lookup: Lookup;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Unique; names a call. */
  readonly newId: () => string;
  readonly deadline: (ms: number) => AbortSignal;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Runs something once, later; returns how to cancel it. Does not keep the process alive. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}
