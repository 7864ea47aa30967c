/**
 * The style sheet of the HTML report. Colours keep 4.5:1 for text and 3:1 for the parts of pictures in light and in dark (WCAG 2.1
 * AA, 1.4.3 and 1.4.11); the three of the tonalities stay apart for readers who do not tell red from green.
 */
export const STYLE: string = `
:root { color-scheme: light dark; --ink: #16202a; --quiet: #4d5966; --line: #d5dbe1; --paper: #ffffff; --band: #f3f5f7; --decal: #ffffffa8;
  --positiv: #1c6873; --skeptisk: #9a6a00; --negativ: #a8382a; --mark: #16202a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9edf1; --quiet: #aab4bf; --line: #3a444e; --paper: #12181e; --band: #1c242c; --decal: #12181e99;
  --positiv: #5fb8c4; --skeptisk: #dcae4a; --negativ: #ec8a78; --mark: #e9edf1; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
header, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; text-wrap: balance; }
h2 { font-size: 1.3rem; margin: 3rem 0 .5rem; padding-top: 1rem; border-top: 2px solid var(--line); }
p { max-width: 44rem; margin: .5rem 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.quiet { color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 1rem 0 0; padding: 0; }
a { color: inherit; text-underline-offset: .2em; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--positiv); outline-offset: 2px; }
.key { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.5rem 0 0; padding: 0; }
.key div { min-width: 8rem; }
.key dt { color: var(--quiet); font-size: .9rem; }
.key dd { margin: 0; font-size: 1.6rem; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.key dd small { display: block; font-size: .9rem; font-weight: 400; color: var(--quiet); }
figure { margin: 1.5rem 0; }
figure svg { display: block; width: 100%; max-width: 840px; height: auto; }
.picture { overflow-x: auto; }
.picture svg { min-width: 560px; }
figcaption { font-weight: 600; margin-bottom: .5rem; }
.table { overflow-x: auto; margin: 1rem 0; position: relative; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 100%; }
caption { text-align: left; color: var(--quiet); padding: 0 0 .35rem; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(66rem, calc(100vw - 3rem)); }
th, td { padding: .3rem .5rem; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { vertical-align: bottom; white-space: normal; font-weight: 600; border-bottom: 2px solid var(--line); }
th.text, td.text { text-align: left; }
tbody th { font-weight: 500; }
tbody th.wrap { white-space: normal; min-width: 14rem; }
tbody tr.first > * { border-top: 2px solid var(--line); }
tbody tr.chosen > * { background: var(--band); font-weight: 650; }
td small { display: block; color: var(--quiet); font-size: .82em; line-height: 1.2; }
td .sure { font-weight: 700; }
.hidden { color: var(--quiet); font-style: italic; }
blockquote { margin: .6rem 0; padding: .1rem 0 .1rem 1rem; border-left: 3px solid var(--line); max-width: 44rem; }
footer { margin-top: 3rem; padding-bottom: 3rem; color: var(--quiet); font-size: .9rem; }
dl.method dt { font-weight: 600; color: var(--ink); margin-top: .8rem; }
dl.method dd { margin: 0; max-width: 44rem; }
@media print {
  :root { color-scheme: light; --ink: #000; --quiet: #333; --line: #bbb; --paper: #fff; --band: #f3f5f7; --decal: #ffffffa8;
    --positiv: #1c6873; --skeptisk: #9a6a00; --negativ: #a8382a; }
  @page { size: A4; margin: 15mm; }
  body { font-size: 9.5pt; }
  header, main, footer { max-width: none; padding: 0; }
  nav { display: none; }
  h2 { break-after: avoid; margin-top: 1.5rem; }
  figure, tr, blockquote { break-inside: avoid; }
  thead { display: table-header-group; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .35rem; }
  .table, .picture { overflow: visible; }
  svg * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
