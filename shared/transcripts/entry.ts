/**
 * What the life of a call tells the transcript (DESIGN §6): entries in record form, and the port that makes them durable.
 * An entry never holds an unmasked value or a secret; whoever builds one masks first.
 */
import type { Agent, Principal } from '../identity/caller.ts';
import type { Json } from '../json/value.ts';
import type { Exposure } from '../masking/masker.ts';

/** Where an entry goes. `id` is a keyed hash (`Keyring.name('session-id', …)`), `server` an allow-listed name or `_gateway`. */
export interface SessionRef {
  readonly id: string;
  readonly server: string;
  /** Retention class, names the container. */
  readonly retention: string;
}

export interface CallFacts {
  readonly id: string;
  readonly tenant: string;
  readonly principal: Principal;
  readonly agent: Agent;
  readonly tokenId: string;
  readonly address: string;
  readonly era: 'modern' | 'legacy';
  readonly method: string;
  /** Tool name, resource URI or prompt name, where the method has one. */
  readonly target?: string;
}

export interface DecisionFacts {
  readonly verdict: 'allow' | 'hold' | 'deny';
  readonly code?: string;
  readonly policies: readonly string[];
  readonly quorums?: readonly string[];
  readonly reasons?: readonly string[];
  readonly detail?: string;
}

export type OutcomeStatus =
  /** The upstream answered with a result. */
  | 'answered'
  /** The upstream answered with a JSON-RPC error or a tool result `isError`. */
  | 'error'
  /** The upstream could not be reached, or broke the protocol; nothing of it was delivered. */
  | 'failed'
  /** It answered and we did not deliver it (masking failed, limit, record). */
  | 'withheld'
  /** Sent, and nobody knows what became of it. */
  | 'unknown'
  /** The client went away before the answer. */
  | 'abandoned';

export type Entry =
  | {
      readonly kind: 'intent';
      readonly call: CallFacts;
      readonly decision: DecisionFacts;
      /** The approval under which a held call is released. */
      readonly approval?: string;
      /** The agent's own words (`sallyport_justification`), masked. */
      readonly justification?: string;
      readonly request: Json;
    }
  | {
      readonly kind: 'event';
      readonly callId: string;
      readonly message: Json;
      readonly exposure: readonly Exposure[];
    }
  | {
      readonly kind: 'outcome';
      readonly callId: string;
      readonly status: OutcomeStatus;
      readonly httpStatus?: number;
      /** Key Vault secret name and version id; never the value. */
      readonly credential?: { readonly secret: string; readonly version: string };
      readonly durationMs: number;
      readonly message?: Json;
      readonly exposure: readonly Exposure[];
      readonly error?: { readonly code: string; readonly detail: string };
    }
  | {
      /** A call that went nowhere: by policy, or before it could become a call. */
      readonly kind: 'refusal';
      readonly stage: 'http' | 'authenticate' | 'read' | 'groups' | 'decide';
      readonly code: string;
      readonly detail: string;
      readonly call?: CallFacts;
      readonly decision?: DecisionFacts;
      readonly justification?: string;
      readonly request?: Json;
      readonly address: string;
    }
  | {
      /** Something happened to an approval (DESIGN §5). */
      readonly kind: 'approval';
      readonly approval: string;
      readonly event: ApprovalHappening;
      /** Of `held`, `joined`, `asked`: the agent's call. */
      readonly call?: CallFacts;
      readonly decision?: DecisionFacts;
      /** The person who decided, or the one who withdrew it. */
      readonly by?: Actor;
      readonly verdict?: 'approve' | 'deny';
      /** The person's own words, masked. */
      readonly reason?: string;
      /** Why, in our words. */
      readonly detail?: string;
      readonly request?: Json;
    }
  | {
      /** A kept answer handed over: exposure happens here, not when the call ran. */
      readonly kind: 'delivery';
      readonly call: CallFacts;
      readonly approval: string;
      /** Of the intent and outcome under which it ran. */
      readonly releaseCallId: string;
      readonly message?: Json;
      readonly exposure: readonly Exposure[];
      readonly error?: { readonly code: string; readonly detail: string };
    }
  | {
      /** Of `_gateway`: sign-ins, blocks, messages that nobody of ours sent. */
      readonly kind: 'administration';
      readonly action: string;
      readonly by?: Actor;
      readonly detail: string;
    }
  | {
      /** A person looked at what is kept: a held call, a transcript, a review. Who watches is watched (PCI DSS 10.2.1). */
      readonly kind: 'view';
      readonly what: ViewedThing;
      readonly by: Actor;
      /** What of it: an approval, a session, a review, or the filter of a list. */
      readonly subject?: string;
      /** What was shown to them in clear; empty for transcripts, which hold record forms only. */
      readonly exposure: readonly Exposure[];
      readonly detail?: string;
    }
  | {
      /** A segment whose writer ended without a close record, as it was found (DESIGN §6). */
      readonly kind: 'recovery';
      readonly container: string;
      readonly segment: string;
      readonly bytes: number;
      readonly lines: number;
      /** SHA-256 of its last line. */
      readonly head: string;
      /** Calls with an intent and no outcome, at most 100 of them: nobody knows what became of these. */
      readonly unfinished: readonly string[];
      readonly unfinishedCount: number;
    };

export type ViewedThing = 'approval' | 'session' | 'sessions' | 'review' | 'export' | 'ask' | 'home';

export type ApprovalHappening =
  /** A call is held under a new request; the same call again joined it. */
  | 'held'
  | 'joined'
  /** The agent asked how it stands, and nothing was delivered. */
  | 'asked'
  /** A person's verdict, before it is written; and one that was refused. */
  | 'decided'
  | 'decision-refused'
  /** What became of the request. */
  | 'approved'
  | 'denied'
  | 'expired'
  | 'cancelled'
  | 'failed'
  | 'unknown'
  | 'resolved'
  /** A person has to look. */
  | 'attention';

/** A person at a page, a command or a chat, or the app that acted. */
export interface Actor {
  readonly principal: Principal;
  readonly agent?: Agent;
  readonly channel?: string;
  readonly tokenId?: string;
  readonly address?: string;
}

/** A record could not be made durable within its deadline. The caller then lets nothing through. */
export class NotRecorded extends Error {
  override readonly name = 'NotRecorded';
}

export interface Recorder {
  /**
   * Resolves once the entry is durable, and only then. Concurrent entries of one session share an append (group commit).
   * Rejects with `NotRecorded` past its own deadline, which no client's disconnect shortens.
   */
  record(session: SessionRef, entry: Entry): Promise<void>;
}
