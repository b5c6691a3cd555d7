/** Whatever agents, people and upstreams write, it stands on a page as text that can be seen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/json/value.ts';
import { toReturnPath } from '../../shared/pages/return-path.ts';
import { proves } from '../requirements.ts';
import { APPROVAL, createBrowser, createScene, view } from '../unit/pages/pages-scene.ts';

const HOSTILE = [
  '<',
  '>',
  '"',
  "'",
  '&',
  '</textarea>',
  '<script>',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u00ad',
  '\ufeff',
  '\u2028',
  '\ud800',
  '\0',
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 8 })
  .map((parts) => parts.join(''));
const hostileJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    hostileText,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(hostileText, tie('value'), { maxKeys: 3 }),
  ),
})).value;

/** Everything that a browser would hide or reorder, but the line feed and the space. */
const UNSEEN = /(?!\n)[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]|(?! )\p{Zs}/u;
const TAGS = new Set(
  'html head meta title link body a header div svg path span bdi form input button main h1 h2 h3 p section dl dt dd time br ul ol li strong blockquote pre details summary fieldset legend label textarea footer nav'.split(
    ' ',
  ),
);

describe('a page', () => {
  it(
    proves('pages.untrusted-text', 'has no tag, attribute or hidden character that a text brought along'),
    async () => {
      const scene = await createScene();
      const browser = createBrowser(scene);
      await browser.signIn();
      await fc.assert(
        fc.asyncProperty(
          fc.record({ text: hostileText, json: hostileJson, name: hostileText }),
          async ({ text, json, name }) => {
            const person = { id: 'x', name };
            scene.view = {
              ...view,
              requester: { kind: 'user', ...person },
              agent: person,
              justification: text,
              arguments: json,
              reasons: [text],
              attention: text,
              decisions: [{ person, verdict: 'deny', reason: text, channel: 'page', decidedMs: 0, counts: true }],
            };
            scene.approvals = [scene.view];
            const pages = [await browser.get(`/ui/approvals/${APPROVAL}`), await browser.get('/ui/approvals')];
            for (const page of pages) {
              expect(page.status).toBe(200);
              const tags = [...page.text.matchAll(/<([a-z][a-z0-9]*)((?:\s[^<>]*)?)>/g)];
              expect(tags.filter(([, tag]) => !TAGS.has(tag ?? ''))).toEqual([]);
              // All that our own templates have; nothing else begins with `<`.
              expect(page.text.replaceAll(/<!doctype html>|<\/?[a-z][a-z0-9]*(\s[^<>]*)?>/g, '')).not.toMatch(/[<>]/);
              expect(page.text).not.toMatch(UNSEEN);
            }
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it(proves('pages.redirect', 'is the only place that a sign-in leads to'), () => {
    const parts = fc.constantFrom(
      '/ui/',
      '/',
      '\\',
      '..',
      '.',
      '%2e',
      '%2f',
      '%5c',
      '@',
      ':',
      '?',
      '#',
      'evil.example',
      'https:',
      '\t',
      'approvals',
    );
    const wanted = fc.oneof(
      fc.array(parts, { maxLength: 8 }).map((all) => all.join('')),
      fc.webUrl(),
      fc.string(),
    );
    fc.assert(
      fc.property(wanted, (text) => {
        const url = new URL(toReturnPath(text, 'https://gateway.example'), 'https://gateway.example/ui/sign-in');
        expect(url.origin).toBe('https://gateway.example');
        expect(url.pathname).toMatch(/^\/ui\/(?!sign-)/);
      }),
      { numRuns: 2_000 },
    );
  });
});
