import { GROUND, PALETTE } from './chart/palette.ts';

const colours = (scheme: 'light' | 'dark') =>
  PALETTE.map((colour, index) => `--series-${index + 1}: ${colour[scheme]};`).join(' ');

/** The page's style. Its text is hashed into the page's policy, so it is included in the page unchanged. */
export const STYLE = `
:root {
  --ground: ${GROUND.light}; --text: #22262b; --muted: #5c636b; --grid: #e4e4df; --rule: #d5d5cf;
  --link: #2a5a9e; --soft: #f3f3ee; --warn: #8a3d12; --warn-soft: #fbeee4;
  ${colours('light')}
  --serif: Charter, 'Bitstream Charter', 'Sitka Text', 'Iowan Old Style', Cambria, 'Liberation Serif', Georgia, serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
  color-scheme: light;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: ${GROUND.dark}; --text: #dcdad4; --muted: #a0a5ab; --grid: #2a2d32; --rule: #3a3e44;
    --link: #8fb8f2; --soft: #1f2226; --warn: #f0a878; --warn-soft: #33241a;
    ${colours('dark')}
    color-scheme: dark;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: auto; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1.125rem/1.6 var(--serif); }
main { padding: 4rem 0 5rem; }
.band {
  display: grid;
  grid-template-columns:
    [page-start] minmax(1.25rem, 1fr) [wide-start] minmax(0, 8rem)
    [text-start] min(46rem, 100% - 2.5rem)
    [text-end] minmax(0, 8rem) [wide-end] minmax(1.25rem, 1fr) [page-end];
}
.band > * { grid-column: text; min-width: 0; }
.band > .wide { grid-column: wide; }
h1, h2, h3 { line-height: 1.2; font-weight: 600; text-wrap: balance; overflow-wrap: break-word; }
h1 { font-size: 2.25rem; margin: 0 0 1.25rem; letter-spacing: -0.01em; }
h2 { font-size: 1.5rem; margin: 3rem 0 0.75rem; }
h3 { font: 600 0.9375rem/1.4 var(--sans); margin: 1.25rem 0 0.5rem; }
p { margin: 0 0 1em; overflow-wrap: break-word; hanging-punctuation: first; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.15em; }
a:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; }
code, pre { font-family: var(--mono); font-size: 0.85em; }
pre { margin: 0; padding: 0.9rem 1.1rem; background: var(--soft); border-radius: 4px; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font-size: 0.8125rem; }
.kicker { font: 500 0.875rem/1.4 var(--sans); color: var(--muted); margin: 0 0 0.75rem; }
.lead { font-size: 1.25rem; line-height: 1.5; }
.stopped { font-size: 1rem; color: var(--warn); background: var(--warn-soft); border-left: 3px solid currentColor; padding: 0.7rem 1rem; }
.contents { font: 0.9375rem/1.5 var(--sans); margin-top: 1rem; border-block: 1px solid var(--rule); padding: 0.9rem 0; }
.contents ol { margin: 0; padding-left: 1.5rem; columns: 18rem; }
.contents li { break-inside: avoid; padding: 0.15rem 0 0.15rem 0.25rem; }
.contents li::marker { color: var(--muted); }
.contents a { text-decoration: none; }
.contents a:hover { text-decoration: underline; }
figure { margin: 1.25rem 0 1.75rem; min-width: 0; }
figcaption { font: 0.9375rem/1.5 var(--sans); color: var(--muted); margin-top: 0.9rem; max-width: 46rem; }
figcaption p { margin: 0 0 0.3rem; }
.number { color: var(--text); font-weight: 600; }
.note { font-style: italic; }
.data { font: 0.875rem/1.5 var(--sans); color: var(--muted); }
.file { white-space: nowrap; }
.files { margin: 0; padding-left: 1.25rem; font: 0.9375rem/1.7 var(--sans); }
.empty { font: 0.9375rem/1.5 var(--sans); color: var(--muted); border: 1px dashed var(--rule); border-radius: 4px; padding: 1.25rem; margin: 0 0 1em; text-align: center; }
.plot { display: block; width: 100%; height: auto; overflow: visible; font-family: var(--sans); font-variant-numeric: tabular-nums; }
.plot text, .plot tspan { white-space: pre; }
.slim { display: none; max-width: 30rem; margin: 0 auto; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 0 0 0.9rem; padding: 0; font: 0.875rem/1.4 var(--sans); }
.legend li { display: flex; align-items: center; gap: 0.5rem; min-width: 0; }
.swatch { flex: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font: 0.9375rem/1.4 var(--sans); border-block: 1.5px solid var(--text); }
th, td { text-align: left; padding: 0.4rem 0.75rem; vertical-align: top; font-weight: 400; }
th:first-child, td:first-child { padding-left: 0.15rem; }
th:last-child, td:last-child { padding-right: 0.15rem; }
thead th { font-weight: 600; font-size: 0.875rem; vertical-align: bottom; border-bottom: 1px solid var(--text); }
tbody tr + tr > * { border-top: 1px solid var(--grid); }
.numeric { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .numeric { white-space: normal; }
.images ul { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; margin: 0; padding: 0; }
.images li { flex: 0 1 auto; max-width: 100%; }
.images img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; background: var(--soft); }
.images li .empty { max-width: 14rem; }
.images .label { display: block; font: 0.875rem/1.4 var(--sans); margin-top: 0.4rem; max-width: 28rem; }
.facts-caption { font: 0.9375rem/1.5 var(--sans); color: var(--muted); margin: 1rem 0 0.4rem; }
.facts { margin: 0 0 1rem; font: 0.9375rem/1.5 var(--sans); }
.facts div { display: grid; grid-template-columns: minmax(8rem, 16rem) minmax(0, 1fr); gap: 1rem; padding: 0.3rem 0; border-top: 1px solid var(--grid); }
.facts div:last-child { border-bottom: 1px solid var(--grid); }
.facts dt { color: var(--muted); overflow-wrap: anywhere; }
.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
@media screen and (max-width: 40rem) {
  body { font-size: 1.0625rem; }
  main { padding-top: 2.5rem; }
  h1 { font-size: 1.75rem; }
  .lead { font-size: 1.125rem; }
  .roomy { display: none; }
  .slim { display: block; }
  .facts div { grid-template-columns: minmax(6rem, 2fr) minmax(0, 3fr); }
}
@media print {
  @page { margin: 2cm; }
  body { font-size: 10.5pt; background: none; }
  main { padding: 0; }
  .band { display: block; }
  figure, tr, .facts div { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  table, thead th { font-size: 8.5pt; }
  figcaption, .legend, .facts { font-size: 9pt; }
  th, td { padding: 0.25rem 0.4rem; }
  .contents, .data { display: none; }
}
`;
