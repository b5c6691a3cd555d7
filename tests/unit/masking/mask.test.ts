/** The two forms of a message, what stays of it, and the exposure (DESIGN §2.8). */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../shared/json/value.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { proves } from '../../requirements.ts';

const masker = createMasker({ classes: ['card', 'us-ssn', 'email', 'phone'] });
const hidden = { server: 'crm', revealed: new Set<string>() };
const revealing = (...classes: string[]) => ({ server: 'crm', revealed: new Set(classes) });

const customer = {
  jsonrpc: '2.0',
  id: 7,
  result: {
    content: [{ type: 'text', text: 'alice@example.com paid with 4111 1111 1111 1111' }],
    structuredContent: { email: 'alice@example.com', card: 4111111111111111, ssn: '078-05-1120', note: 'ok' },
    isError: false,
  },
} as const;

describe('the two forms', () => {
  it(proves('masking.forms', 'are the same when nothing is revealed'), () => {
    const { client, record } = masker.maskMessage(customer, hidden);
    expect(client).toEqual(record);
    expect(client).toEqual({
      jsonrpc: '2.0',
      id: 7,
      result: {
        content: [{ type: 'text', text: '[masked:email] paid with [masked:card]' }],
        structuredContent: { email: '[masked:email]', card: 0, ssn: '[masked:us-ssn]', note: 'ok' },
        isError: false,
      },
    });
  });

  it(proves('masking.forms', 'differ in a revealed class only: the record stays masked'), () => {
    const { client, record } = masker.maskMessage(customer, revealing('card'));
    expect(client).toMatchObject({
      result: {
        content: [{ text: '[masked:email] paid with 4111 1111 1111 1111' }],
        structuredContent: { email: '[masked:email]', card: 4111111111111111, ssn: '[masked:us-ssn]' },
      },
    });
    expect(record).toEqual(masker.maskMessage(customer, hidden).record);
  });

  it(proves('masking.forms', 'share with the message what holds nothing'), () => {
    const message = { jsonrpc: '2.0', id: 1, result: { clean: { a: [1, 'x'] }, text: 'alice@example.com' } };
    const { client, record } = masker.maskMessage(message, hidden);
    const cleanOf = (form: Json) => (form as typeof message).result.clean;
    expect(cleanOf(client)).toBe(message.result.clean);
    expect(cleanOf(record)).toBe(message.result.clean);
    const quiet = { jsonrpc: '2.0', id: 1, result: { text: 'nothing here' } };
    expect(masker.maskMessage(quiet, hidden)).toEqual({ client: quiet, record: quiet, exposure: [] });
    expect(masker.maskMessage(quiet, hidden).client).toBe(quiet);
  });

  it('reveals a place of two overlapping classes only when both are', () => {
    const text = 'mail 4155550134-078-05-1120';
    const message = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: `phone ${text}` }] } };
    const of = (...classes: string[]) => JSON.stringify(masker.maskMessage(message, revealing(...classes)).client);
    expect(of()).not.toContain('078-05');
    expect(of('phone')).not.toContain('078-05-1120');
    expect(of('us-ssn', 'phone')).toContain(text);
  });
});

