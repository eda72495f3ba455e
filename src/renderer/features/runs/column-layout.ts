import type { AddressCodec } from '../../ui/address.ts'
import { escapeKey, unescapeKey } from './sort-runs.ts'

/** A column that is shown, as the user arranged it. */
export interface PlacedColumn {
  readonly key: string
  /** In pixels; null for the default of the column. */
  readonly width: number | null
  readonly isPinned: boolean
}

export const minWidth = 60
export const maxWidth = 900
const clamp = (width: number): number => Math.min(maxWidth, Math.max(minWidth, Math.round(width)))

export const placed = (key: string): PlacedColumn => ({ key, width: null, isPinned: false })

/** Columns in the order in which they are shown: pinned ones first. */
export const inOrder = (columns: readonly PlacedColumn[]): PlacedColumn[] => [
  ...columns.filter(({ isPinned }) => isPinned),
  ...columns.filter(({ isPinned }) => !isPinned),
]

const change = (columns: readonly PlacedColumn[], key: string, set: Partial<PlacedColumn>): PlacedColumn[] =>
  columns.map((column) => (column.key === key ? { ...column, ...set } : column))

export const resized = (columns: readonly PlacedColumn[], key: string, width: number | null): PlacedColumn[] =>
  change(columns, key, { width: width === null ? null : clamp(width) })

/** A pinned column comes after those that are pinned already; a released one before the others. */
export const pinned = (columns: readonly PlacedColumn[], key: string, isPinned: boolean): PlacedColumn[] =>
  inOrder(change(inOrder(columns), key, { isPinned }))

/** Shows a column after the others, or hides it. */
export const shown = (columns: readonly PlacedColumn[], key: string, isShown: boolean): PlacedColumn[] =>
  isShown
    ? columns.some((column) => column.key === key)
      ? [...columns]
      : [...columns, placed(key)]
    : columns.filter((column) => column.key !== key)

/** Replaces a column, for example by another reduction of its metric, and keeps its place. */
export const replaced = (columns: readonly PlacedColumn[], key: string, by: string): PlacedColumn[] =>
  columns.flatMap((column) =>
    column.key === key
      ? [{ ...column, key: by }]
      : // The column that replaces it may have been shown elsewhere.
        column.key === by
        ? []
        : [column],
  )

/** Moves a column by some positions. Pinned columns stay among the pinned ones. */
export function moved(columns: readonly PlacedColumn[], key: string, by: number): PlacedColumn[] {
  const ordered = inOrder(columns)
  const from = ordered.findIndex((column) => column.key === key)
  const column = ordered[from]
  if (column === undefined) return ordered
  const peers = ordered.filter(({ isPinned }) => isPinned === column.isPinned)
  const first = column.isPinned ? 0 : ordered.length - peers.length
  const to = Math.min(first + peers.length - 1, Math.max(first, from + by))
  const rest = ordered.toSpliced(from, 1)
  return rest.toSpliced(to, 0, column)
}

/** Moves a column to the position of another. */
export function movedTo(columns: readonly PlacedColumn[], key: string, target: string): PlacedColumn[] {
  const ordered = inOrder(columns)
  const index = (wanted: string) => ordered.findIndex((column) => column.key === wanted)
  return index(key) < 0 || index(target) < 0 ? ordered : moved(ordered, key, index(target) - index(key))
}

/** The columns of a table in an address: `status,distill.maskRatio~120,test.top1~p90`, with width and `p` if pinned. */
export function addressColumns(normal: readonly string[]): AddressCodec<readonly PlacedColumn[]> {
  const write = (columns: readonly PlacedColumn[]): string =>
    columns
      .map(({ key, width, isPinned }) => {
        const suffix = `${isPinned ? 'p' : ''}${width ?? ''}`
        return suffix === '' ? escapeKey(key) : `${escapeKey(key)}~${suffix}`
      })
      .join(',')
  const normalText = write(normal.map(placed))
  return {
    read(text) {
      if (text === undefined) return normal.map(placed)
      const columns = text.split(',').flatMap((part): PlacedColumn[] => {
        const [key = '', suffix = ''] = part.split('~')
        const width = /\d+$/.exec(suffix)?.[0]
        return key === '' || key === 'none'
          ? []
          : [
              {
                key: unescapeKey(key),
                width: width === undefined ? null : clamp(Number(width)),
                isPinned: suffix.startsWith('p'),
              },
            ]
      })
      return columns.filter(({ key }, index) => columns.findIndex((other) => other.key === key) === index)
    },
    write(columns) {
      const text = write(columns)
      return text === normalText ? undefined : text === '' ? 'none' : text
    },
  }
}

/** Where a column lies, in pixels from the left edge of all columns. */
export interface ColumnSpan {
  readonly left: number
  readonly width: number
}

/**
 * Positions of columns. Room that is left in the window is shared by the columns whose width nobody has set.
 * @param room width of the window in pixels, without the columns that have a fixed position
 */
export function spansOf(columns: readonly { width: number; isFixed: boolean }[], room: number): ColumnSpan[] {
  const used = columns.reduce((sum, { width }) => sum + width, 0)
  const flexible = columns.filter(({ isFixed }) => !isFixed).reduce((sum, { width }) => sum + width, 0)
  const scale = flexible > 0 && room > used ? (room - used + flexible) / flexible : 1
  // Edges are rounded, not widths: otherwise a strip of some pixels stays empty.
  let exact = 0
  return columns.map(({ width, isFixed }) => {
    const left = Math.round(exact)
    exact += isFixed ? width : width * scale
    return { left, width: Math.round(exact) - left }
  })
}

/** The first and the last column of some that are in sight; -1 and -2 if there are none. */
export function inSight(
  spans: readonly ColumnSpan[],
  from: number,
  to: number,
): { readonly first: number; readonly last: number } {
  const first = spans.findIndex(({ left, width }) => left + width > from)
  if (first < 0) return { first: -1, last: -2 }
  const after = spans.findIndex(({ left }) => left >= to)
  return { first, last: after < 0 ? spans.length - 1 : Math.max(first, after - 1) }
}
