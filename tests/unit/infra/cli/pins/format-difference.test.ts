import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDefinitions } from '../../../../../infra/cli/pins/definition-difference.ts';
import { formatDifference, NO_PAINT } from '../../../../../infra/cli/pins/format-difference.ts';
import { digestTool } from '../../../../../shared/config/tool-digest.ts';
import type { JsonObject } from '../../../../../shared/json/value.ts';
import { proves } from '../../../../requirements.ts';

const BEFORE: JsonObject = {
  name: 'refund',
  description: 'Refunds a payment.',
  inputSchema: {
    type: 'object',
    properties: {
      amount: { type: 'integer', maximum: 500 },
      place: { type: 'object', properties: { city: { type: 'string' } } },
      tags: { type: 'array', items: { type: 'string' } },
      note: { type: 'string' },
    },
    required: ['amount'],
  },
  annotations: { destructiveHint: true },
};

const linesFor = (before: JsonObject, after: JsonObject) =>
  compareDefinitions(before, after).flatMap((difference) => formatDifference(difference, NO_PAINT));
const linesOf = (change: JsonObject) => linesFor(BEFORE, { ...BEFORE, ...change });
const input = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  inputSchema: { type: 'object', properties, required: ['amount'], ...more },
});
const { amount, place, tags, note } = {
  amount: { type: 'integer', maximum: 500 },
  place: { type: 'object', properties: { city: { type: 'string' } } },
  tags: { type: 'array', items: { type: 'string' } },
  note: { type: 'string' },
};

describe('a changed definition', () => {
  it(proves('pin.diff', 'shows texts word by word, and what came and went'), () => {
    expect(linesOf({ description: 'Refunds one payment.\nThen \u200bmore.', title: 'Refund' })).toEqual([
      '~ description',
      '    Refunds [-a-]{+one+} payment{+.',
      '    Then \\u{200b}more+}.',
      '+ title: "Refund"',
    ]);
    const { description: _, ...silent } = BEFORE;
    expect(linesFor(BEFORE, silent)).toEqual(['- description', '    Refunds a payment.']);
  });

  it(proves('pin.diff', 'shows each property added, removed, of another type, and required or no more'), () => {
    expect(
      linesOf(
        input(
          {
            amount: { type: 'number', maximum: 500 },
            place: { type: 'object', properties: { city: { type: 'integer' }, zone: {} } },
            tags: { type: 'array', items: { type: 'integer' } },
            currency: { type: 'string' },
          },
          { required: ['currency'] },
        ),
      ),
    ).toEqual([
      '~ input amount type: "integer" → "number"',
      '~ input place.city type: "string" → "integer"',
      '+ input place.zone: {}',
      '~ input tags[] type: "string" → "integer"',
      '- input note: {"type": "string"}',
      '+ input currency: {"type": "string"}',
      '~ input amount: is required no more',
      '~ input currency: is now required',
    ]);
  });

  it(proves('pin.diff', 'shows keywords, annotations and whole schemas that came or went'), () => {
    expect(linesOf(input({ amount: { type: 'integer' }, place, tags, note }, { additionalProperties: false }))).toEqual(
      ['- input amount maximum: 500', '+ input additionalProperties: false'],
    );
    expect(linesOf({ annotations: { destructiveHint: false, readOnlyHint: true } })).toEqual([
      '~ annotations destructiveHint: true → false',
      '+ annotations readOnlyHint: true',
    ]);
    expect(
      linesOf({ outputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } }),
    ).toEqual(['+ output type: "object"', '+ output id: {"type": "string"}', '~ output id: is now required']);
    expect(linesOf({ outputSchema: {} })).toEqual(['+ output: {}']);
    expect(linesOf({ _meta: { build: 2 } })).toEqual(['+ _meta (not part of the pin): {"build": 2}']);
  });

  it('shows a list whose order alone changed, and types that became several', () => {
    const two = input({ amount, place, tags, note }, { required: ['amount', 'note'] });
    const turned = input({ amount, place, tags, note }, { required: ['note', 'amount'] });
    expect(linesFor(two, turned)).toEqual(['~ input required: ["amount", "note"] → ["note", "amount"]']);
    expect(linesOf(input({ amount: { ...amount, type: ['integer', 'null'] }, place, tags, note }))).toEqual([
      '~ input amount type: "integer" → ["integer", "null"]',
    ]);
  });

  it('lets no text of the upstream look like a mark, a line or a colour of ours', () => {
    expect(linesOf({ description: 'Refunds a {+good+} payment.\n+ crm/other\u001b[0m "x' })).toEqual([
      '~ description',
      '    Refunds a {+\\u{7b}+good\\u{2b}} +}payment.{+',
      '    + crm/other\\u{1b}[0m "x+}',
    ]);
    expect(linesOf({ annotations: { destructiveHint: true, 'a"\u202e': 'x"\n' } })).toEqual([
      '+ annotations "a\\"\\u202e"',
      '    x"',
      '    ',
    ]);
  });

  it('shows something whenever the digest changed', () => {
    const aSchema = fc.dictionary(
      fc.constantFrom('type', 'properties', 'required', 'enum', 'items', '$defs', 'title'),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const aTool = fc.record(
      { name: fc.constant('t'), inputSchema: aSchema, annotations: aSchema },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(aTool, aTool, (one, other) => {
        // Through JSON: no prototypes, no -0.
        const [before, after] = [JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other))];
        const isSame = digestTool(before) === digestTool(after);
        expect(linesFor(before, after).length === 0).toBe(isSame);
      }),
      { numRuns: 500 },
    );
  });
});
