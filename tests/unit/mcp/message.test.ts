import { describe, expect, it } from 'vitest';
import { readClientMessage, toJson } from '../../../shared/mcp/message.ts';
import { proves } from '../../requirements.ts';

const read = (text: string) => readClientMessage(Buffer.from(text), 64);
const codeOf = (text: string) => {
  const message = read(text);
  return message.ok ? message.value.kind : message.error.code;
};

describe('one message', () => {
  it.each([
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 'batch'],
    ['a bare value', '"ping"', 'not-a-message'],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"ping"}', 'not-a-message'],
    ['no method and no result', '{"jsonrpc":"2.0","id":1}', 'not-a-message'],
    ['a null id', '{"jsonrpc":"2.0","id":null,"method":"ping"}', 'not-a-message'],
    ['a fractional id', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 'not-a-message'],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"ping"}', 'not-a-message'],
    ['a huge id', `{"jsonrpc":"2.0","id":"${'x'.repeat(2000)}","method":"ping"}`, 'not-a-message'],
    ['params as a list', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', 'not-a-message'],
    ['a request that is also a response', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', 'not-a-message'],
    ['a response with result and error', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', 'not-a-message'],
    ['twin methods', '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}', 'duplicate-key'],
    ['a method in another case', '{"jsonrpc":"2.0","id":1,"Method":"ping"}', 'not-a-message'],
    ['an empty method', '{"jsonrpc":"2.0","id":1,"method":""}', 'not-a-message'],
  ])(proves('reader.strict', 'refuses %s'), (_name, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it.each([
    ['{"jsonrpc":"2.0","id":"a","method":"ping"}', 'request'],
    ['{"jsonrpc":"2.0","id":9007199254740993,"method":"ping","params":{"n":1.0}}', 'request'],
    ['{"jsonrpc":"2.0","method":"notifications/initialized"}', 'notification'],
    ['{"jsonrpc":"2.0","id":3,"result":{}}', 'response'],
  ])(proves('reader.numbers', 'reads and writes %s unchanged'), (text, kind) => {
    const message = read(text);
    expect(message.ok && message.value.kind).toBe(kind);
    expect(message.ok && JSON.stringify(toJson(message.value))).toBe(text);
  });
});
