/**
 * What the life of a call needs (DESIGN §2), as narrow ports; `shared/gateway` wires them.
 * One value for the whole process: nothing here is made per call.
 */
import type { ApprovalParts } from '../approvals/parts.ts';
import type { CredentialBroker } from '../credentials/broker.ts';
import type { Caller } from '../identity/caller.ts';
import type { KeySource } from '../identity/key-source.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { Bridge } from '../mcp/bridge/create-bridge.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { Result } from '../result.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ToolDrift } from './tool-drift.ts';

/** A refused token: the generic answer for the caller, the true reason for the transcript. */
export interface Unauthenticated {
  readonly code: string;
  readonly detail: string;
  readonly answer: HttpAnswer;
  /** Of a token that is good, and whose holder is kept out all the same. */
  readonly caller?: Caller;
}

export interface Authenticator {
  /** Never rejects: an outage of the key server is an `Unauthenticated` with a 503. */
  authenticate(authorization: string | null, server: string): Promise<Result<Caller, Unauthenticated>>;
}

export interface GroupResolver {
  /** Names of `gateway.yaml`'s groups that the caller is in, or why nobody can say. */
  resolve(caller: Caller): Promise<Result<readonly string[], { readonly code: string; readonly detail: string }>>;
}

export interface CallParts extends ApprovalParts {
  readonly authenticator: Authenticator;
  /** The tenant's, kept once for every door. */
  readonly signingKeys: KeySource;
  readonly groups: GroupResolver;
  readonly credentials: CredentialBroker;
  readonly drift: ToolDrift;
  readonly limiter: Limiter;
  readonly bridge: Bridge;
  readonly telemetry: Telemetry;
  /** Host names that this gateway answers to, lower case, without port. */
  readonly hosts: ReadonlySet<string>;
  readonly newId: () => string;
  /** A signal that aborts after so many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}
