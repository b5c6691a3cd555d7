/**
 * The Service Bus stand-in as the official client sees it: messages, settlements, schedules, duplicates. What a test
 * waits for is a message or an answer, never a time.
 */
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import rhea from 'rhea';
import { describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { connect, openServiceBus, receiveOne } from './service-bus-client.ts';

describe('messages', () => {
  it(proves('servicebus.messages', 'arrive as they were sent, in order, one by one and in a batch'), async () => {
    const { sender, createReceiver, now, peek } = await openServiceBus();
    await sender.sendMessages({
      body: { id: 'a1' },
      messageId: 'a1:notice:7f',
      contentType: 'application/json',
      correlationId: 'trace',
      subject: 'notice',
      applicationProperties: { kind: 'notice', attempt: 2 },
    });
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBe(256 * 1024);
    for (const body of ['two', 3]) expect(batch.tryAddMessage({ body })).toBe(true);
    await sender.sendMessages(batch);

    expect(await peek()).toEqual([{ id: 'a1' }, 'two', 3]);
    const receiver = createReceiver();
    const messages: ServiceBusReceivedMessage[] = [];
    while (messages.length < 3) messages.push(...(await receiver.receiveMessages(3)));
    expect(messages.map(({ body }) => body)).toEqual([{ id: 'a1' }, 'two', 3]);
    expect(messages[0]).toMatchObject({
      messageId: 'a1:notice:7f',
      contentType: 'application/json',
      correlationId: 'trace',
      subject: 'notice',
      applicationProperties: { kind: 'notice', attempt: 2 },
      deliveryCount: 0,
      enqueuedTimeUtc: now(),
      lockedUntilUtc: new Date(now().getTime() + 60_000),
    });
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    expect(await peek()).toEqual([]);
  });

  it(proves('servicebus.messages', 'are removed at once for who receives and deletes'), async () => {
    const { sender, client, peek } = await openServiceBus();
    await sender.sendMessages({ body: 'gone' });
    const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
    expect(await receiveOne(receiver)).toMatchObject({ body: 'gone' });
    expect(await peek()).toEqual([]);
  });

  it('reach a receiver that came up empty before', async () => {
    const { sender, createReceiver } = await openServiceBus();
    const receiver = createReceiver();
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 })).toEqual([]);
    const waiting = receiveOne(receiver);
    await sender.sendMessages({ body: 'late' });
    expect(await waiting).toMatchObject({ body: 'late' });
  });

  it('keep coming on one link after more than its 2,048 deliveries', async () => {
    const { sender, createReceiver } = await openServiceBus();
    const bodies = Array.from({ length: 2_200 }, (_, index) => index);
    await sender.sendMessages(bodies.map((body) => ({ body })));
    const receiver = createReceiver();
    const seen: unknown[] = [];
    while (seen.length < bodies.length) {
      const messages = await receiver.receiveMessages(400);
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      seen.push(...messages.map(({ body }) => body));
    }
    expect(seen).toEqual(bodies);
  });

  it(proves('servicebus.messages', 'are for nobody with a wrong key, nor for a link that shows none'), async () => {
    const { bus } = await openServiceBus();
    const wrong = bus.connectionString.replace(/SharedAccessKey=[^;]+/, `SharedAccessKey=${'A'.repeat(43)}=`);
    await expect(connect(wrong).createSender('orders').sendMessages({ body: 1 })).rejects.toMatchObject({
      code: 'UnauthorizedAccess',
    });

    const connection = rhea.create_container().connect({ port: bus.port, host: '127.0.0.1', reconnect: false });
    const refused = new Promise((resolve) =>
      connection.on('receiver_error', ({ receiver }) => resolve(receiver.error)),
    );
    connection.on('receiver_close', () => connection.close());
    connection.open_receiver('orders');
    expect(await refused).toMatchObject({ condition: 'amqp:unauthorized-access' });
  });

  it('cannot be sent to a queue that is not there', async () => {
    const { client } = await openServiceBus();
    await expect(client.createSender('nowhere').sendMessages({ body: 1 })).rejects.toMatchObject({
      code: 'MessagingEntityNotFound',
    });
  });

  it('expire where they have a life, into the dead-letter queue', async () => {
    const { sender, deadLetters, pass, peek } = await openServiceBus({ deadLettersExpired: true });
    await sender.sendMessages([{ body: 'short', timeToLive: 1_000 }, { body: 'long' }]);
    pass(1_000);
    expect(await receiveOne(deadLetters)).toMatchObject({ body: 'short', deadLetterReason: 'TTLExpiredException' });
    expect(await peek()).toEqual(['long']);
  });
});

