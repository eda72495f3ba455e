import { type ChartColours, chartFont } from './chart-colours.ts'

/** Drawn on the canvas: names of runs are never read as HTML. */
export const tooltipLook = ({ surface, line, strongText }: ChartColours) => ({
  renderMode: 'richText' as const,
  backgroundColor: surface,
  borderColor: line,
  textStyle: { ...chartFont, color: strongText },
})

export const legendLook = ({ text, line }: ChartColours) => ({
  type: 'scroll' as const,
  top: 4,
  left: 8,
  itemWidth: 12,
  itemHeight: 10,
  textStyle: { ...chartFont, color: text },
  inactiveColor: line,
  pageTextStyle: { color: text },
  pageIconColor: text,
  pageIconInactiveColor: line,
  pageIconSize: 10,
})

/** Symbols that differ without colour. */
const symbols = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'arrow', 'roundRect'] as const

/** Symbol of a series by its index, shifted with each round through the symbols. */
export const symbolOf = (index: number): string =>
  symbols[(index + Math.floor(index / symbols.length)) % symbols.length] ?? 'circle'