describe('the client form', () => {
  it('keeps what the protocol compares or sends back, and the record does not', () => {
    const message = {
      jsonrpc: '2.0',
      id: 'call alice@example.com',
      result: {
        nextCursor: 'after alice@example.com',
        requestState: 'alice@example.com',
        tools: [
          {
            name: 'mail',
            description: 'asks ops@example.com',
            inputSchema: { type: 'object', default: 'a@example.com' },
          },
        ],
        contents: [{ uri: 'crm://alice@example.com', mimeType: 'text/plain', text: 'alice@example.com' }],
      },
    };
    const { client, record, exposure } = masker.maskMessage(message, hidden);
    expect(client).toEqual({
      ...message,
      result: {
        ...message.result,
        tools: [
          {
            name: 'mail',
            description: 'asks [masked:email]',
            inputSchema: { type: 'object', default: '[masked:email]' },
          },
        ],
        contents: [{ uri: 'crm://[masked:email]', mimeType: 'text/plain', text: '[masked:email]' }],
      },
    });
    expect(JSON.stringify(record)).not.toContain('@example.com');
    expect(exposure).toEqual([
      { class: 'email', outcome: 'masked', count: 4 },
      { class: 'email', outcome: 'revealed', count: 3 },
    ]);
  });

  it.each([
    ['an error', { error: { code: -32000, message: 'no alice@example.com', data: { who: ['alice@example.com'] } } }],
    [
      'a log message',
      { method: 'notifications/message', params: { level: 'info', data: { to: 'alice@example.com' } } },
    ],
    ['a progress message', { method: 'notifications/progress', params: { progress: 1, message: 'alice@example.com' } }],
    [
      'a prompt',
      { id: 1, result: { messages: [{ role: 'user', content: { type: 'text', text: 'alice@example.com' } }] } },
    ],
    ['an elicitation', { id: 1, method: 'elicitation/create', params: { message: 'is it alice@example.com?' } }],
    ['a completion', { id: 1, result: { completion: { values: ['alice@example.com'] } } }],
    ['an unknown member', { id: 1, extra: { deep: 'alice@example.com' } }],
    ['something that is no object', ['alice@example.com']],
  ])('is masked in %s', (_what, message) => {
    expect(JSON.stringify(masker.maskMessage(message as Json, hidden).client)).not.toContain('alice');
  });

  it('stays JSON where a text is JSON', () => {
    const data = {
      card: 4111111111111111,
      list: [4111111111111111, 'alice@example.com'],
      said: 'he said "alice@example.com, 4111111111111111"\n4111111111111111',
      nested: JSON.stringify({ ssn: 78051120, mail: 'alice@example.com' }),
      'bob@example.com': 1,
    };
    for (const space of [undefined, 2]) {
      const text = JSON.stringify(data, null, space);
      const { client } = masker.maskMessage({ id: 1, result: { content: [{ type: 'text', text }] } }, hidden);
      const masked = JSON.parse((client as { result: { content: [{ text: string }] } }).result.content[0].text);
      expect(masked).toMatchObject({ card: 0, list: [0, '[masked:email]'], '[masked:email]': 1 });
      expect(JSON.stringify(masked)).not.toMatch(/4111|alice|bob@|78051120/);
    }
  });

  it('delivers images and blobs as they came, counts them as uninspected, and keeps them out of the record', () => {
    const message = {
      id: 1,
      result: {
        content: [{ type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' }],
        contents: [{ uri: 'x:y', blob: 'AAAA' }],
      },
    };
    const { client, record, exposure } = masker.maskMessage(message, hidden);
    expect(client).toBe(message);
    expect(record).toMatchObject({
      result: {
        content: [{ data: '[uninspected: 12 characters]' }],
        contents: [{ blob: '[uninspected: 4 characters]' }],
      },
    });
    expect(exposure).toEqual([{ class: 'binary', outcome: 'uninspected', count: 2 }]);
  });
});

describe('the exposure', () => {
  it(proves('masking.exposure', 'is counted by class and outcome, in a fixed order'), () => {
    expect(masker.maskMessage(customer, revealing('card')).exposure).toEqual([
      { class: 'card', outcome: 'revealed', count: 2 },
      { class: 'email', outcome: 'masked', count: 2 },
      { class: 'us-ssn', outcome: 'masked', count: 1 },
    ]);
    expect(masker.maskMessage(customer, hidden).exposure).toEqual([
      { class: 'card', outcome: 'masked', count: 2 },
      { class: 'email', outcome: 'masked', count: 2 },
      { class: 'us-ssn', outcome: 'masked', count: 1 },
    ]);
  });
});

describe('maskRequest', () => {
  it('masks everything a client sent, names and numbers included', () => {
    expect(
      masker.maskRequest({ name: 'alice@example.com', arguments: { card: 4111111111111111, uri: 'a@b.org' } }),
    ).toEqual({
      name: '[masked:email]',
      arguments: { card: 0, uri: '[masked:email]' },
    });
  });
});

describe('createMasker', () => {
  it('refuses a class it has no detector for', () => {
    expect(() => createMasker({ classes: ['card', 'passport', 'tattoo'] })).toThrow('passport, tattoo');
  });

  it('looks for the named classes only', () => {
    const one = createMasker({ classes: ['email'] });
    expect(one.maskRequest('alice@example.com 4111111111111111')).toBe('[masked:email] 4111111111111111');
    expect(createMasker({ classes: [] }).maskRequest({ a: 'alice@example.com', b: 4111111111111111 })).toEqual({
      a: 'alice@example.com',
      b: 4111111111111111,
    });
  });

  it('refuses what is nested too deep, instead of delivering it', () => {
    let deep: Json = 'alice@example.com';
    for (let level = 0; level < 300; level += 1) deep = [deep];
    expect(() => masker.maskRequest(deep)).toThrow(RangeError);
  });
});
