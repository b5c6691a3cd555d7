/**
 * What this folder uses of `rhea`'s connections, links and deliveries, its internals included: the published typings
 * leave out what only a server needs. Types alone; nothing here runs.
 */
import type { Socket } from 'node:net';

export interface WireConnection {
  readonly socket: Socket;
  /** Asks `rhea` to write what is pending, in the next tick. */
  _register(): void;
}

interface WireSession {
  readonly outgoing: {
    /** Deliveries not yet written are those from `next_pending_delivery` to before `next_delivery_id`. */
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    available(): number;
  };
  output(frame: object): void;
}

interface WireTerminus {
  readonly address?: string | null;
}

interface WireLink {
  readonly name: string;
  readonly connection: WireConnection;
  readonly session: WireSession;
  readonly source: WireTerminus | null;
  readonly target: WireTerminus | null;
  /** 0: the sender settles at once; else the receiver's outcome decides. As the peer asked for. */
  readonly snd_settle_mode: number;
  readonly rcv_settle_mode: number;
  readonly local: { readonly attach: { snd_settle_mode: number; rcv_settle_mode: number } };
  set_source(terminus: object): void;
  set_target(terminus: object): void;
  close(error?: { condition: string; description: string }): void;
  is_receiver(): boolean;
  is_open(): boolean;
  on(event: string, listener: (context: DeliveryContext) => void): unknown;
}

/** This side sends on it. */
export interface WireSender extends WireLink {
  /** Falls only when a transfer is written, not when it is queued. */
  readonly credit: number;
  set_drained(isDrained: boolean): void;
  send(content: object, tag: Buffer, format: number): WireDelivery;
  send(message: object): WireDelivery;
}

/** This side receives on it. */
export type WireReceiver = WireLink;

export interface WireDelivery {
  readonly id: number;
  readonly tag: Buffer;
  readonly link: WireLink;
  readonly remote_state?: WireOutcome;
  settled: boolean;
  remote_settled: boolean;
}

/** The outcome a client chose; which fields are there depends on which one it is. */
export interface WireOutcome {
  readonly undeliverable_here?: boolean;
  readonly message_annotations?: Record<string, unknown>;
  readonly error?: { readonly info?: Record<string, unknown> };
}

export interface DeliveryContext {
  readonly delivery: WireDelivery;
  /** Decoded when `format` is absent, else its bytes. */
  readonly message: WireMessage | Buffer;
  readonly format?: number;
}

/** A decoded AMQP message, as far as it is looked at. Everything in it is the client's word. */
export interface WireMessage {
  message_id?: unknown;
  ttl?: unknown;
  delivery_count?: number;
  reply_to?: unknown;
  body?: unknown;
  message_annotations?: Record<string, unknown>;
  application_properties?: Record<string, unknown>;
}
