import type uPlot from 'uplot'
import type { Theme } from '#contract/charts/palette.ts'
import { logRange, logTicks, tickLabels, valueRange } from '#contract/charts/scales.ts'
import { type AxisKind, axisLabels, isWhole, needsTimes, timeIncrements } from './x-axis.ts'

const ground = {
  light: { text: '#57606f', grid: '#e8ebf0', ticks: '#cfd5dd' },
  dark: { text: '#9aa5b5', grid: '#232b38', ticks: '#39434f' },
}
const font = '11px system-ui, sans-serif'

export interface ChartLook {
  theme: Theme
  axis: AxisKind
  isLogarithmic: boolean
  isLogarithmicX: boolean
  width: number
  height: number
}

export interface ChartEvents {
  /** The visible range of positions. */
  range: () => readonly [number, number]
  /** Smallest and largest visible value; null without one. */
  extent: () => [number | null, number | null]
  onSelect: (from: number, to: number) => void
  onReset: () => void
  /** The pointer moved or left; the chart has the position in `cursor`. */
  onCursor: (chart: uPlot) => void
  /** Draws the lines over the grid. */
  paint: (chart: uPlot) => void
}

/**
 * Options of a uPlot chart that draws axes, grid and cursor. The lines are painted in a hook, since runs have points at different
 * positions, which uPlot would have to align in one table.
 */
export function chartOptions(look: ChartLook, events: ChartEvents): uPlot.Options {
  const { text, grid, ticks } = ground[look.theme]
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: ticks, width: 1, size: 4 } }
  return {
    width: look.width,
    height: look.height,
    legend: { show: false },
    padding: [10, needsTimes(look.axis) ? 30 : 18, 4, 8],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          events.onReset()
          return null
        },
      },
    },
    scales: {
      x: { time: false, ...(look.isLogarithmicX ? { distr: 3 } : {}), range: () => [...events.range()] },
      y: look.isLogarithmic
        ? { distr: 3, range: () => logRange(...events.extent()) }
        : { range: () => valueRange(...events.extent()) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        ...(look.isLogarithmicX ? { splits: (_, __, min, max) => logTicks(min, max), filter: (_, all) => all } : {}),
        ...(needsTimes(look.axis) && !look.isLogarithmicX ? { incrs: timeIncrements, space: 70 } : {}),
        values: (_, positions: number[]) => axisLabels(look.axis, positions),
      },
      {
        ...axis,
        size: (_, labels) => labelWidth(labels),
        ...(look.isLogarithmic ? { splits: (_, __, min, max) => logTicks(min, max), filter: (_, all) => all } : {}),
        values: (_, values: (number | null)[]) => tickLabels(values),
      },
    ],
    series: [{}, { width: 0, points: { show: false } }],
    hooks: {
      setSelect: [(chart) => select(chart, look, events)],
      setCursor: [events.onCursor],
      draw: [events.paint],
    },
  }
}

/** Width of the vertical axis in pixels: about 6.5 per character, and a minimum that aligns most charts. */
const labelWidth = (labels: readonly string[] | null): number =>
  Math.max(58, 16 + 6.5 * Math.max(0, ...(labels ?? []).map((label) => label.length)))

function select(chart: uPlot, { axis }: ChartLook, events: ChartEvents): void {
  const { left, width } = chart.select
  if (width < 3) return
  const [start, end] = [Math.max(0, chart.posToVal(left, 'x')), chart.posToVal(left + width, 'x')]
  const [from, to] = isWhole(axis) ? [Math.floor(start), Math.ceil(end)] : [rounded(start), rounded(end)]
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  if (to > from) events.onSelect(from, to)
}

/** Six significant digits, for a short address. */
const rounded = (value: number): number => Number(value.toPrecision(6))
