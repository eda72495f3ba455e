import type { Block, ReportDocument, TableBlock } from './document.ts'

/** A report as Markdown (CommonMark with tables). Its figures are the files `<figures>/<name>.svg`, relative to the report. */
export const reportMarkdown = ({ title, subtitle, blocks }: ReportDocument, figures: string): string =>
  `# ${escaped(title)}\n\n${escaped(subtitle)}\n\n${blocks.map((block) => blockMarkdown(block, figures)).join('\n\n')}\n`

function blockMarkdown(block: Block, figures: string): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escaped(block.text)}`
    case 'paragraph':
      return escaped(block.text)
    case 'list':
      return block.items.map((item) => `- ${escaped(item).replaceAll('\n', '\n  ')}`).join('\n')
    case 'table':
      return tableMarkdown(block)
    case 'figure':
      return `![${escaped(block.title)}](${encodeURI(`${figures}/${block.name}.svg`)})`
    case 'code': {
      const fence = '`'.repeat(Math.max(3, ...Array.from(block.text.matchAll(/`+/g), ([run]) => run.length + 1)))
      return `${fence}sh\n${block.text}\n${fence}`
    }
  }
}

function tableMarkdown({ caption, head, rows, numeric }: TableBlock): string {
  return [
    `${escaped(caption)}\n`,
    line(head.map(cell)),
    line(head.map((_, column) => (numeric.includes(column) ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n')
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const cell = (text: string): string => escaped(text).replaceAll(/\r?\n/g, '<br>')

/** Text without a meaning for Markdown or HTML. */
const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]#|~!]/g, String.raw`\$&`)
    .replaceAll(/^(\s*\d*)([-+>.)])(?=\s|$)/gm, String.raw`$1\$2`)
