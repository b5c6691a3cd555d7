/**
 * One client's connection: its links find their nodes here (`$cbs`, `<queue>/$management`, queues, dead-letter queues),
 * and nothing but `$cbs` is open to a client that has not proved itself for it.
 */

import { type CheckToken, createGrants } from './access.ts';
import { answerDelivery } from './answer.ts';
import type { Strikes } from './faults.ts';
import { serveIntake } from './intake.ts';
import { type ManagementAnswer, readManagementStep } from './management.ts';
import { serveOutlet } from './outlet.ts';
import { perform } from './perform.ts';
import type { Queue } from './queue.ts';
import type { WireMessage, WireReceiver, WireSender } from './wire.ts';

export interface Client {
  /** The client sends on it. */
  attachReceiver(receiver: WireReceiver): void;
  /** The client receives on it. */
  attachSender(sender: WireSender): void;
  /** Delivers on every open link what can be delivered now. */
  pump(): void;
}

const cbs = '$cbs';
const managementSuffix = /\/\$management$/i;

export function createClient(options: {
  readonly checkToken: CheckToken;
  readonly nowMs: () => number;
  readonly findQueue: (address: string) => Queue | undefined;
  readonly strikes: Strikes;
  readonly wake: () => void;
}): Client {
  const { findQueue, strikes, wake } = options;
  const grants = createGrants(options.checkToken, options.nowMs);
  /** Answers to requests go out on the link that bears the name of their `reply_to`. */
  const replyLinks = new Map<string, WireSender>();
  const pumps = new Map<WireSender, () => void>();

  function reply(request: WireMessage, answer: ManagementAnswer & { readonly description?: string }): void {
    const link = replyLinks.get(String(request.reply_to));
    // `rhea` does not notice when this side has cut the connection meanwhile.
    if (!link?.is_open() || link.connection.socket.destroyed) return;
    const delivery = link.send({
      correlation_id: request.message_id,
      application_properties: {
        statusCode: answer.status,
        statusDescription: answer.description ?? (answer.condition === undefined ? 'OK' : answer.condition),
        ...(answer.condition !== undefined && { errorCondition: answer.condition }),
      },
      body: answer.body ?? {},
    });
    delivery.settled = true;
  }

  /** The queue that an address is of; closes the link when there is none or the client may not. */
  function openQueue(link: WireReceiver | WireSender, address: string): Queue | undefined {
    const queue = findQueue(address.replace(managementSuffix, ''));
    if (!grants.covers(address)) {
      link.close({ condition: 'amqp:unauthorized-access', description: `No valid token for ${address}.` });
      return undefined;
    }
    if (!queue)
      link.close({ condition: 'amqp:not-found', description: `The messaging entity ${address} could not be found.` });
    return queue;
  }

  async function putToken(request: WireMessage): Promise<void> {
    const { operation, name, type } = request.application_properties ?? {};
    if (operation !== 'put-token') {
      reply(request, { status: 501, condition: 'amqp:not-implemented' });
      return;
    }
    const isGood = await grants.add(String(name), { type: String(type), token: String(request.body) });
    reply(request, isGood ? { status: 202 } : { status: 401, condition: 'amqp:unauthorized-access' });
  }

  function manage(queue: Queue, request: WireMessage, receiver: WireReceiver): void {
    const step = readManagementStep(queue, request);
    if (!step) {
      reply(request, { status: 501, condition: 'amqp:not-implemented' });
      return;
    }
    perform({
      strikes,
      operation: step.operation,
      queue: queue.name,
      connection: receiver.connection,
      act: step.act,
      answer: (answer) => reply(request, answer),
      refuse: ({ condition, description }) => reply(request, { status: 503, condition, description }),
    });
    wake();
  }

  function serveRequests(receiver: WireReceiver, serve: (request: WireMessage) => void): void {
    receiver.on('message', ({ message, delivery }) => {
      answerDelivery(delivery);
      if (!Buffer.isBuffer(message)) serve(message);
    });
  }

  return {
    attachReceiver(receiver) {
      const address = receiver.target?.address ?? '';
      receiver.set_source(receiver.source ?? {});
      receiver.set_target({ address });
      if (address === cbs) {
        serveRequests(receiver, (request) => void putToken(request));
        return;
      }
      const queue = openQueue(receiver, address);
      if (!queue) return;
      if (managementSuffix.test(address)) serveRequests(receiver, (request) => manage(queue, request, receiver));
      else serveIntake({ receiver, queue, strikes, wake });
    },
    attachSender(sender) {
      const address = sender.source?.address ?? '';
      sender.set_source({ address });
      sender.set_target(sender.target ?? {});
      sender.local.attach.snd_settle_mode = sender.snd_settle_mode;
      sender.local.attach.rcv_settle_mode = sender.rcv_settle_mode;
      if (address === cbs || managementSuffix.test(address)) {
        replyLinks.set(sender.name, sender);
        sender.on('sender_close', () => replyLinks.delete(sender.name));
        return;
      }
      const queue = openQueue(sender, address);
      if (!queue) return;
      pumps.set(sender, serveOutlet({ sender, queue, strikes, wake }));
      sender.on('sender_close', () => pumps.delete(sender));
    },
    pump() {
      for (const [sender, pump] of pumps) if (sender.is_open()) pump();
    },
  };
}
