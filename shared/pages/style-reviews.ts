/** The part of the stylesheet that reviews have for themselves: the answer on top, drawings, tables, people. */
export const REVIEWS_STYLE = `
.answer { padding: 1.4rem 1.35rem; border-radius: 12px; border-left: 6px solid var(--warn); background: var(--warn-tint); display: grid; gap: 0.7rem; }
.answer.good { border-color: var(--good); background: var(--good-tint); }
.answer.bad { border-color: var(--bad); background: var(--bad-tint); }
.answer .says { font-size: 1.42rem; line-height: 1.35; font-weight: 600; letter-spacing: -0.01em; }
.answer .quiet { color: var(--ink); }
.drawings { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.drawings > .sheet { align-content: start; min-width: 0; }
.chart { width: 100%; max-width: 27rem; height: auto; display: block; overflow: visible; }
.chart text { fill: var(--ink); font-size: 13px; }
.chart .words { font-size: 12px; }
.chart .label { font-weight: 600; }
.part-masked { fill: var(--good); } .part-revealed { fill: var(--bad); }
.part-uninspected { fill: var(--warn); } .part-withheld { fill: var(--quiet); }
.heat { fill: var(--accent); } .heat-0 { fill-opacity: 0.05; } .heat-1 { fill-opacity: 0.1; } .heat-2 { fill-opacity: 0.18; }
.heat-3 { fill-opacity: 0.25; } .heat-4 { fill-opacity: 0.32; } .heat-5 { fill-opacity: 0.4; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; min-width: 100%; }
th, td { text-align: left; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--quiet); font-weight: 500; }
td { font-variant-numeric: tabular-nums; }
td, thead th { overflow-wrap: normal; }
tbody th { font-weight: 550; min-width: 7rem; }
.people { list-style: none; display: grid; gap: 0.75rem; margin-top: 0.7rem; }
.person { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; display: grid; gap: 0.45rem; }
.person > .heading h3 { font-size: 1.02rem; font-weight: 650; }
.marks { display: flex; flex-wrap: wrap; gap: 0.3rem; }
.person form { padding-bottom: 0.4rem; }
.person textarea { min-height: 4rem; }
.row { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; }
.row .choice { flex: 1 1 9rem; }
.limits { padding-left: 1.1rem; display: grid; gap: 0.3rem; }
.digest { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.86rem; overflow-wrap: anywhere; }
@media (forced-colors: active) { .chart rect { stroke: CanvasText; } }
@media (max-width: 34rem) { .answer { padding: 1.1rem 1rem; } .answer .says { font-size: 1.2rem; } .person { padding: 1rem; } }
`;
