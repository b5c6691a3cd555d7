/** What the function host reads of a queue trigger before it connects: host.json, the binding, the connection's settings. */
import { describe, expect, it } from 'vitest';
import type { RegisteredFunction } from '../../../../../infra/local/function-host/core-api.ts';
import { readQueueConnection } from '../../../../../infra/local/function-host/queue-connection.ts';
import { readQueueFunction } from '../../../../../infra/local/function-host/queue-function.ts';
import { readQueueSettings } from '../../../../../infra/local/function-host/queue-settings.ts';
import { createTroubleLog } from '../../../../../infra/local/function-host/trouble-log.ts';
import { proves } from '../../../../requirements.ts';

const target: RegisteredFunction = {
  metadata: { name: 'approver', bindings: {} },
  callback: () => undefined,
};
const environment = { BUS: 'Endpoint=sb://127.0.0.1' };
const settings = readQueueSettings({ maxConcurrentCalls: 8 });

function read(binding: Record<string, unknown>) {
  const trigger = { name: 'message', settings: { connection: 'BUS', queueName: 'orders', ...binding } };
  return readQueueFunction(target, trigger, settings, environment);
}

describe('host.json', () => {
  it(proves('host.queue-settings', 'the extension’s defaults stand where it says nothing'), () => {
    const { maxConcurrentCalls, ...others } = readQueueSettings({});
    expect(others).toEqual({ isAutoComplete: true, maxLockRenewalMs: 300_000 });
    expect(maxConcurrentCalls % 16).toBe(0);
  });

  it('what it says is taken', () => {
    const section = {
      autoCompleteMessages: false,
      maxConcurrentCalls: 3,
      maxAutoLockRenewalDuration: '01:02:03',
      prefetchCount: 0,
      maxMessageBatchSize: 1_000,
    };
    expect(readQueueSettings(section)).toEqual({
      isAutoComplete: false,
      maxConcurrentCalls: 3,
      maxLockRenewalMs: 3_723_000,
    });
  });

  it.each([
    [{ prefetchCount: 20 }, 'prefetchCount: this host knows only 0'],
    [{ maxMessageBatchSize: 10 }, 'maxMessageBatchSize: this host knows only 1000'],
    [{ maxConcurrentSessions: 8 }, 'maxConcurrentSessions: is not known to this host'],
    [{ toString: 1 }, 'toString: is not known to this host'],
    [{ autoCompleteMessages: 'yes' }, 'autoCompleteMessages: must be true or false'],
    [{ maxConcurrentCalls: 0 }, 'maxConcurrentCalls: must be a whole number of 1 or more'],
    [{ maxConcurrentCalls: 1.5 }, 'maxConcurrentCalls: must be a whole number of 1 or more'],
    [{ maxAutoLockRenewalDuration: 300 }, 'maxAutoLockRenewalDuration: must be a time as hh:mm:ss'],
    [{ maxAutoLockRenewalDuration: '00:60:00' }, 'maxAutoLockRenewalDuration: must be a time as hh:mm:ss'],
  ])(proves('host.queue-settings', 'refuses %j'), (section, reason) => {
    expect(() => readQueueSettings(section)).toThrow(`host.json: extensions.serviceBus.${reason}`);
  });
});

describe('a queue trigger', () => {
  it(proves('host.queue-settings', 'is read with its queue, its connection and what overrides host.json'), () => {
    expect(read({ autoCompleteMessages: false })).toEqual({
      target,
      triggerName: 'message',
      queue: 'orders',
      isDeadLetters: false,
      connection: { connectionString: 'Endpoint=sb://127.0.0.1' },
      settings: { ...settings, isAutoComplete: false },
    });
  });

  it.each(['orders/$DeadLetterQueue', 'orders/$deadletterqueue'])('knows %s as a dead-letter queue', (queueName) => {
    expect(read({ queueName })).toMatchObject({ queue: 'orders', isDeadLetters: true });
  });

  it.each([
    [{ cardinality: 'many' }, 'this host knows only cardinality "one"'],
    [{ isSessionsEnabled: true }, 'this host knows no sessions'],
    [{ sdkBinding: true }, 'this host knows no sdkBinding'],
    [{ topicName: 'news', queueName: undefined }, 'this host knows queues, no topics'],
    [{ queueName: '' }, 'queueName must be a string'],
    [{ autoCompleteMessages: 'no' }, 'autoCompleteMessages must be true or false'],
    [{ connection: 'OTHER' }, 'neither OTHER (a connection string) nor OTHER__fullyQualifiedNamespace is set'],
  ])(proves('host.queue-settings', 'refuses the binding %j by its function’s name'), (binding, reason) => {
    expect(() => read(binding)).toThrow(`Function "approver": ${reason}`);
  });
});

describe('a connection', () => {
  const find = (given: Record<string, string>, name?: string) => readQueueConnection('approver', name, given);

  it('is a connection string, and a namespace only where there is none', () => {
    const namespace = 'bus.servicebus.windows.net';
    expect(find({ BUS: 'x', BUS__fullyQualifiedNamespace: namespace }, 'BUS')).toEqual({ connectionString: 'x' });
    expect(find({ BUS: '', BUS__fullyQualifiedNamespace: namespace }, 'BUS')).toEqual({
      namespace,
      identity: 'default',
      clientId: undefined,
    });
    const managed = { BUS__fullyQualifiedNamespace: namespace, BUS__credential: 'managedidentity', BUS__clientId: 'c' };
    expect(find(managed, 'BUS')).toEqual({ namespace, identity: 'managed', clientId: 'c' });
  });

  it('is looked for under AzureWebJobs first, and under ServiceBus where the trigger names none', () => {
    expect(find({ BUS: 'plain', AzureWebJobsBUS: 'prefixed' }, 'BUS')).toEqual({ connectionString: 'prefixed' });
    expect(find({ AzureWebJobsServiceBus: 'x' })).toEqual({ connectionString: 'x' });
    expect(find({ AzureWebJobsServiceBus: 'x' }, '')).toEqual({ connectionString: 'x' });
  });
});

it('trouble is told once a minute, and what the retries ended in', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const tell = createTroubleLog(
    (line) => lines.push(line),
    () => nowMs,
  );
  tell(new AggregateError([new Error('first'), new Error('refused')]));
  tell(new Error('refused'));
  nowMs = 59_999;
  tell(new Error('refused'));
  expect(lines).toEqual(['Error: refused']);
  tell(new Error('unknown queue'));
  nowMs = 60_000;
  tell(new Error('refused'));
  expect(lines).toEqual(['Error: refused', 'Error: unknown queue', 'Error: refused']);
});
