/** tools.lock.json is believed only where each digest fits its definition. */
import { describe, expect, it } from 'vitest';
import { digestTool } from '../../../shared/config/tool-digest.ts';
import { readToolsLock } from '../../../shared/config/tools-lock.ts';
import type { JsonObject } from '../../../shared/json/value.ts';
import { proves } from '../../requirements.ts';
import { goodLock, refundPayment } from './folder.ts';

function problemsOf(text: string): string[] {
  return readToolsLock(text).problems.map(({ path, message }) => `${path}: ${message}`);
}

function lockOf(pin: unknown, tool = 'refund_payment'): string {
  return JSON.stringify({ version: 1, servers: { crm: { [tool]: pin } } });
}

const digest = digestTool(refundPayment);

describe('readToolsLock', () => {
  it('gives each pinned tool by server and name', () => {
    const { lock, problems } = readToolsLock(goodLock);
    expect(problems).toEqual([]);
    expect(lock?.servers.get('crm')?.get('refund_payment')).toEqual({
      name: 'refund_payment',
      digest,
      definition: refundPayment,
    });
  });

  it('keeps numbers of a definition exactly', () => {
    const inputSchema = '{"maximum":9007199254740993}';
    const pinned = digestTool({ name: 't', inputSchema: { maximum: 9007199254740992 } });
    const text = `{"version":1,"servers":{"crm":{"t":{"digest":"${pinned}","definition":{"name":"t","inputSchema":${inputSchema}}}}}}`;
    const { lock } = readToolsLock(text);
    expect(JSON.stringify(lock?.servers.get('crm')?.get('t')?.definition.inputSchema)).toBe(inputSchema);
  });

  it.each([
    [
      'an edited definition',
      lockOf({ digest, definition: { ...refundPayment, description: 'Harmless.' } }),
      'servers.crm.refund_payment.digest: does not fit the definition: pin the tool again',
    ],
    [
      'a tool under another name',
      lockOf({ digest, definition: refundPayment }, 'refund'),
      'servers.crm.refund.definition.name: is not the key it stands under',
    ],
    [
      'a definition without a schema',
      lockOf({ digest: digestTool({ name: 'refund_payment' }), definition: { name: 'refund_payment' } }),
      'servers.crm.refund_payment.definition.inputSchema: must be a JSON Schema object',
    ],
    [
      'a digest that is none',
      lockOf({ digest: 'abc', definition: refundPayment }),
      'servers.crm.refund_payment.digest: must be 64 hexadecimal digits',
    ],
    [
      'an unknown key',
      lockOf({ digest, definition: refundPayment, pinnedBy: 'mallory' }),
      'servers.crm.refund_payment.pinnedBy: is not a known key',
    ],
    ['another version', goodLock.replace('"version":1', '"version":2'), 'version: must be 1'],
    ['a server name that is none', goodLock.replace('"crm"', '"../crm"'), 'servers["../crm"]: is not a server name'],
    [
      'a duplicate key',
      goodLock.replace('"version":1', '"version":1,"version":1'),
      ': is not JSON as it is read here: the key "version" stands twice in one object',
    ],
    ['a cut file', goodLock.slice(0, -2), ': is not JSON as it is read here: not JSON'],
  ])('refuses %s', (_name, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
    expect(readToolsLock(text).lock).toBeUndefined();
  });

  const schemaWith = (schema: JsonObject): JsonObject => ({ ...refundPayment, inputSchema: schema });
  const pinOf = (definition: JsonObject, tool?: string): string =>
    lockOf({ digest: digestTool(definition), definition }, tool);

  it.each([
    [
      'a tool of a name that the gateway adds',
      pinOf({ ...refundPayment, name: 'Sallyport_Await_Approval' }, 'Sallyport_Await_Approval'),
      'Sallyport_Await_Approval.definition.name',
    ],
    [
      'an argument of a name that the gateway adds',
      pinOf(schemaWith({ properties: { amount: {}, sallyport_justification: { type: 'string' } } })),
      'refund_payment.definition.inputSchema.properties.sallyport_justification',
    ],
    [
      'one in another case',
      pinOf(schemaWith({ properties: { SALLYPORT_Repeat: {} } })),
      'refund_payment.definition.inputSchema.properties.SALLYPORT_Repeat',
    ],
    [
      'one that only upper case makes the same',
      pinOf(schemaWith({ properties: { ſallyport_repeat: {} } })),
      'refund_payment.definition.inputSchema.properties["ſallyport_repeat"]',
    ],
    [
      'one behind a reference or a combination',
      pinOf(schemaWith({ allOf: [{ $ref: '#/$defs/A' }], $defs: { A: { properties: { sallyport_x: {} } } } })),
      'refund_payment.definition.inputSchema.$defs.A.properties.sallyport_x',
    ],
  ])(proves('config.own-names', 'refuses %s'), (_name, text, place) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.replaceAll('["$defs"]', '.$defs')).toBe(
      `servers.crm.${place}: is a name that the gateway keeps for itself: it begins with sallyport_`,
    );
    expect(readToolsLock(text).lock).toBeUndefined();
  });

  it('lets the gateway’s name stand in text, and inside other names', () => {
    const definition = schemaWith({ properties: { my_sallyport_x: { description: 'sallyport_x' }, sallyport: {} } });
    expect(problemsOf(pinOf(definition))).toEqual([]);
  });

  it('names every pin that is wrong', () => {
    const pin = { digest: '0'.repeat(64), definition: refundPayment };
    const text = JSON.stringify({ version: 1, servers: { a: { refund_payment: pin }, b: { refund_payment: pin } } });
    expect(problemsOf(text).map((line) => line.split(':')[0])).toEqual([
      'servers.a.refund_payment.digest',
      'servers.b.refund_payment.digest',
    ]);
  });
});
