/**
 * The seam between the life of a call and the masking engine (DESIGN §2.8): one walk, two forms.
 * Client form: what may be delivered (a class may be revealed by policy). Record form: every class masked, always.
 */
import type { Json } from '../json/value.ts';

/** What became of a place where data of a class stood. */
export type FindingOutcome = 'masked' | 'revealed' | 'uninspected' | 'withheld';

/** Counted by class and outcome: the exposure of one delivery. */
export interface Exposure {
  readonly class: string;
  readonly outcome: FindingOutcome;
  readonly count: number;
}

export interface MaskingContext {
  readonly server: string;
  readonly tool?: string;
  /** Whether policy reveals a class to whoever this is for (DESIGN §4); asked once for each class that is found. */
  readonly revealed: { has(className: string): boolean };
  /** Whether `data:` URLs in texts are delivered as they came; left out, they are not. */
  readonly uninspected?: 'deny' | 'allow';
}

export interface Masked {
  readonly client: Json;
  readonly record: Json;
  readonly exposure: readonly Exposure[];
}

export interface Masker {
  /**
   * Masks one whole JSON-RPC message on its way to the client.
   * Throws on any inner error and past its deadline: the caller then withholds the message (fail closed).
   */
  maskMessage(message: Json, context: MaskingContext): Masked;
  /** The arguments of a call, as somebody else may see them. Throws likewise. */
  maskArguments(value: Json, context: MaskingContext): Masked;
  /** The record form of a request’s parameters, or of words: nothing is revealed. `server`: whose field rules go for it. */
  maskRequest(value: Json, server?: string): Json;
}