describe('settlement', () => {
  it(
    proves('servicebus.settlement', 'abandoned: delivered again with its count, and in the end dead-lettered'),
    async () => {
      const { sender, createReceiver, deadLetters, peek } = await openServiceBus({ maxDeliveryCount: 3 });
      await sender.sendMessages({ body: 'poison' });
      const receiver = createReceiver();
      for (const deliveryCount of [0, 1, 2]) {
        const message = await receiveOne(receiver);
        expect(message).toMatchObject({ body: 'poison', deliveryCount });
        await receiver.abandonMessage(message, { lastAttempt: deliveryCount });
      }
      expect(await receiveOne(deadLetters)).toMatchObject({
        body: 'poison',
        deadLetterReason: 'MaxDeliveryCountExceeded',
        applicationProperties: { lastAttempt: 2 },
      });
      expect(await peek()).toEqual([]);
    },
  );

  it(proves('servicebus.settlement', 'dead-lettered: kept with the reason, apart, until completed there'), async () => {
    const { sender, createReceiver, deadLetters, peek } = await openServiceBus();
    await sender.sendMessages({ body: 'bad', messageId: 'm1' });
    const receiver = createReceiver();
    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: 'malformed',
      deadLetterErrorDescription: 'no id in it',
    });
    expect(await peek()).toEqual([]);
    const dead = await receiveOne(deadLetters);
    expect(dead).toMatchObject({
      body: 'bad',
      messageId: 'm1',
      deadLetterReason: 'malformed',
      deadLetterErrorDescription: 'no id in it',
      deadLetterSource: 'orders',
    });
    await deadLetters.completeMessage(dead);
    expect(await peek('deadLetter')).toEqual([]);
  });

  it('deferred: only for who asks by its number', async () => {
    const { sender, createReceiver, peek } = await openServiceBus();
    await sender.sendMessages({ body: 'not yet' });
    const receiver = createReceiver();
    const message = await receiveOne(receiver);
    await receiver.deferMessage(message);
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber ?? []);
    if (!deferred) throw new Error('no deferred message');
    expect(deferred).toMatchObject({ body: 'not yet', state: 'deferred' });
    await receiver.completeMessage(deferred);
    expect(await peek()).toEqual([]);
  });

  it(proves('servicebus.settlement', 'of a lock that ran out: refused, and the message goes to another'), async () => {
    const { sender, createReceiver, pass } = await openServiceBus({ lockDurationMs: 30_000 });
    await sender.sendMessages({ body: 'slow' });
    const slow = createReceiver();
    const lost = await receiveOne(slow);
    pass(30_000);
    const other = createReceiver();
    const found = await receiveOne(other);
    expect(found).toMatchObject({ body: 'slow', deliveryCount: 1 });
    await expect(slow.completeMessage(lost)).rejects.toMatchObject({ code: 'MessageLockLost' });
    await expect(slow.renewMessageLock(lost)).rejects.toMatchObject({ code: 'MessageLockLost' });
    await other.completeMessage(found);
  });

  it(proves('servicebus.settlement', 'within a renewed lock: counts, past the first lock’s end'), async () => {
    const { sender, createReceiver, pass, now, peek } = await openServiceBus({ lockDurationMs: 30_000 });
    await sender.sendMessages({ body: 'long work' });
    const receiver = createReceiver();
    const message = await receiveOne(receiver);
    pass(20_000);
    expect(await receiver.renewMessageLock(message)).toEqual(new Date(now().getTime() + 30_000));
    pass(20_000);
    await receiver.completeMessage(message);
    expect(await peek()).toEqual([]);
  });

  it(
    proves('servicebus.settlement', 'of many kinds in one tick: each message ends as its own receiver said'),
    async () => {
      const { sender, createReceiver, peek } = await openServiceBus();
      const bodies = Array.from({ length: 12 }, (_, index) => index);
      await sender.sendMessages(bodies.map((body) => ({ body })));
      const held = await Promise.all(
        bodies.map(async () => {
          const receiver = createReceiver();
          return { receiver, message: await receiveOne(receiver) };
        }),
      );
      await Promise.all(
        held.map(({ receiver, message }) => {
          if (message.body % 3 === 0) return receiver.completeMessage(message);
          if (message.body % 3 === 1) return receiver.deadLetterMessage(message);
          return receiver.abandonMessage(message);
        }),
      );
      expect(await peek()).toEqual([2, 5, 8, 11]);
      expect((await peek('deadLetter')).sort()).toEqual([1, 10, 4, 7]);
    },
  );

  it('is refused for one and taken for another in one tick on one link: each hears its own answer', async () => {
    const { sender, createReceiver, pass } = await openServiceBus({ lockDurationMs: 30_000 });
    await sender.sendMessages([{ body: 'first' }, { body: 'second' }]);
    const receiver = createReceiver();
    const messages: ServiceBusReceivedMessage[] = [];
    while (messages.length < 2) messages.push(...(await receiver.receiveMessages(2 - messages.length)));
    const [first, second] = messages;
    if (!first || !second) throw new Error('two messages were sent');
    pass(20_000);
    await receiver.renewMessageLock(second);
    pass(20_000);
    const outcomes = await Promise.allSettled([receiver.completeMessage(second), receiver.completeMessage(first)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('schedule', () => {
  it(proves('servicebus.schedule', 'a scheduled message comes at its time and not before'), async () => {
    const { sender, client, createReceiver, pass, now } = await openServiceBus();
    const due = new Date(now().getTime() + 60_000);
    await sender.scheduleMessages({ body: 'expire' }, due);
    await sender.sendMessages({ body: 'remind', scheduledEnqueueTimeUtc: due });
    await sender.sendMessages({ body: 'now' });
    const receiver = createReceiver();
    const first = await receiveOne(receiver);
    expect(first).toMatchObject({ body: 'now' });
    await receiver.completeMessage(first);
    const [waiting] = await client.createReceiver('orders').peekMessages(1);
    expect(waiting).toMatchObject({ body: 'expire', state: 'scheduled', scheduledEnqueueTimeUtc: due });
    pass(60_000);
    expect(await receiveOne(receiver)).toMatchObject({ body: 'expire', state: 'active', enqueuedTimeUtc: due });
    expect(await receiveOne(receiver)).toMatchObject({ body: 'remind' });
  });

  it(proves('servicebus.schedule', 'a cancelled one never comes, and is cancelled once'), async () => {
    const { sender, pass, peek } = await openServiceBus();
    const numbers = await sender.scheduleMessages([{ body: 1 }, { body: 2 }], new Date(Date.now() + 60_000));
    await sender.cancelScheduledMessages(numbers);
    await expect(sender.cancelScheduledMessages(numbers)).rejects.toMatchObject({ code: 'MessageNotFound' });
    pass(120_000);
    expect(await peek()).toEqual([]);
  });
});

describe('duplicates', () => {
  it(
    proves('servicebus.duplicates', 'a second message with an id vanishes silently while the id is remembered'),
    async () => {
      const { sender, createReceiver, pass, peek } = await openServiceBus({ duplicateWindowMs: 600_000 });
      await sender.sendMessages({ body: 'first', messageId: 'm1' });
      const receiver = createReceiver();
      await receiver.completeMessage(await receiveOne(receiver));
      await sender.sendMessages([
        { body: 'again', messageId: 'm1' },
        { body: 'other', messageId: 'm2' },
      ]);
      expect(await peek()).toEqual(['other']);
      pass(600_000);
      await sender.sendMessages({ body: 'later', messageId: 'm1' });
      expect(await peek()).toEqual(['other', 'later']);
    },
  );

  it(proves('servicebus.duplicates', 'a scheduled message counts, even when it was cancelled'), async () => {
    const { sender, now, peek } = await openServiceBus({ duplicateWindowMs: 600_000 });
    const [number] = await sender.scheduleMessages(
      { body: 'plan', messageId: 'm1' },
      new Date(now().getTime() + 60_000),
    );
    await sender.sendMessages({ body: 'same id', messageId: 'm1' });
    expect(await peek()).toEqual(['plan']);
    if (!number) throw new Error('no sequence number');
    await sender.cancelScheduledMessages(number);
    await sender.sendMessages({ body: 'same id', messageId: 'm1' });
    expect(await peek()).toEqual([]);
  });
});

/** The client notices a cut only when its own patience ends. */
const impatient = { timeoutInMs: 2_000 };

describe('the test switch', () => {
  it('loses the answer to a send that took effect', async () => {
    const { bus, peek } = await openServiceBus();
    bus.faults.add({ operation: 'send', does: 'drop' });
    const sender = connect(bus.connectionString, impatient).createSender('orders');
    await expect(sender.sendMessages({ body: 'sent' })).rejects.toThrow();
    expect(await peek()).toEqual(['sent']);
  });

  it('loses a send and its effect, so that the client’s own repeat is the first', async () => {
    const { bus, peek } = await openServiceBus();
    bus.faults.add({ operation: 'send', does: 'drop', when: 'before' });
    const sender = connect(bus.connectionString, { ...impatient, maxRetries: 3 }).createSender('orders');
    await sender.sendMessages({ body: 'once' });
    expect(await peek()).toEqual(['once']);
  });

  it('loses the answer to a settlement that took effect', async () => {
    const { bus, sender, peek } = await openServiceBus();
    await sender.sendMessages({ body: 'done' });
    const receiver = connect(bus.connectionString, impatient).createReceiver('orders');
    const message = await receiveOne(receiver);
    bus.faults.add({ operation: 'settle', queue: 'orders', does: 'drop' });
    await expect(receiver.completeMessage(message)).rejects.toThrow();
    expect(await peek()).toEqual([]);
  });

  it('never answers, without the effect', async () => {
    const { bus, peek } = await openServiceBus();
    bus.faults.add({ does: 'hang' });
    const sender = connect(bus.connectionString, impatient).createSender('orders');
    await expect(sender.sendMessages({ body: 'unheard' })).rejects.toThrow();
    expect(await peek()).toEqual([]);
  });

  it('fails as often as it was told, before or after the effect, until it is cleared', async () => {
    const { bus, sender, peek } = await openServiceBus();
    bus.faults.add({ operation: 'send', does: 'fail' });
    bus.faults.add({ operation: 'schedule', does: 'fail', when: 'after', times: 2 });
    await expect(sender.sendMessages({ body: 'refused' })).rejects.toMatchObject({ code: 'ServiceBusy' });
    const later = new Date(Date.now() + 3_600_000);
    await expect(sender.scheduleMessages({ body: 'kept' }, later)).rejects.toMatchObject({ code: 'ServiceBusy' });
    bus.faults.clear();
    await sender.scheduleMessages({ body: 'kept too' }, later);
    expect(await peek()).toEqual(['kept', 'kept too']);
  });
});
