/** The style of the report: light, dark and on paper. Plots have the color of the text. */
export const STYLE = `
:root { color-scheme: light dark; }
body { color: #1a1a1a; background: #ffffff; font: 16px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 0 auto; padding: 1rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2rem; }
table { border-collapse: collapse; font-size: 0.875rem; margin: 1rem 0; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
th, td { border-bottom: 1px solid #c8c8c8; padding: 0.25rem 0.5rem; text-align: right; vertical-align: top; }
th { vertical-align: bottom; }
td { min-width: 2.5rem; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
td:first-child { min-width: 8rem; white-space: normal; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
svg { width: 100%; min-width: 36rem; height: auto; margin: 0.5rem 0; }
svg .mark { color: #0067a5; }
.simulated { color: #8a1c00; background: #ffffff; border: 2px solid; padding: 0.25rem 0.75rem; font-weight: 700; text-align: center; position: sticky; top: 0; }
@media screen and (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #161616; }
  th, td { border-color: #4a4a4a; }
  svg .mark { color: #6fb7ee; }
  .simulated { color: #ffb59c; background: #161616; }
}
@media print {
  :root { color-scheme: light; }
  body { max-width: none; font-size: 10pt; }
  .simulated { position: fixed; top: 0; left: 0; right: 0; }
  h1 { margin-top: 2.5rem; }
  h2 { break-after: avoid; }
  svg, tr { break-inside: avoid; }
  svg { min-width: 0; }
  .scroll { overflow: visible; }
}
`;
