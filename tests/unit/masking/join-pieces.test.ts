/** Data in parts: what only neighbours together show, and lists that are no parts of anything. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../shared/json/value.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { proves } from '../../requirements.ts';

const masker = createMasker({ classes: ['card', 'us-ssn', 'iban', 'email', 'phone', 'secret'] });
const mask = (value: Json) => masker.maskRequest(value);
const blocks = (...texts: string[]) => texts.map((text) => ({ type: 'text', text }));

describe('data in parts', () => {
  it.each([
    ['two blocks', ['it is 078-05-', '1120, keep it'], ['it is [masked:us-ssn]', '[masked:us-ssn], keep it']],
    ['three blocks', ['a 078-', '05-', '1120 b'], ['a [masked:us-ssn]', '[masked:us-ssn]', '[masked:us-ssn] b']],
    [
      'two blocks, a key',
      ['use ghp_aB3dE5gH7kaB3d', 'E5gH7kaB3dE5gH7kaB3dE5 now'],
      ['use [masked:secret]', '[masked:secret] now'],
    ],
    ['two blocks, an address', ['write to alice@exam', 'ple.com!'], ['write to [masked:email]', '[masked:email]!']],
  ])(proves('masking.split', 'is hidden in each of %s'), (_how, texts, expected) => {
    expect(mask(blocks(...texts))).toEqual(blocks(...expected));
  });

  it(proves('masking.split', 'is hidden in items, rows and character codes'), () => {
    const card = '[masked:card]';
    expect(mask(['4111', '1111', '1111', '1111'])).toEqual([card, card, card, card]);
    expect(
      mask([
        { p: '078', q: 'x' },
        { p: '05', q: 'y' },
        { p: '1120', q: 'z' },
      ]),
    ).toEqual([
      { p: '[masked:us-ssn]', q: 'x' },
      { p: '[masked:us-ssn]', q: 'y' },
      { p: '[masked:us-ssn]', q: 'z' },
    ]);
    const codes = [...'078-05-1120'].map((character) => character.charCodeAt(0));
    expect(mask(codes)).toEqual(codes.map(() => 0));
  });

  it('is hidden whatever policy reveals, and counted once', () => {
    const message = { jsonrpc: '2.0', id: 1, result: { content: blocks('078-05-', '1120') } };
    const { client, exposure } = masker.maskMessage(message, { server: 'crm', revealed: new Set(['us-ssn']) });
    expect(JSON.stringify(client)).not.toMatch(/078|1120/);
    expect(exposure).toEqual([{ class: 'us-ssn', outcome: 'masked', count: 1 }]);
  });

  it('is found at the edges of long blocks', () => {
    const words = 'and so it went on for a while. '.repeat(100);
    const [one, two] = mask(blocks(`${words}078-05-`, `1120 ${words}`)) as [{ text: string }, { text: string }];
    expect(one.text).toBe(`${words}[masked:us-ssn]`);
    expect(two.text).toBe(`[masked:us-ssn] ${words}`);
  });

  it.each([
    [['12345678', '90123456', '41111111', '11111111']],
    [['2019', '2020', '2021', '2022']],
    [['urgent', 'vip-1', 'b2b']],
    [[10, 20, 30, 40, 50, 60, 70, 80, 90]],
    [blocks('See 12.', '34 more are below.')],
    [[{ n: '1' }, { n: '2' }, { n: '3' }]],
    [['1.2.3', '1.2.4', '2.0.0-rc.1']],
  ])('is not seen in %j', (list) => {
    expect(mask(list)).toBe(list);
  });
});
