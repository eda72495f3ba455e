import type uPlot from 'uplot'
import { type CurveStyle, curveStyle, dashedCurves, fade, type Theme } from '#contract/charts/palette.ts'
import type { ChartLine } from './lines.ts'
import type { Cell } from './smoothing.ts'
import { nearestIndex } from './x-axis.ts'

/** More bands of buckets than this would hide each other. */
export const maxBands = 8

/** Dashes of the second and third metric of a chart, whose runs have colours alone. */
const variantDashes: number[][] = [[], [6, 3], [2, 3]]

/** Colour and dash of a line among all lines of a page. */
export function styleOf(line: ChartLine, theme: Theme, isDense: boolean, isShared: boolean): CurveStyle {
  const style = curveStyle(line.style, theme, isDense || isShared)
  return isShared ? { ...style, dash: variantDashes[line.variant] ?? [] } : style
}

export interface PaintOptions {
  theme: Theme
  /** Whether there are so many lines that all are thin and solid. */
  isDense: boolean
  /** Whether the chart has several metrics. */
  isShared: boolean
}

export const isDenseOf = (entries: number): boolean => entries > dashedCurves

/** Paints bands, lines and marks into the plot. */
export function paintLines(chart: uPlot, lines: readonly ChartLine[], options: PaintOptions): void {
  const { ctx, bbox } = chart
  const { theme, isDense, isShared } = options
  const ratio = pixelRatio()
  ctx.save()
  clip(ctx, bbox)
  const hasBands = lines.length <= maxBands
  for (const line of lines)
    if (hasBands || line.count > 1) fillBand(chart, ctx, line, fade(curveStyle(line.style, theme).colour, 0.16))
  for (const line of lines) {
    const { colour, dash } = styleOf(line, theme, isDense, isShared)
    const width = (isDense ? 1 : 1.5) * (line.isBaseline ? 2 : 1) * ratio
    if (line.smoothed.length > 0) {
      strokeLine(chart, ctx, line.xs, line.ys, {
        colour: fade(colour, isDense ? 0.16 : 0.28),
        dash: [],
        width: ratio,
        ratio,
      })
      strokeLine(chart, ctx, line.xs, line.smoothed, { colour, dash, width: width * 1.3, ratio })
    } else strokeLine(chart, ctx, line.xs, line.ys, { colour, dash, width, ratio })
  }
  for (const line of lines) paintMarks(chart, ctx, line, curveStyle(line.style, theme).colour)
  ctx.restore()
}

/** Paints lines thick with their points at a position, above the others, onto a canvas of the size of the plot. */
export function paintHighlight(
  chart: uPlot,
  canvas: HTMLCanvasElement,
  lines: readonly { line: ChartLine; at: { x: number; y: number } | undefined; isThin?: boolean }[],
  options: PaintOptions & { hasLine: boolean },
): void {
  const ctx = canvas.getContext('2d')
  if (ctx === null) return
  const ratio = pixelRatio()
  ctx.clearRect(0, 0, canvas.width, canvas.height)
  const origin = { left: chart.bbox.left, top: chart.bbox.top }
  for (const { line, at, isThin = false } of lines) {
    const { colour, dash } = styleOf(line, options.theme, options.isDense, options.isShared)
    const width = isThin ? ratio : 2.5 * ratio
    if (options.hasLine || isThin)
      strokeLine(chart, ctx, line.xs, line.smoothed.length > 0 ? line.smoothed : line.ys, {
        colour,
        dash,
        width,
        ratio,
        origin,
      })
    if (at === undefined) continue
    ctx.beginPath()
    ctx.arc(
      chart.valToPos(at.x, 'x', true) - origin.left,
      chart.valToPos(at.y, 'y', true) - origin.top,
      3.5 * ratio,
      0,
      7,
    )
    ctx.fillStyle = colour
    ctx.fill()
  }
}

