import type { Theme } from '#contract/charts/palette.ts'

/** What a report consists of. Every text is plain: a writer escapes it for its format. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | TableBlock
  | FigureBlock
  | { readonly kind: 'code'; readonly text: string }

export interface TableBlock {
  readonly kind: 'table'
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns of numbers, which are aligned to the right. */
  readonly numeric: readonly number[]
}

export interface FigureBlock {
  readonly kind: 'figure'
  readonly title: string
  /** Name of its file without extension, unique in the report. */
  readonly name: string
  /** An SVG document in the colours of a theme. */
  readonly svg: (theme: Theme) => string
}

export interface ReportDocument {
  readonly title: string
  /** One line below the title. */
  readonly subtitle: string
  readonly blocks: readonly Block[]
}

export const heading = (text: string, level: 2 | 3 = 2): Block => ({ kind: 'heading', level, text })
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text })
/** A list; nothing without items. */
export const list = (items: readonly string[]): Block[] => (items.length === 0 ? [] : [{ kind: 'list', items }])
