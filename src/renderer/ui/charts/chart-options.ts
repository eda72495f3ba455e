import type uPlot from 'uplot'
import { curveStyle, fade, type Theme } from '#contract/charts/palette.ts'
import { logRange, logTicks, stepRange, valueRange, tickLabels } from '#contract/charts/scales.ts'
import { formatStep } from '../format.ts'
import type { Mark } from './columns.ts'

/** Columns per curve in uPlot's data; the column of steps comes first. */
export const columnsPerCurve = 4
const offsets = { low: 0, high: 1, last: 2, smoothed: 3 } as const

/** Index of a column of a curve in uPlot's data. */
export const columnOf = (curve: number, column: keyof typeof offsets): number =>
  1 + curve * columnsPerCurve + offsets[column]

/** More bands, or points at the cursor, than this would hide each other. */
const maxBands = 8
const ground = {
  light: { text: '#57606f', grid: '#e8ebf0', ticks: '#cfd5dd' },
  dark: { text: '#9aa5b5', grid: '#232b38', ticks: '#39434f' },
}
const font = '11px system-ui, sans-serif'

export interface ChartLook {
  theme: Theme
  /** Index in the palette of each curve. */
  styles: readonly number[]
  hasBand: boolean
  isSmoothed: boolean
  isLogarithmic: boolean
  width: number
  height: number
  /** Charts with the same key move their cursors together. */
  syncKey: string
}

export interface ChartEvents {
  /** The visible range of steps; undefined means all. */
  range: () => readonly [number, number] | undefined
  marks: () => readonly (readonly Mark[])[]
  onSelect: (from: number, to: number) => void
  onReset: () => void
  onCursor: (chart: uPlot) => void
  /** Whether the cursor of other charts moves the one of this chart. */
  isFollowing: () => boolean
}

/** Options of a uPlot chart: for each curve a band from lowest to highest value and a line through the last value of each bucket. */
export function chartOptions(look: ChartLook, events: ChartEvents): uPlot.Options {
  const { text, grid, ticks } = ground[look.theme]
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: ticks, width: 1, size: 4 } }
  return {
    width: look.width,
    height: look.height,
    legend: { show: false },
    padding: [10, 18, 4, 8],
    focus: { alpha: 1 },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: look.styles.length > maxBands ? { show: false } : { size: 6 },
      hover: { prox: 60 },
      sync: {
        key: look.syncKey,
        scales: ['x', null],
        filters: {
          pub: (type) => type === 'mousemove' || type === 'mouseleave',
          sub: (type) => type === 'mouseleave' || events.isFollowing(),
        },
      },
      bind: {
        dblclick: () => () => {
          events.onReset()
          return null
        },
      },
    },
    scales: {
      x: { time: false, range: (_, min, max) => [...(events.range() ?? stepRange(min, max))] },
      y: look.isLogarithmic
        ? { distr: 3, range: (chart, min, max) => logRange(...extent(chart, min, max)) }
        : { range: (chart, min, max) => valueRange(...extent(chart, min, max)) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        values: (_, steps) => steps.map((step) => (Number.isInteger(step) ? formatStep(step) : '')),
      },
      {
        ...axis,
        size: (_, labels) => labelWidth(labels),
        ...(look.isLogarithmic ? { splits: (_, __, min, max) => logTicks(min, max), filter: (_, ticks) => ticks } : {}),
        values: (_, values: (number | null)[]) => tickLabels(values),
      },
    ],
    series: [{}, ...look.styles.flatMap((style) => curveSeries(style, look))],
    bands:
      look.hasBand && look.styles.length <= maxBands
        ? look.styles.map((style, curve) => ({
            series: [columnOf(curve, 'high'), columnOf(curve, 'low')],
            fill: fade(curveStyle(style, look.theme).colour, 0.16),
          }))
        : [],
    hooks: {
      setSelect: [(chart) => select(chart, events)],
      setCursor: [events.onCursor],
      draw: [(chart) => drawMarks(chart, look, events.marks())],
    },
  }
}

/** Width of the vertical axis in pixels: about 6.5 per character, and a minimum that aligns most charts. */
const labelWidth = (labels: readonly string[] | null): number =>
  Math.max(58, 16 + 6.5 * Math.max(0, ...(labels ?? []).map((label) => label.length)))

function curveSeries(style: number, look: ChartLook): uPlot.Series[] {
  const { colour, dash } = curveStyle(style, look.theme)
  const edge: uPlot.Series = { show: look.hasBand && look.styles.length <= maxBands, width: 0, points: { show: false } }
  const line: uPlot.Series = { stroke: colour, width: 1.5, dash, points: { size: 4 } }
  return [
    edge,
    edge,
    look.isSmoothed ? { stroke: fade(colour, 0.28), width: 1, points: { show: false } } : line,
    { ...line, width: 2, show: look.isSmoothed, points: { show: false } },
  ]
}

/** Range of the visible values; of all values if only a line between two points crosses the visible steps. */
function extent(chart: uPlot, min: number | null, max: number | null): [number | null, number | null] {
  if (min !== null && max !== null) return [min, max]
  const values = chart.data
    .slice(1)
    .flatMap((column) => Array.from<number | null | undefined>(column))
    .filter((value) => typeof value === 'number')
  return values.length === 0
    ? [null, null]
    : [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
}

function select(chart: uPlot, events: ChartEvents): void {
  const { left, width } = chart.select
  if (width < 3) return
  const from = Math.max(0, Math.floor(chart.posToVal(left, 'x')))
  const to = Math.ceil(chart.posToVal(left + width, 'x'))
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  if (to > from) events.onSelect(from, to)
}

/** Draws values that no scale can show at the edge: a cross for NaN, a triangle for an infinity. Overlapping marks are skipped. */
function drawMarks(chart: uPlot, look: ChartLook, marks: readonly (readonly Mark[])[]): void {
  const { ctx, bbox } = chart
  const radius = (bbox.width / chart.over.clientWidth) * 4
  ctx.save()
  ctx.lineWidth = radius / 2.5
  marks.forEach((curve, index) => {
    const { colour } = curveStyle(look.styles[index] ?? 0, look.theme)
    ctx.strokeStyle = colour
    ctx.fillStyle = colour
    let previous = -Infinity
    for (const mark of curve) {
      const x = chart.valToPos(mark.step, 'x', true)
      if (x < bbox.left || x > bbox.left + bbox.width || x - previous < radius * 2.5) continue
      previous = x
      const y = mark.value === 'Infinity' ? bbox.top + radius * 1.5 : bbox.top + bbox.height - radius * 1.5
      ctx.beginPath()
      if (mark.value === 'NaN') {
        ctx.moveTo(x - radius, y - radius)
        ctx.lineTo(x + radius, y + radius)
        ctx.moveTo(x + radius, y - radius)
        ctx.lineTo(x - radius, y + radius)
        ctx.stroke()
      } else {
        const tip = mark.value === 'Infinity' ? -radius : radius
        ctx.moveTo(x, y + tip)
        ctx.lineTo(x - radius, y - tip)
        ctx.lineTo(x + radius, y - tip)
        ctx.fill()
      }
    }
  })
  ctx.restore()
}
