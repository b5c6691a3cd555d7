/**
 * A client's link out of a queue: delivers while there is credit, and carries out what the client decides about each
 * delivery. Locks outlive the link, as in Azure. Does not imitate sessions.
 */
import { answerDelivery } from './answer.ts';
import type { Strikes } from './faults.ts';
import { fromDeliveryTag, toDeliveryTag } from './lock-token.ts';
import { perform } from './perform.ts';
import type { Queue, Settlement } from './queue.ts';
import type { WireDelivery, WireOutcome, WireSender } from './wire.ts';

const lockLost = {
  condition: 'com.microsoft:message-lock-lost',
  description: 'The lock supplied is invalid. Either the lock expired, or the message has already been removed.',
};

/** Returns the pump: delivers what can be delivered now. */
export function serveOutlet(options: {
  readonly sender: WireSender;
  readonly queue: Queue;
  readonly strikes: Strikes;
  readonly wake: () => void;
}): () => void {
  const { sender, queue, strikes, wake } = options;
  const { outgoing } = sender.session;
  const isReceiveAndDelete = sender.snd_settle_mode === 1;

  /** Queued transfers still show as credit: counting them keeps within what the client asked for. */
  function mayDeliver(): boolean {
    const unwritten = outgoing.next_delivery_id - outgoing.next_pending_delivery;
    return sender.credit > unwritten && outgoing.available() > 0 && !sender.connection.socket.destroyed;
  }

  function deliverOne(): boolean {
    if (isReceiveAndDelete) {
      const content = queue.take();
      if (content) sender.send(content, Buffer.alloc(16), 0).settled = true;
      return content !== undefined;
    }
    const message = queue.lock();
    if (message) sender.send(message.content, toDeliveryTag(message.token), 0);
    return message !== undefined;
  }

  function pump(): void {
    while (mayDeliver() && deliverOne());
  }

  function settle(delivery: WireDelivery, settlement: Settlement): void {
    perform({
      strikes,
      operation: 'settle',
      queue: queue.name,
      connection: sender.connection,
      act: () => queue.settle(fromDeliveryTag(delivery.tag), settlement),
      answer: (isHeld) => answerDelivery(delivery, isHeld ? undefined : lockLost),
      refuse: (refusal) => answerDelivery(delivery, refusal),
    });
    wake();
  }

  sender.on('accepted', ({ delivery }) => settle(delivery, { kind: 'complete' }));
  sender.on('released', ({ delivery }) => settle(delivery, { kind: 'abandon', properties: {} }));
  sender.on('modified', ({ delivery }) => settle(delivery, readModified(delivery.remote_state)));
  sender.on('rejected', ({ delivery }) => {
    settle(delivery, { kind: 'dead-letter', properties: { ...delivery.remote_state?.error?.info } });
  });
  sender.on('sender_flow', pump);
  // What can be delivered goes out before the flow that ends the credit.
  sender.on('sender_draining', () => {
    pump();
    sender.set_drained(true);
  });
  return pump;
}

function readModified(outcome: WireOutcome | undefined): Settlement {
  const properties = { ...outcome?.message_annotations };
  return { kind: outcome?.undeliverable_here ? 'defer' : 'abandon', properties };
}
