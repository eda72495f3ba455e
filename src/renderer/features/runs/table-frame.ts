import { inSight, spansOf } from './column-layout.ts'
import type { Column } from './columns.ts'
import type { ShownColumn } from './use-runs-table.ts'

/** Widths in pixels of the columns with the check boxes and with the buttons. */
export const selectWidth = 36
export const actionsWidth = 124

/** A column that is drawn: pinned, or in sight. */
export interface DrawnColumn {
  readonly key: string
  readonly column: Column
  readonly width: number
  readonly isPinned: boolean
  /** Distance from the left edge at which a pinned column stays; null if it scrolls. */
  readonly left: number | null
  /** `aria-colindex`: check boxes are 1 and names 2. */
  readonly index: number
}

/** What every row needs to know to draw its cells. */
export interface TableFrame {
  readonly rowHeight: number
  readonly nameLeft: number
  readonly nameWidth: number
  readonly columns: readonly DrawnColumn[]
  /** The drawn column before which others are out of sight; undefined if there are none. */
  readonly gapBefore: string | undefined
  readonly gapBeforeWidth: number
  /** Width of the columns out of sight after those that are drawn. */
  readonly gapAfter: number
  readonly columnCount: number
  readonly width: number
}

/** Which columns fit where; see `frameOf`. */
export interface Layout {
  readonly nameWidth: number
  readonly columns: readonly DrawnColumn[]
  /** Left edge of each column that scrolls, from the first of them. */
  readonly lefts: readonly number[]
  readonly fixedWidth: number
  readonly width: number
}

/**
 * Positions of all columns in a window.
 * @param nameWidth set by the user; null if it may grow
 */
export function layoutOf(
  shown: readonly ShownColumn[],
  nameWidth: { width: number; isFixed: boolean },
  windowWidth: number,
): Layout {
  const spans = spansOf(
    [nameWidth, ...shown.map(({ width, column }) => ({ width: width ?? column.width, isFixed: width !== null }))],
    windowWidth - selectWidth - actionsWidth,
  )
  const name = spans[0]?.width ?? nameWidth.width
  const columns = shown.map(({ key, column, isPinned }, index): DrawnColumn => {
    const span = spans[index + 1] ?? { left: 0, width: column.width }
    return {
      key,
      column,
      isPinned,
      width: span.width,
      left: isPinned ? selectWidth + span.left : null,
      index: index + 3,
    }
  })
  const pinned = widthOf(columns.filter(({ isPinned }) => isPinned))
  let left = 0
  const lefts = columns
    .filter(({ isPinned }) => !isPinned)
    .map(({ width }) => {
      left += width
      return left - width
    })
  const fixedWidth = selectWidth + name + pinned
  return { nameWidth: name, columns, lefts, fixedWidth, width: fixedWidth + left + actionsWidth }
}

/** Left edge of a column that scrolls; undefined for one that is pinned or not shown. */
export const leftOf = ({ columns, lefts }: Layout, key: string): number | undefined =>
  lefts[columns.filter(({ isPinned }) => !isPinned).findIndex((column) => column.key === key)]

/** Range of the scrolling columns that are in sight, as text: equal ranges draw nothing again. */
export function rangeOf({ columns, lefts, fixedWidth }: Layout, scrollLeft: number, windowWidth: number): string {
  const scrolling = columns.filter(({ isPinned }) => !isPinned)
  const spans = scrolling.map(({ width }, index) => ({ left: lefts[index] ?? 0, width }))
  const room = Math.max(200, windowWidth - fixedWidth)
  const { first, last } = inSight(spans, scrollLeft - margin, scrollLeft + room + margin)
  return `${first} ${last}`
}
/** Columns this near to the window are drawn, in pixels, so that scrolling shows no empty cells. */
const margin = 200

/** The columns of a layout that are drawn for a range of those that scroll. */
export function frameOf(layout: Layout, range: string, rowHeight: number): TableFrame {
  const [first = -1, last = -2] = range.split(' ').map(Number)
  const pinned = layout.columns.filter(({ isPinned }) => isPinned)
  const scrolling = layout.columns.filter(({ isPinned }) => !isPinned)
  const drawn = scrolling.slice(Math.max(0, first), last + 1)
  const before = widthOf(scrolling.slice(0, Math.max(0, first)))
  return {
    rowHeight,
    nameLeft: selectWidth,
    nameWidth: layout.nameWidth,
    columns: [...pinned, ...drawn],
    gapBefore: before > 0 ? drawn[0]?.key : undefined,
    gapBeforeWidth: before,
    gapAfter: widthOf(scrolling) - before - widthOf(drawn),
    columnCount: layout.columns.length + 3,
    width: layout.width,
  }
}

const widthOf = (columns: readonly DrawnColumn[]): number => columns.reduce((sum, { width }) => sum + width, 0)
