/**
 * The one stylesheet: system fonts, no image, no script. Colours are named once for light and once for dark, each pair
 * with a contrast of at least 4.5 : 1 (WCAG 2.2 AA); whatever can be pressed is at least 44 px high.
 * Its address holds its hash, so a browser keeps it for ever and never shows an old one.
 */
import { createHash } from 'node:crypto';
import { CONNECT_STYLE } from './style-connect.ts';
import { REVIEWS_STYLE } from './style-reviews.ts';
import { SESSIONS_STYLE } from './style-sessions.ts';

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f5f4f0; --sheet: #ffffff; --ink: #1b2430; --quiet: #5a6472; --line: #d8d5cc;
  --accent: #0d5c63; --on-accent: #ffffff; --tint: #e3efee;
  --good: #1f6b3a; --good-tint: #e4f2e8; --bad: #9a2a1e; --bad-tint: #fbe9e6; --warn: #7a4b00; --warn-tint: #fdf0d5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12171d; --sheet: #1a2129; --ink: #e6e9ee; --quiet: #a3adba; --line: #333d48;
    --accent: #7fcdc8; --on-accent: #0c1c1e; --tint: #1d3335;
    --good: #86d19d; --good-tint: #1b3324; --bad: #f2a197; --bad-tint: #3b211e; --warn: #f0c169; --warn-tint: #362a12;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
}
a { color: var(--accent); text-underline-offset: 0.18em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h1, h2, h3, p, ol, ul, dl, dd, pre, blockquote, fieldset { margin: 0; padding: 0; }
h1 { font-size: 1.6rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 1.06rem; line-height: 1.3; font-weight: 650; }
h3 { font-size: 1rem; line-height: 1.35; font-weight: 650; }
.quiet { color: var(--quiet); }
.small { font-size: 0.9rem; }
.id, pre, .policy { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
.id, .policy { font-size: 0.86rem; }

.skip { position: absolute; left: 1rem; top: -4rem; padding: 0.6rem 1rem; background: var(--sheet); z-index: 1; }
.skip:focus { top: 0.5rem; }
.bar { background: var(--sheet); border-bottom: 1px solid var(--line); }
.bar > div, main, .foot > div { width: 100%; max-width: 50rem; margin: 0 auto; padding-inline: 1.25rem; }
.bar > div { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1.25rem; padding-block: 0.4rem; }
.brand { display: inline-flex; align-items: center; gap: 0.6rem; min-height: 44px; color: inherit; font-weight: 700; text-decoration: none; }
.brand svg { width: 1.6rem; height: 1.6rem; color: var(--accent); }
.rooms { display: flex; flex-wrap: wrap; gap: 0 0.4rem; }
.rooms a { display: inline-flex; align-items: center; min-height: 44px; padding-inline: 0.6rem; color: inherit; text-decoration: none; }
.rooms a:hover { color: var(--accent); }
.rooms [aria-current] { color: var(--accent); font-weight: 650; box-shadow: inset 0 -3px 0 var(--accent); }
.who { margin-left: auto; display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.9rem; font-size: 0.92rem; }
main { flex: 1; padding-block: 1.75rem 3rem; display: grid; gap: 1.25rem; align-content: start; }
main:focus { outline: none; }
.foot { border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.88rem; }
.foot > div { padding-block: 0.9rem; }

.heading { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.4rem 1rem; }
.badge {
  display: inline-block; padding: 0.1rem 0.65rem; border-radius: 1rem; font-size: 0.85rem; font-weight: 600;
  background: var(--tint); color: var(--accent); white-space: nowrap;
}
.badge.good { background: var(--good-tint); color: var(--good); }
.badge.bad { background: var(--bad-tint); color: var(--bad); }
.badge.ended { background: transparent; color: var(--quiet); box-shadow: inset 0 0 0 1px var(--line); }
.badge.warn { background: var(--warn-tint); color: var(--warn); white-space: normal; border-radius: 0.6rem; }
.notice a { display: inline-block; padding-block: 0.6rem; }
.notice { padding: 0.85rem 1rem; border-left: 4px solid var(--accent); background: var(--tint); border-radius: 6px; display: grid; gap: 0.3rem; }
.notice.good { border-color: var(--good); background: var(--good-tint); }
.notice.bad { border-color: var(--bad); background: var(--bad-tint); }
.notice.warn { border-color: var(--warn); background: var(--warn-tint); }

.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1.15rem 1.25rem; display: grid; gap: 0.75rem; }
.facts { display: grid; gap: 0.6rem; }
.facts > div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: 0.1rem 1rem; }
.facts dt { color: var(--quiet); }
.arguments { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.arguments > div { display: grid; grid-template-columns: minmax(6rem, 13rem) minmax(0, 1fr); gap: 0.2rem 1rem; padding: 0.6rem 0.85rem; }
.arguments > div + div { border-top: 1px solid var(--line); }
.arguments dt { color: var(--quiet); font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.9rem; }
.arguments dd { font-weight: 550; }
.text { white-space: pre-wrap; }
pre { white-space: pre-wrap; font-size: 0.86rem; line-height: 1.5; font-weight: 400; }
blockquote { padding-left: 0.9rem; border-left: 3px solid var(--line); }
summary { cursor: pointer; min-height: 44px; display: list-item; padding-block: 0.55rem; color: var(--accent); font-weight: 500; }
.unseen {
  font: 600 0.72em ui-monospace, Menlo, Consolas, monospace; padding: 0 0.25em; margin-inline: 0.1em; border-radius: 3px;
  background: var(--warn-tint); color: var(--warn); unicode-bidi: isolate; direction: ltr; display: inline-block;
}
.plain { list-style: none; display: grid; gap: 0.75rem; }
.plain > li + li { border-top: 1px solid var(--line); padding-top: 0.75rem; }

.requests { list-style: none; display: grid; gap: 0.75rem; }
.requests > li { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; position: relative; padding: 1rem 1.25rem; display: grid; gap: 0.3rem; }
.requests > li:hover { border-color: var(--accent); }
.requests h2 a { text-decoration: none; display: inline-block; }
.requests h2 a::after { content: ""; position: absolute; inset: 0; border-radius: 10px; }
.requests h2 a:focus-visible { outline: none; }
.requests h2 a:focus-visible::after { outline: 3px solid var(--accent); outline-offset: 2px; }
.meta { display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; color: var(--quiet); font-size: 0.92rem; }
.soon { color: var(--warn); font-weight: 600; }
.chips { list-style: none; display: flex; flex-wrap: wrap; gap: 0.4rem; }
.stack { display: grid; gap: 0.45rem; }
.stack + .stack { border-top: 1px solid var(--line); padding-top: 0.75rem; }
.pager { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem; }

form { margin: 0; }
.decide { display: grid; gap: 1rem; }
fieldset { border: 0; display: grid; gap: 0.6rem; min-width: 0; }
legend { padding: 0 0 0.4rem; font-weight: 600; }
.choice { display: flex; align-items: center; gap: 0.8rem; min-height: 48px; padding: 0.5rem 0.9rem; border: 1px solid var(--line); border-radius: 8px; cursor: pointer; }
.choice:has(:checked) { border-color: var(--accent); background: var(--tint); box-shadow: inset 0 0 0 1px var(--accent); }
.choice input { width: 1.25rem; height: 1.25rem; margin: 0; flex: none; accent-color: var(--accent); }
label { font-weight: 600; }
.choice { font-weight: 500; }
textarea { width: 100%; margin-top: 0.5rem; display: block; min-height: 6rem; padding: 0.7rem 0.85rem; border: 1px solid var(--quiet); border-radius: 8px; background: var(--sheet); color: inherit; font: inherit; resize: vertical; }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 44px; padding: 0.5rem 1.2rem;
  border: 1px solid transparent; border-radius: 8px; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
button.link { padding: 0.5rem 0.2rem; background: none; color: var(--accent); font-weight: 500; text-decoration: underline; text-underline-offset: 0.18em; }
.button.second { background: none; color: var(--accent); border-color: var(--line); }
button:hover, .button:hover { filter: brightness(1.08); }

${SESSIONS_STYLE}
${REVIEWS_STYLE}
${CONNECT_STYLE}
@media (max-width: 34rem) {
  h1 { font-size: 1.4rem; }
  .bar > div, main, .foot > div { padding-inline: 1rem; }
  .facts > div, .arguments > div { grid-template-columns: minmax(0, 1fr); }
  .sheet, .requests > li { padding: 1rem; }
  .decide button { width: 100%; }
}
@media (forced-colors: active) { .choice:has(:checked) { outline: 2px solid; } }
@media print { .bar, .foot, .decide { display: none; } }
`;

export const STYLE_PATH = '/ui/style.css';

/** With the content's hash: another content has another address. */
export const STYLE_HREF = `${STYLE_PATH}?v=${createHash('sha256').update(STYLE).digest('hex').slice(0, 16)}`;
