/** A client's link into a queue: every transfer is one message or one batch, kept before it is accepted. */
import { answerDelivery } from './answer.ts';
import { decodeBatch, readIntake } from './content.ts';
import type { Strikes } from './faults.ts';
import { perform } from './perform.ts';
import type { Queue } from './queue.ts';
import type { DeliveryContext, WireReceiver } from './wire.ts';

const batchFormat = 0x80013700;

export function serveIntake(options: {
  readonly receiver: WireReceiver;
  readonly queue: Queue;
  readonly strikes: Strikes;
  /** Called when there may be something new to deliver. */
  readonly wake: () => void;
}): void {
  const { receiver, queue, strikes, wake } = options;

  receiver.on('message', (context) => {
    const { delivery } = context;
    perform({
      strikes,
      operation: 'send',
      queue: queue.name,
      connection: receiver.connection,
      act: () => queue.send(readMessages(context).map(readIntake)),
      answer: () => answerDelivery(delivery),
      refuse: (refusal) => answerDelivery(delivery, refusal),
    });
    wake();
  });
}

function readMessages({ message, format }: DeliveryContext) {
  if (!Buffer.isBuffer(message)) return [message];
  if (format !== batchFormat) throw new Error(`message format ${format} is not known`);
  return decodeBatch(message);
}
