/**
 * Two readers, one message (DESIGN §2.2: what policy judged is what is sent). An independent strict reader looks at what the
 * client wrote, at the bytes that the upstream got and at the intent on record: all three are one value, or nothing was sent.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callText } from '../flows/support/tools.ts';
import { proves } from '../requirements.ts';
import { isSameNode, memberOf, type Node, NotOneReading, readReference } from './support/reference-json.ts';
import { type Scene, startScene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.end());

/** A few that collide: by escapes, by case, by folding, or with what a prototype has. */
const KEYS = [
  'a',
  'A',
  'b',
  '\u00e9',
  '\u00c9',
  's',
  '\u017f',
  'k',
  '\u212a',
  '',
  'constructor',
  'toString',
  'id2',
  '\ud800',
];
const NUMBERS = [
  '0',
  '-0',
  '1',
  '1.0',
  '1e2',
  '1E+2',
  '-1.50',
  '9007199254740993',
  '1e400',
  '0.1',
  '12345678901234567890',
];

/** JSON text, written in one of the ways in which its value can be written, and at times in one that is wrong. */
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n ');
const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('x', 'y', ' ', '/', '\u00e9', '\u{1f600}', '\u2028', '<') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '\\n',
      '\\"',
      '\\\\',
      '\\/',
      '\\u0041',
      '\\u00E9',
      '\\ud83d\\ude00',
      '\\ud800',
      '\\u0000',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('\\x', '\u0001', '\\u12', '"') },
);
const text = fc.array(character, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`);
const keyText = fc.tuple(fc.constantFrom(...KEYS), fc.boolean()).map(([key, isEscaped]) => {
  const escaped = [...Array(key.length).keys()].map((at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, '0')}`);
  return isEscaped ? `"${escaped.join('')}"` : JSON.stringify(key);
});
const scalar = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('null', 'true', 'false', ...NUMBERS) },
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom('01', '+1', '.5', '1.', 'NaN', 'nul', '0x1', "'x'", 'undefined') },
);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.tuple(fc.array(tie('value'), { maxLength: 3 }), space).map(([items, gap]) => `[${gap}${items.join(`,${gap}`)}]`),
    fc
      .tuple(fc.array(fc.tuple(keyText, tie('value')), { maxLength: 4 }), space)
      .map(([members, gap]) => `{${gap}${members.map(([key, each]) => `${key}${gap}:${each}`).join(`${gap},`)}}`),
  ),
}));
const message = fc
  .record({
    id: fc.constantFrom('1', '"1"', '-0', '9007199254740993', '"\\u0031"', '1.0', 'null'),
    extra: fc.oneof(
      { weight: 5, arbitrary: fc.constant('') },
      fc.tuple(keyText, value).map(([key, each]) => `,${key}:${each}`),
    ),
    value,
    gap: space,
    tail: fc.oneof({ weight: 8, arbitrary: space }, fc.constantFrom('x', '{}', '\0', ',')),
  })
  .map(({ id, extra, value: given, gap, tail }) => {
    const args = `{"id":"n1",${gap}"value":${given}${extra}}`;
    const params = `{"name":"read_note",${gap}"arguments":${args}}`;
    return `${gap}{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}${tail}`;
  });

/** What a strict reader makes of it; undefined where there is no one reading. */
function readOrNot(bytes: Uint8Array): Node | undefined {
  try {
    return readReference(bytes);
  } catch (error) {
    if (error instanceof NotOneReading) return undefined;
    throw error;
  }
}

/** Two keys of one object that some reader takes for one: by Unicode's simple folding, done here by the regular expression engine. */
function hasTwins(node: Node | undefined): boolean {
  if (node?.kind === 'array') return node.items.some(hasTwins);
  if (node?.kind !== 'object') return false;
  const keys = node.members.map(([key]) => key);
  const isTwin = (left: string, right: string) =>
    left.length === right.length &&
    new RegExp(`^${left.replace(/[^\w]/g, (unit) => `\\u{${unit.charCodeAt(0).toString(16)}}`)}$`, 'iu').test(right);
  const twins = keys.some((key, at) => keys.slice(at + 1).some((other) => isTwin(key, other)));
  return twins || node.members.some(([, each]) => hasTwins(each));
}

