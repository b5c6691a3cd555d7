/** The part of the stylesheet that sessions have for themselves: the form to look for some, and the timeline. */
export const SESSIONS_STYLE = `
details.sheet { display: block; padding-block: 0.5rem; }
details.sheet[open] { padding-bottom: 1.15rem; }
.filter form { display: grid; gap: 1rem; padding-top: 0.5rem; }
.fields { display: grid; gap: 0.8rem 1rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.fields label { display: block; font-size: 0.92rem; }
.fields input, .fields select {
  width: 100%; min-height: 44px; margin-top: 0.25rem; padding: 0.45rem 0.7rem; border: 1px solid var(--quiet);
  border-radius: 8px; background: var(--sheet); color: inherit; font: inherit;
}
.fields [aria-invalid] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
.requests .chips, .requests .meta { margin-top: 0.15rem; }

.timeline { list-style: none; margin-top: 0.8rem; border-left: 2px solid var(--line); margin-left: 0.4rem; }
.day { padding: 0.2rem 0 0.5rem 1.1rem; font-weight: 650; color: var(--quiet); font-size: 0.92rem; }
.event { position: relative; padding: 0 0 0.9rem 1.1rem; }
.event::before {
  content: ""; position: absolute; left: -0.43rem; top: 1.15rem; width: 0.72rem; height: 0.72rem; border-radius: 50%;
  background: var(--sheet); border: 2px solid var(--quiet);
}
.event:has(> details)::before { border-color: var(--accent); }
.event:target { background: var(--tint); }
.event > details > summary, .event > .line { padding-block: 0.55rem; min-height: 44px; color: inherit; font-weight: 400; }
.event .when { color: var(--quiet); font-variant-numeric: tabular-nums; font-size: 0.92rem; margin-right: 0.35rem; }
.event .what { font-weight: 600; margin-right: 0.35rem; }
.event .tool { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.94rem; }
.event > details[open] > .inside { margin-bottom: 0.6rem; }
.inside { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; display: grid; gap: 0.75rem; }
.inside pre, .quoted { padding: 0.7rem 0.85rem; border-radius: 8px; background: var(--paper); overflow-x: auto; }
mark.masked { background: var(--good-tint); color: var(--good); border-radius: 4px; padding: 0 0.2em; font-weight: 600; }
@media (forced-colors: active) { mark.masked { outline: 1px solid; } }
@media (max-width: 34rem) { .inside { padding: 0.8rem; } .event { padding-left: 0.9rem; } }
`;
