/** Structured content that fits its tool's output schema fits it once it is masked, or nothing of the answer is delivered. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../shared/config/classes.ts';
import type { Json, JsonObject } from '../../shared/json/value.ts';
import { createMasker } from '../../shared/masking/mask.ts';
import { NoFit } from '../../shared/masking/output-schema/fit.ts';
import { proves } from '../requirements.ts';

const EMAIL = 'zaphod.quux@bluebird.example.org';
const CARD = '4539148803436467';
const SECRETS = [EMAIL, CARD];

/** A schema, and a value that fits it. */
interface Fitting {
  readonly schema: JsonObject;
  readonly value: Json;
}

const fitting = (schema: JsonObject, value: Json): Fitting => ({ schema, value });

const texts: fc.Arbitrary<Fitting> = fc.oneof(
  fc.constantFrom(
    fitting({ type: 'string' }, EMAIL),
    fitting({ type: 'string', format: 'email' }, EMAIL),
    fitting({ type: 'string', minLength: 20, maxLength: 40 }, EMAIL),
    fitting({ type: 'string', maxLength: 16 }, CARD),
    fitting({ type: 'string', pattern: '^[0-9]{16}$' }, CARD),
    fitting({ type: 'string', pattern: '^[A-Z]{3}-\\d{3}$' }, 'ABC-123'),
    fitting({ type: ['string', 'null'], pattern: '^\\d+$' }, CARD),
    fitting({ type: 'string', format: 'date' }, '1984-02-29'),
    fitting({ type: 'string', format: 'uri' }, `mailto:${EMAIL}`),
    fitting({ enum: ['low', 'high'] }, 'high'),
    fitting({ enum: [EMAIL, 'nobody'] }, EMAIL),
    fitting({ const: 'fixed' }, 'fixed'),
    fitting({ anyOf: [{ type: 'string', format: 'email' }, { type: 'integer' }] }, EMAIL),
    fitting(
      {
        oneOf: [
          { type: 'string', maxLength: 3 },
          { type: 'string', minLength: 4 },
        ],
      },
      EMAIL,
    ),
    fitting({ $ref: '#/$defs/address' }, EMAIL),
  ),
  fc.string({ maxLength: 8 }).map((text) => fitting({ type: 'string' }, text)),
);

const numbers: fc.Arbitrary<Fitting> = fc.constantFrom(
  fitting({ type: 'integer' }, Number(CARD)),
  fitting({ type: 'integer', minimum: 1, maximum: 9_000_000_000_000_000 }, Number(CARD)),
  fitting({ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5 }, 0.25),
  fitting({ type: 'integer', multipleOf: 7, minimum: 10 }, 70),
  fitting({ type: 'number', minimum: 100, maximum: 200 }, 150.5),
  fitting({ enum: [1, 2] }, 2),
  fitting({ anyOf: [{ type: 'null' }, { type: 'integer', minimum: 5 }] }, 9),
);

const booleans: fc.Arbitrary<Fitting> = fc.constantFrom(
  fitting({ type: 'boolean' }, true),
  fitting({ const: true }, true),
);

/** Names that rules know, and others. */
const name = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom('pay', 'secretive', 'contact', 'plain', 'note') },
  { weight: 1, arbitrary: fc.constant(EMAIL) },
);

const { any } = fc.letrec<{ any: Fitting; object: Fitting; list: Fitting }>((tie) => ({
  any: fc.oneof({ maxDepth: 2 }, texts, numbers, booleans, tie('object'), tie('list')),
  object: fc
    .tuple(fc.dictionary(name, tie('any'), { maxKeys: 3 }), fc.boolean(), fc.boolean())
    .map(([members, isRequired, isClosed]) => {
      const names = Object.keys(members);
      const of = (pick: (each: Fitting) => Json) =>
        Object.fromEntries(names.map((each) => [each, pick(members[each] ?? fitting({}, null))]));
      const schema = {
        type: 'object',
        properties: of((each) => each.schema),
        ...(isRequired ? { required: names } : {}),
      };
      return fitting(
        { ...schema, ...(isClosed ? { additionalProperties: false } : {}) },
        of((each) => each.value),
      );
    }),
  list: fc
    .tuple(tie('any'), fc.integer({ min: 0, max: 2 }), fc.boolean())
    .map(([{ schema, value }, length, isUnique]) =>
      fitting(
        { type: 'array', items: schema, ...(isUnique && length < 2 ? { uniqueItems: true } : {}) },
        Array(length).fill(value),
      ),
    ),
}));

const action = fc.constantFrom(...ACTIONS);

describe('masked structured content', () => {
  it(proves('mask.output-schema', 'fits the output schema that the original fitted, or is withheld'), () => {
    let delivered = 0;
    let withheld = 0;
    fc.assert(
      fc.property(fc.dictionary(name, any, { minKeys: 1, maxKeys: 4 }), action, action, (members, forPay, forEmail) => {
        const names = Object.keys(members);
        const at = (pick: (each: Fitting) => Json) =>
          Object.fromEntries(names.map((each) => [each, pick(members[each] ?? fitting({}, null))]));
        const outputSchema: JsonObject = {
          type: 'object',
          properties: at((each) => each.schema),
          required: names,
          $defs: { address: { type: 'string', format: 'email' } },
        };
        const masker = createMasker({
          classes: ['email', 'card', 'pay'],
          custom: new Map([['pay', {}]]),
          rules: [
            { class: 'pay', column: 'pay', action: forPay },
            { class: 'pay', path: '$..secretive' },
          ],
          actions: new Map([['email', forEmail]]),
          nameToken: () => '0123456789abcdef0123456789abcdef',
          outputSchemaOf: () => outputSchema,
        });
        const ajv = new Ajv2020({ strict: false });
        addFormats.default(ajv);
        const validate = ajv.compile(outputSchema);
        const original = at((each) => each.value);
        fc.pre(validate(original));
        const message = { id: 1, result: { structuredContent: original } };
        try {
          const { client } = masker.maskMessage(message, { server: 'crm', tool: 't', revealed: new Set() });
          const { structuredContent } = (client as typeof message).result;
          expect(
            validate(structuredContent),
            JSON.stringify([outputSchema, original, structuredContent, validate.errors]),
          ).toBe(true);
          const shown = JSON.stringify(structuredContent);
          for (const secret of SECRETS) {
            for (let from = 0; from + 6 <= secret.length; from += 1)
              expect(shown).not.toContain(secret.slice(from, from + 6));
          }
          delivered += 1;
        } catch (cause) {
          if (!(cause instanceof NoFit)) throw cause;
          withheld += 1;
        }
      }),
      { numRuns: 500 },
    );
    // Withheld is the exception: where the very names that a schema wants are data.
    expect(delivered).toBeGreaterThan(withheld);
  });
});
