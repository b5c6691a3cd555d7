/** What holds of a card for any text from outside: it is shown plainly, it leads nowhere, and it fits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../shared/approvals/card.ts';
import { readCommand } from '../../shared/approvals/replies/command.ts';
import { escapeText } from '../../shared/approvals/replies/words.ts';
import { readShortCode } from '../../shared/approvals/short-code.ts';
import { proves } from '../requirements.ts';
import { makeApproval } from '../unit/approvals/approval-fixture.ts';
import { takeApart } from '../unit/approvals/card-parts.ts';

const publicUrl = 'https://gateway.example';

const tricks = fc.constantFrom(
  '[here](https://evil.example)',
  '**bold**',
  '_it_',
  '\n- item',
  '\r1. one',
  '<at>everybody</at>',
  '<b>',
  '{{DATE(2026-01-01T00:00:00Z, SHORT)}}',
  '{{time(x)}}',
  '\u202e',
  '\u200b',
  '\u2028',
  '\ufeff',
  '\u{e0041}',
  '\ud800',
  '\u00a0'.repeat(9),
  ' '.repeat(9),
  '\u3164',
  'e\u0301\u0301\u0301\u0301',
  '"',
  '\\',
  '```',
  '&lt;',
);
const outside = fc
  .array(fc.oneof(tricks, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 30 })
  .map((parts) => parts.join(''));

const plain = takeApart(createCard(makeApproval({ justification: 'x', preview: '{' }), { publicUrl, mayReply: true }));

describe('a card', () => {
  it(proves('teams.card-inert', 'has no text from outside where markup is read, whatever it is'), () => {
    fc.assert(
      fc.property(fc.array(outside, { minLength: 8, maxLength: 8 }), fc.json(), (texts, json) => {
        const [tool = '', server = '', name = '', agent = '', reason = '', justification = '', raw = '', id = ''] =
          texts;
        const { requester } = makeApproval();
        const approval = makeApproval({
          tool,
          server,
          justification,
          reasons: [reason],
          preview: raw.length % 2 === 0 ? json : raw,
          requester: { ...requester, principal: { ...requester.principal, name }, agent: { id, name: agent } },
        });
        const card = createCard(approval, { publicUrl, mayReply: true });
        const { blocks, runs, urls, others } = takeApart(card);
        expect(plain.blocks).toEqual(expect.arrayContaining([...new Set(blocks)]));
        expect(plain.others).toEqual(expect.arrayContaining([...new Set(others)]));
        expect(urls).toEqual(plain.urls);
        for (const run of runs) {
          expect(run).not.toMatch(/\{\{\s*(DATE|TIME)\s*\(/i);
          // Our own indentation aside.
          expect(run.replace(/^\u00a0+/, '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\u00a0\u3164\u2800]|\p{M}{3}| {3}/u);
        }
        expect(Buffer.byteLength(JSON.stringify(card))).toBeLessThan(24 * 1_024);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an answer in the channel', () => {
  it(proves('teams.card-inert', 'has no sign of Markdown or HTML in what it quotes, and loses nothing'), () => {
    fc.assert(
      fc.property(outside, (text) => {
        const escaped = escapeText(text);
        const bare = escaped.replace(/&#\d+;/g, '&');
        expect(bare).not.toMatch(/[<>*_[\]()`~#\\|/@!=+\n\r-]|[.:](?! |$)/);
        expect(escaped.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))).toBe(text);
      }),
    );
  });
});

describe('a command', () => {
  it(proves('teams.command', 'that decides names a verb first and a code next, whatever else is written'), () => {
    const words = fc.constantFrom(
      'approve',
      'deny',
      'Approve',
      'help',
      'K7Q2XY',
      'k7q-2xy',
      'K7Q',
      '2XY',
      'not',
      ':',
      '\n',
    );
    const text = fc.array(fc.oneof(words, tricks), { maxLength: 8 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(text, (html) => {
        const command = readCommand(`<at>Sallyport</at>&nbsp;${html}`);
        if (command.kind !== 'decide') return;
        expect(readShortCode(command.code)).toBe(command.code);
        const bare = html
          .replace(/<at>[^<]*<\/at>|<[^<>]*>/g, ' ')
          .replaceAll('\u00a0', ' ')
          .trim();
        expect(bare.toLowerCase().startsWith(command.verdict)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
