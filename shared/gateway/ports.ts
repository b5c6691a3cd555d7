/**
 * What the gateway needs from outside: Azure services behind narrow ports, the clock, randomness and the network.
 * `shared/azure/app` gives the real ones.
 */
import type { SecretSource } from '../credentials/broker.ts';
import type { DriftStore } from '../drift/drift-store.ts';
import type { GroupSource } from '../identity/groups.ts';
import type { KeyringStore, KeyWrapper } from '../keys/master.ts';
import type { RateStore } from '../limits/rate-store.ts';
import type { Log } from '../log.ts';
import type { Lookup } from '../mcp/guarded-connect.ts';
import type { SegmentStore } from '../transcripts/segment-store.ts';
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
  readonly keyringStore: KeyringStore;
  readonly keyWrapper: KeyWrapper;
  readonly endorser: Endorser;
  readonly segments: SegmentStore;
  readonly secrets: SecretSource;
  readonly driftStore: DriftStore;
  readonly rateStore: RateStore;
  /** Resolves upstreams' host names. */
  readonly lookup: Lookup;
  readonly log: Log;
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
