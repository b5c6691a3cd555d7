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
  /** Classes that policy reveals to this caller. Callers pass none until policy is asked for `reveal` (DESIGN §4). */
  readonly revealed: ReadonlySet<string>;
}

export interface Masked {
  readonly client: Json;
  readonly record: Json;
  readonly exposure: readonly Exposure[];
}

export interface Masker {
  /**
   * Masks one whole JSON-RPC message on its way to the client.
   * Throws on any inner error: the caller then withholds the message (fail closed).
   */
  maskMessage(message: Json, context: MaskingContext): Masked;
  /** The record form of what a client sent (arguments): every class masked, nothing revealed. */
  maskRequest(value: Json): Json;
}
