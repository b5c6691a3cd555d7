/** What `sallyport pin` refuses to write, because the gateway would refuse to load it. */
import { describe, expect, it } from 'vitest';
import { pinTools } from '../../../../infra/cli/tools-lock-file.ts';
import type { JsonObject } from '../../../../shared/json/value.ts';
import { proves } from '../../../requirements.ts';

const refund: JsonObject = { name: 'refund', inputSchema: { type: 'object', properties: { amount: {} } } };

describe('pinning', () => {
  it('keeps a definition under its name with its digest', () => {
    expect(pinTools('crm', [refund]).get('refund')).toEqual({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      definition: refund,
    });
  });

  it.each<[string, JsonObject]>([
    ['tool', { ...refund, name: 'sallyport_await_approval' }],
    ['argument', { ...refund, inputSchema: { properties: { Sallyport_Repeat: { type: 'boolean' } } } }],
  ])(proves('config.own-names', 'is refused where a %s has a name that the gateway adds'), (_what, definition) => {
    expect(() => pinTools('crm', [definition])).toThrow('uses a name the gateway keeps: sallyport_…');
  });
});
