import type { Theme } from '#contract/charts/palette.ts'
import type { Block, FigureBlock, ReportDocument, TableBlock } from './document.ts'

/** Colours of both themes with the contrast of WCAG AA. Printed in the light one. */
const style = `
:root { color-scheme: light dark; --page: #ffffff; --text: #1f2937; --muted: #57606f; --line: #cfd5dd; --raised: #f4f6f9; }
@media screen and (prefers-color-scheme: dark) {
  :root { --page: #0f172a; --text: #e5e7eb; --muted: #9aa5b5; --line: #39434f; --raised: #1a2438; }
  .light { display: none; }
}
@media screen and (prefers-color-scheme: light) { .dark { display: none; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2.25rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.2rem; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
.subtitle, caption, figcaption { color: var(--muted); }
.table { overflow-x: auto; margin: .75rem 0; }
table { min-width: 28rem; border-collapse: collapse; font-size: .87rem; }
caption { text-align: left; padding: .25rem 0; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; white-space: pre-line; }
thead th { background: var(--raised); font-weight: 600; }
tbody th { font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
figure { display: inline-block; margin: .5rem .5rem .5rem 0; max-width: 100%; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
figure svg { display: block; max-width: 100%; height: auto; }
pre { overflow-x: auto; padding: .75rem 1rem; background: var(--raised); border-radius: 6px; font: .82rem/1.5 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
li { white-space: pre-line; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } .dark { display: none; } .table, figure { overflow: visible; } figure, tr, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; } }
`

/**
 * A report as one HTML file. It has no script and asks for nothing: a policy in the file forbids every request, so that it reads
 * the same without a network.
 */
export const reportHtml = ({ title, subtitle, blocks }: ReportDocument): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p class="subtitle">${escaped(subtitle)}</p>
${blocks.map(blockHtml).join('\n')}
</main>
</body>
</html>
`

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`
    case 'paragraph':
      return `<p>${escaped(block.text)}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`
    case 'table':
      return tableHtml(block)
    case 'figure':
      return figureHtml(block)
    case 'code':
      return `<pre><code>${escaped(block.text)}</code></pre>`
  }
}

function tableHtml({ caption, head, rows, numeric }: TableBlock): string {
  const look = (column: number) => (numeric.includes(column) ? ' class="number"' : '')
  const cells = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0
          ? `<th scope="row"${look(column)}>${escaped(cell)}</th>`
          : `<td${look(column)}>${escaped(cell)}</td>`,
      )
      .join('')
  return `<div class="table"><table><caption>${escaped(caption)}</caption>
<thead><tr>${head.map((cell, column) => `<th scope="col"${look(column)}>${escaped(cell)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`
}

/** Both themes; the style sheet hides one. */
const figureHtml = ({ svg }: FigureBlock): string =>
  `<figure>${(['light', 'dark'] as const).map((theme) => `<div class="${theme}">${ownIds(svg(theme), theme)}</div>`).join('')}</figure>`

/** Ids are unique in a document, and both themes of a figure are in one. */
const ownIds = (svg: string, theme: Theme): string => svg.replaceAll(/ id="|url\(#/g, (start) => `${start}${theme}-`)

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
