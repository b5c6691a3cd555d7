/**
 * Ends a delivery, in one disposition frame of its own. Never through `rhea`'s `update`: that merges the deliveries of
 * one tick under the first one's outcome (LOCAL-STACK §B4), and a refused settlement would be told as a success.
 */
import frames from 'rhea/lib/frames.js';
import message from 'rhea/lib/message.js';
import type { WireDelivery } from './wire.ts';

/** An AMQP error that a client gets to hear. */
export interface Refusal {
  readonly condition: string;
  readonly description: string;
}

/** Settles the delivery: accepted, or rejected with the refusal. Both directions. */
export function answerDelivery(delivery: WireDelivery, refusal?: Refusal): void {
  const outcome = refusal ? message.rejected({ error: { ...refusal } }) : message.accepted({});
  const { id, link } = delivery;
  const role = link.is_receiver();
  link.session.output(frames.disposition({ role, first: id, last: id, settled: true, state: outcome.described() }));
  // Both, or `rhea` keeps it in a buffer of 2,048 and the link dies when that is full.
  delivery.settled = true;
  delivery.remote_settled = true;
  link.connection._register();
}
