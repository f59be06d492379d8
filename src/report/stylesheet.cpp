#include "report/stylesheet.h"

namespace engraft::report {

// Colour is never the only signal: the matrix carries numbers, right answers are bold, the second
// line of a chart is dashed. All text has a contrast of at least 4.5 to 1 on its ground.
const char* const kStylesheet = R"css(
:root {
  color-scheme: light dark;
  --page: #f7f8f6; --card: #ffffff; --text: #1b2321; --quiet: #58645f; --rule: #dde2df;
  --accent: 11 105 88; --warn: 178 84 20;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101413; --card: #181e1c; --text: #e6ece9; --quiet: #9daaa5; --rule: #2c3532;
    --accent: 98 201 173; --warn: 236 158 96;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 62rem; margin: 0 auto; padding: 3.5rem 2rem 2rem; }
h1, h2 { line-height: 1.2; letter-spacing: -.015em; font-weight: 650; text-wrap: balance; }
h1 { font-size: 1.9rem; margin: .2rem 0 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 0 0 .9rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p { margin: 0 0 .9rem; max-width: 44rem; }
a { color: rgb(var(--accent)); }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; font-size: .86em; }
code { overflow-wrap: anywhere; }
pre {
  margin: .3rem 0 1.1rem; padding: .8rem 1rem; border-radius: .6rem; background: var(--page);
  border: 1px solid var(--rule); white-space: pre-wrap; overflow-wrap: anywhere;
}
section {
  margin: 1.5rem 0; padding: 1.7rem 1.9rem; background: var(--card);
  border: 1px solid var(--rule); border-radius: 1rem;
}
figure { margin: 0; }
section > :last-child { margin-bottom: 0; }
figcaption { color: var(--quiet); font-size: .87rem; padding-top: .9rem; max-width: 44rem; }
.quiet, .kicker { color: var(--quiet); }
.kicker { font-size: .87rem; letter-spacing: .02em; margin: 0; }
nav { margin: 1.1rem 0 0; display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; font-size: .92rem; }
nav a { text-decoration: none; border-bottom: 1px solid rgb(var(--accent) / .35); }
footer { color: var(--quiet); font-size: .87rem; padding: .5rem 0 2rem; }

.headline { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 1.5rem 3rem; align-items: start; }
.headline p:last-child { margin-bottom: 0; }
.score { font-size: 3.6rem; line-height: 1; font-weight: 680; letter-spacing: -.035em; color: rgb(var(--accent)); margin: .35rem 0 .7rem; font-variant-numeric: tabular-nums; }
.interval { position: relative; height: .6rem; margin: 1.1rem 0 .35rem; border-radius: .3rem; background: var(--page); border: 1px solid var(--rule); }
.interval i { position: absolute; top: -1px; bottom: -1px; border-radius: .3rem; background: rgb(var(--accent) / .35); border: 1px solid rgb(var(--accent)); }
.interval b { position: absolute; top: -.32rem; bottom: -.32rem; width: 3px; margin-left: -1.5px; border-radius: 2px; background: rgb(var(--accent)); }
.ends { display: flex; justify-content: space-between; color: var(--quiet); font-size: .8rem; margin: 0 0 1rem; max-width: none; }

dl { margin: 0; }
.facts > div { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 1rem; padding: .42rem 0; border-top: 1px solid var(--rule); }
.facts > div:first-child { border-top: 0; }
.headline .facts > div { grid-template-columns: 6.5rem minmax(0, 1fr); }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.5rem 2rem; margin-bottom: .8rem; }
.chart { display: block; width: 100%; height: auto; overflow: visible; font-size: 13px; }
.chart text { fill: var(--text); }
.chart .tick { fill: var(--quiet); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.chart .chart-title { font-size: 15px; font-weight: 620; }
.chart .grid { stroke: var(--rule); }
.chart .axis { stroke: var(--quiet); }
.chart .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.chart .line.main { stroke: rgb(var(--accent)); }
.chart .line.other { stroke: var(--quiet); stroke-width: 1.8; stroke-dasharray: 5 5; }
.chart .dot.main { fill: rgb(var(--accent)); }
.chart .dot.other { fill: var(--card); stroke: var(--quiet); stroke-width: 1.5; }
.chart .best { fill: none; stroke: var(--text); stroke-width: 2; }
.chart .best-line { stroke: var(--text); stroke-width: 1; stroke-dasharray: 2 4; }
.chart .best-label { font-weight: 600; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; paint-order: stroke; }

.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid rgb(var(--accent)); outline-offset: 4px; border-radius: .3rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: 550; text-align: left; }
thead th { color: var(--quiet); font-size: .87rem; }
.number { text-align: right; }
.plain { width: 100%; }
.plain th, .plain td { padding: .42rem .7rem; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
.plain th:first-child, .plain td:first-child { padding-left: 0; }
.plain th:last-child, .plain td:last-child { padding-right: 0; }
.plain thead th { border-top: 0; white-space: nowrap; overflow-wrap: normal; }
.plain tbody th { min-width: 6rem; }
.plain .number { white-space: nowrap; }
.plain tfoot th, .plain tfoot td { border-top: 2px solid var(--rule); }
.plain + .quiet { margin-top: .9rem; font-size: .87rem; }
.with-bar span { display: inline-block; min-width: 5.2rem; background: linear-gradient(rgb(var(--accent) / .75) 0 0) no-repeat left bottom / calc(100% * var(--part)) 3px, linear-gradient(var(--rule) 0 0) no-repeat left bottom / 100% 3px; padding-bottom: 4px; }

.confusion td { min-width: 4.6rem; height: 3.2rem; padding: .2rem .5rem; text-align: center; border: 2px solid var(--card); border-radius: 6px; }
.confusion .right { background: rgb(var(--accent) / var(--shade, .05)); font-weight: 700; box-shadow: inset 0 0 0 1px rgb(var(--accent) / .55); }
.confusion .wrong { background: rgb(var(--warn) / var(--shade)); }
.confusion .corner { color: var(--quiet); font-size: .8rem; white-space: nowrap; text-align: right; vertical-align: bottom; height: auto; padding: .2rem .8rem .4rem 0; }
.confusion .none { color: var(--quiet); background: var(--page); }
.confusion .recall { color: var(--quiet); font-size: .87rem; font-weight: 400; padding-left: .9rem; text-align: right; }
.confusion tbody th { position: sticky; left: 0; background: var(--card); padding: .2rem .8rem .2rem 0; text-align: right; z-index: 1; }
.confusion th span { display: block; max-width: 11rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.confusion thead th { padding: .2rem .4rem .4rem; text-align: center; vertical-align: bottom; }
.confusion thead th span { max-width: 8rem; margin: 0 auto; }
.confusion.many td { min-width: 2.2rem; height: 2.1rem; padding: .1rem .25rem; font-size: .87rem; }
.confusion.many thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 9rem; }
.confusion.dense td { min-width: 1.3rem; height: 1.55rem; padding: 0 .1rem; font-size: .72rem; border-width: 1px; border-radius: 4px; }
.confusion.dense th { font-size: .8rem; }
.confusion.dense thead th { padding: .2rem 0 .3rem; }
.confusion.dense th span { max-width: 9rem; }
.confusion.dense .recall { padding-left: .4rem; }

.mistakes { list-style: none; margin: 1.1rem 0 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: 1.4rem 1.2rem; }
.mistakes .picture { height: 160px; display: flex; align-items: center; justify-content: center; background: var(--page); border: 1px solid var(--rule); border-radius: .6rem; overflow: hidden; }
.mistakes img { display: block; max-width: 100%; max-height: 100%; }
.mistakes dl { margin-top: .5rem; font-size: .9rem; }
.mistakes dl > div { display: grid; grid-template-columns: 4.9rem minmax(0, 1fr); }
.mistakes dd { display: flex; flex-wrap: wrap; justify-content: space-between; column-gap: .5rem; font-variant-numeric: tabular-nums; }
.mistakes .wrong dd { font-weight: 620; color: rgb(var(--warn)); }
.mistakes .file { color: var(--quiet); font-size: .78rem; line-height: 1.35; margin: .25rem 0 0; overflow-wrap: anywhere; }
.unreadable { color: var(--quiet); font-size: .85rem; padding: 1rem; margin: 0; overflow-wrap: anywhere; }

.counts { display: flex; flex-wrap: wrap; gap: .5rem 3rem; margin: 0 0 1.2rem; }
.counts dd { font-size: 1.6rem; font-weight: 620; line-height: 1.2; font-variant-numeric: tabular-nums; }
.counts div { display: flex; flex-direction: column-reverse; }
.files { margin: 0 0 .6rem; padding: 0; list-style: none; font-size: .92rem; }
.files li { padding: .3rem 0; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
.stages { width: 100%; margin-top: 1.6rem; }
.stages caption { text-align: left; padding: 0 0 .5rem; font-weight: 550; font-size: 1rem; color: var(--text); }
.stages th { font-weight: 400; color: var(--quiet); width: 16.5rem; padding: .2rem 0; }
.stages .number { width: 4.5rem; padding-right: 1rem; }
.stages .bar div { height: .55rem; min-width: 2px; border-radius: .3rem; background: rgb(var(--accent) / .75); }

@media (max-width: 44rem) {
  main { padding: 1.6rem .9rem 1rem; }
  section { padding: 1.2rem 1.05rem; border-radius: .8rem; }
  .headline { grid-template-columns: minmax(0, 1fr); }
  .score { font-size: 3rem; }
  .facts > div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .headline .facts > div { grid-template-columns: 5.5rem minmax(0, 1fr); gap: .6rem; }
  .plain { font-size: .84rem; }
  .plain th, .plain td { padding: .4rem .15rem; }
  .plain thead th { font-size: .76rem; }
  .plain tbody th { min-width: 3.6rem; }
  .confusion.many tbody th { font-size: .84rem; }
  .confusion.many th span { max-width: 7rem; }
  .with-bar span { min-width: 2.8rem; }
  .confusion:not(.many) td { min-width: 3.4rem; }
  .confusion .corner { min-width: 0; white-space: normal; padding-right: .5rem; }
  .mistakes { grid-template-columns: repeat(auto-fill, minmax(8.6rem, 1fr)); }
  .mistakes dl > div { grid-template-columns: minmax(0, 1fr); }
  .mistakes dt { font-size: .78rem; }
  .stages th { width: auto; }
  .stages .bar { width: 30%; }
}
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --quiet: #444; --rule: #ccc; --accent: 11 105 88; --warn: 178 84 20; }
  body { font-size: 10.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  section { border: 0; border-top: 1px solid var(--rule); border-radius: 0; padding: 1rem 0; margin: 0; }
  .scroll { overflow: visible; }
  h2 { break-after: avoid; }
  h1 { margin-bottom: 1rem; }
  .mistakes dl { font-size: .8rem; }
  .mistakes dl > div { grid-template-columns: 4rem minmax(0, 1fr); }
  .chart, .mistakes li, tr, pre, figure:has(.confusion) { break-inside: avoid; }
}
)css";

}  // namespace engraft::report
