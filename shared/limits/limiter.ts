/**
 * How much at once, and how often (DESIGN §2: overload is a 429 or 503): the port that `receive` asks after it knows who
 * calls, before it reads the message.
 */
import type { Result } from '../result.ts';

export type LimitCode = 'calls-at-once' | 'streams-at-once' | 'calls-per-minute' | 'server-calls' | 'server-streams';

export interface OverLimit {
  readonly code: LimitCode;
  /** 429 where it is the caller's own doing, 503 where the server is full. */
  readonly status: 429 | 503;
  readonly retryAfterSeconds: number;
}

/** A place taken; given back exactly once, however often `leave` is called. */
export interface Place {
  leave(): void;
}

export interface Limiter {
  /**
   * Takes a place for one request. `principal`: tenant, kind and id as one text. Synchronous and never throws: the
   * count shared with other instances is brought up to date in the background, within the bound that it documents.
   */
  enter(principal: string, server: string, kind: RequestKind): Result<Place, OverLimit>;
}

/** `stream`: a GET or `subscriptions/listen`, which stays open; everything else is a `call`, however it is answered. */
export type RequestKind = 'call' | 'stream';