describe('the reference reader', () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '\uFEFF1',
    '01',
    '1.',
    '"\\x"',
    '"\x01"',
    '1 2',
    '[1,]',
    '{,}',
    'nul',
    '',
  ])('refuses %j', (json) => {
    expect(() => readReference(Buffer.from(json))).toThrow(NotOneReading);
  });

  it('reads what JSON.parse reads, and keeps how numbers were written', () => {
    const toValue = (node: Node): unknown => {
      if (node.kind === 'object') return Object.fromEntries(node.members.map(([key, each]) => [key, toValue(each)]));
      if (node.kind === 'array') return node.items.map(toValue);
      return node.kind === 'number' ? Number(node.text) : node.kind === 'string' ? node.text : JSON.parse(node.kind);
    };
    const anyJson = fc
      .jsonValue()
      .map((each) => JSON.stringify(each))
      .filter((json) => !json.includes('__proto__'));
    fc.assert(
      fc.property(anyJson, (json) => {
        expect(toValue(readReference(Buffer.from(json)))).toEqual(JSON.parse(json));
      }),
    );
    expect(readReference(Buffer.from('1.50'))).toEqual({ kind: 'number', text: '1.50' });
  });
});

describe('over the wire', () => {
  it(
    proves('smuggling.differential', 'the client’s text, the upstream’s bytes and the intent on record are one value'),
    async () => {
      const tally = { sent: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(message, async (json) => {
          const written = readOrNot(Buffer.from(json));
          const { answer, arrived, records } = await scene.attack({ body: json });
          const [intent] = records.filter(({ kind }) => kind === 'intent');
          if (arrived.length === 0) {
            // Nothing sent, nothing intended, and the refusal is on record.
            expect(records.map(({ kind }) => kind)).toEqual(['refusal']);
            const id = memberOf(written, 'id');
            const isGoodId = id?.kind === 'string' || (id?.kind === 'number' && !id.text.includes('.'));
            // Only what has no one reading is refused.
            expect(written !== undefined && isGoodId && !hasTwins(written)).toBe(false);
            tally.refused += 1;
            return;
          }
          expect([answer.status, arrived.length]).toEqual([200, 1]);
          const got = readOrNot(arrived[0]?.bytes ?? Buffer.alloc(0));
          expect(got).toBeDefined();
          expect(hasTwins(got)).toBe(false);
          expect(isSameNode(got, written)).toBe(true);
          const recorded = memberOf(readOrNot(Buffer.from(intent?.text ?? '')), 'request');
          expect(isSameNode(memberOf(got, 'params'), recorded)).toBe(true);
          tally.sent += 1;
        }),
        { numRuns: 300, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
      );
      // Both kinds came up, or this proves nothing.
      expect(Math.min(tally.sent, tally.refused)).toBeGreaterThan(20);
    },
  );

  it(
    proves('smuggling.differential', 'an amount that arrives is one that policy allows, however it was written'),
    async () => {
      const amount = fc.oneof(
        fc.integer({ min: -200, max: 300 }).map(String),
        fc.constantFrom(
          '100.0',
          '1e2',
          '1.0E+2',
          '100.00000000000000001',
          '101e-0',
          '1e400',
          '-0',
          '1e-400',
          '"5"',
          'null',
          '[5]',
        ),
        fc
          .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: -3, max: 3 }))
          .map(([digits, exponent]) => `${digits}e${exponent}`),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }).map(String),
      );
      const arrivedOnes: string[] = [];
      await fc.assert(
        fc.asyncProperty(amount, async (written) => {
          const attack = await scene.attack({ body: callText('pay', `{"amount":${written}}`) });
          // On a slow machine a call of the property before, cut off by its time limit, may come in late.
          const arrived = attack.arrived.filter(({ body }) => body.includes('"pay"'));
          if (arrived.length === 0) return;
          const got = memberOf(
            memberOf(memberOf(readReference(arrived[0]?.bytes ?? Buffer.alloc(0)), 'params'), 'arguments'),
            'amount',
          );
          expect(got).toEqual({ kind: 'number', text: written });
          expect(isWithin(written, 1n, 100n)).toBe(true);
          arrivedOnes.push(written);
        }),
        { numRuns: 150, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
      );
      expect(arrivedOnes.length).toBeGreaterThan(10);
    },
  );
});

/** In whole numbers only: `digits × 10^exponent` against the bounds, both brought to one exponent. */
function isWithin(written: string, least: bigint, most: bigint): boolean {
  const [, sign = '', whole = '', decimals = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written) ?? [];
  const digits = BigInt(`${sign}${whole}${decimals}`);
  const power = Number(exponent) - decimals.length;
  const scale = 10n ** BigInt(Math.abs(power));
  return power < 0
    ? digits >= least * scale && digits <= most * scale
    : digits * scale >= least && digits * scale <= most;
}
