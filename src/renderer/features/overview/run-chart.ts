import { type ChartColours, chartFont } from '../../ui/charts/chart-colours.ts'
import type { ChartOption } from '../../ui/charts/echarts.ts'
import { scaleColour } from '../../ui/colour-scale.ts'
import { formatNumber } from '../../ui/format.ts'
import type { ChartTable } from './chart-data.ts'

/** A chart over runs with what belongs to it. */
export interface RunChart {
  readonly option: ChartOption
  /** Changes if axes or series change. */
  readonly structure: string
  readonly table: ChartTable
  /** Runs behind each mark, by series and index. */
  readonly marks: readonly (readonly (readonly string[])[])[]
  /** Sentence about the runs that are not shown; empty if all are. */
  readonly leftOut: string
}

const fadedOpacity = 0.15

/** Opacity of a mark: faded if some runs are selected and none of its own is. */
export const opacityOf = (selected: ReadonlySet<string>, runIds: readonly string[]): number =>
  selected.size === 0 || runIds.some((id) => selected.has(id)) ? 1 : fadedOpacity

/** Ends of the colour scale, from 0 to 8: lines need contrast to the surface, on which the darkest or the brightest colour has none. */
const lineEnds = { light: [0, 6], dark: [2, 8] } as const

/**
 * A colour scale over some numbers, in dimension `dimension` of the data.
 * @param areLines whether it colours lines and not areas
 */
export function colourScale(
  values: readonly number[],
  dimension: number,
  { text, theme }: ChartColours,
  areLines = false,
) {
  const [from, to] = areLines ? lineEnds[theme] : [0, 8]
  const range = { min: Math.min(...values), max: Math.max(...values) }
  return {
    type: 'continuous' as const,
    dimension,
    ...range,
    // A scale of one value has no length.
    ...(range.min === range.max ? { max: range.min + 1 } : {}),
    orient: 'vertical' as const,
    right: 4,
    top: 'center' as const,
    itemHeight: 120,
    itemWidth: 12,
    calculable: false,
    inRange: {
      color: Array.from(
        { length: 9 },
        (_, index) => `rgb(${scaleColour(from + ((to - from) * index) / 8, { min: 0, max: 8 }).join(', ')})`,
      ),
    },
    text: [formatNumber(range.max), formatNumber(range.min)],
    textStyle: { ...chartFont, color: text },
  }
}
