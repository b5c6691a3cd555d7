/**
 * What the approvals need, as narrow ports; `shared/gateway` wires them. One value for the whole process.
 */
import type { Config } from '../config/config.ts';
import type { Blocks } from '../identity/blocks/blocks.ts';
import type { Principal } from '../identity/caller.ts';
import type { GroupFailure } from '../identity/groups.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Log } from '../log.ts';
import type { Masker } from '../masking/masker.ts';
import type { PolicyEngine } from '../policy/engine.ts';
import type { Result } from '../result.ts';
import type { Recorder } from '../transcripts/entry.ts';
import type { ApprovalStore } from './approval-store.ts';
import type { MessageQueue } from './message-queue.ts';
import type { SealedStore } from './sealed-store.ts';

/** Asked of Microsoft Graph each time: what a token said an hour ago decides nothing later. */
export interface Memberships {
  /** Names of `gateway.yaml`'s groups. Never rejects. */
  groupsOf(principal: Principal): Promise<Result<readonly string[], GroupFailure>>;
}

export interface ApprovalParts {
  readonly config: Config;
  readonly keyring: Keyring;
  readonly policy: PolicyEngine;
  readonly recorder: Recorder;
  readonly masker: Masker;
  readonly approvals: ApprovalStore;
  readonly queue: MessageQueue;
  readonly sealed: SealedStore;
  readonly memberships: Memberships;
  readonly blocks: Blocks;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** So many random hex digits: attempt ids and nonces. */
export function randomHex({ randomBytes }: Pick<ApprovalParts, 'randomBytes'>, digits: number): string {
  return Buffer.from(randomBytes(digits / 2)).toString('hex');
}