/** Pixels of the canvas per pixel of the page, for which the page need not be laid out. */
const pixelRatio = (): number => globalThis.devicePixelRatio

/** Position of a value on the canvas, as `valToPos` gives it, with one multiplication if the scale is linear. */
function projection(chart: uPlot, key: 'x' | 'y'): (value: number) => number {
  const { min, max, distr } = chart.scales[key] ?? {}
  const position = (value: number) => chart.valToPos(value, key, true)
  // 3 is uPlot's number of a logarithmic scale.
  if (typeof min !== 'number' || typeof max !== 'number' || min === max || Number(distr) === 3) return position
  const start = position(min)
  const perUnit = (position(max) - start) / (max - min)
  return (value) => start + (value - min) * perUnit
}

/** First and last index of the positions in a zoomed chart, and of those next to them, to which its lines lead. */
function shownPart({ scales }: uPlot, xs: readonly number[]): [first: number, last: number] {
  const { min, max } = scales['x'] ?? {}
  const end = xs.length - 1
  if (typeof min !== 'number' || typeof max !== 'number') return [0, end]
  return [Math.max(0, nearestIndex(xs, min) - 1), Math.min(end, nearestIndex(xs, max) + 1)]
}

function clip(ctx: CanvasRenderingContext2D, { left, top, width, height }: uPlot['bbox']): void {
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
}

interface Stroke {
  colour: string
  dash: readonly number[]
  width: number
  ratio: number
  origin?: { left: number; top: number }
}

function strokeLine(
  chart: uPlot,
  ctx: CanvasRenderingContext2D,
  xs: readonly number[],
  ys: readonly Cell[],
  { colour, dash, width, ratio, origin = { left: 0, top: 0 } }: Stroke,
): void {
  ctx.beginPath()
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.lineJoin = 'round'
  // A round cap shows a point without neighbours.
  ctx.lineCap = dash.length === 0 ? 'round' : 'butt'
  ctx.setLineDash(dash.map((length) => length * ratio))
  const [toX, toY] = [projection(chart, 'x'), projection(chart, 'y')]
  let isOpen = false
  const [first, last] = shownPart(chart, xs)
  for (let index = first; index <= last; index++) {
    const y = ys[index]
    if (typeof y !== 'number') {
      isOpen = false
      continue
    }
    const left = toX(xs[index] ?? 0) - origin.left
    const top = toY(y) - origin.top
    if (isOpen) ctx.lineTo(left, top)
    else {
      ctx.moveTo(left, top)
      ctx.lineTo(left, top)
    }
    isOpen = true
  }
  ctx.stroke()
  ctx.setLineDash([])
}

function fillBand(chart: uPlot, ctx: CanvasRenderingContext2D, line: ChartLine, colour: string): void {
  const corners = line.low.flatMap((low, index) => {
    const high = line.high[index]
    return typeof low === 'number' && typeof high === 'number' ? [{ x: line.xs[index] ?? 0, low, high }] : []
  })
  if (corners.length < 2) return
  ctx.beginPath()
  const [toX, toY] = [projection(chart, 'x'), projection(chart, 'y')]
  for (const { x, high } of corners) ctx.lineTo(toX(x), toY(high))
  for (const { x, low } of corners.toReversed()) ctx.lineTo(toX(x), toY(low))
  ctx.closePath()
  ctx.fillStyle = colour
  ctx.fill()
}

/** Marks of values that no scale can show, at the edge: a cross for NaN, a triangle for an infinity. Overlapping ones are skipped. */
function paintMarks(chart: uPlot, ctx: CanvasRenderingContext2D, line: ChartLine, colour: string): void {
  const { bbox } = chart
  const radius = pixelRatio() * 4
  ctx.lineWidth = radius / 2.5
  ctx.strokeStyle = colour
  ctx.fillStyle = colour
  let previous = -Infinity
  for (const mark of line.marks) {
    const x = chart.valToPos(mark.x, 'x', true)
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
}
