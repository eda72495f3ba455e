import { formatNumber, formatStep } from '../format.ts'
import type { Theme } from './palette.ts'
import { linearTicks, logRange, logTicks, stepRange, tickLabels, valueRange } from './scales.ts'

/** A value that a scale cannot show, drawn at the edge: a cross for NaN, a triangle for an infinity. */
export interface FigureMark {
  x: number
  value: 'NaN' | 'Infinity' | '-Infinity'
}

/** A line of a figure; null and undefined are gaps. */
export interface FigureLine {
  /** Text in the legend; a line without one is not listed. */
  label?: string
  /** Six-digit hexadecimal colour. */
  colour: string
  /** Lengths of line and gap in pixels; empty or absent for a solid line. */
  dash?: readonly number[]
  /** In pixels; 1.5 if absent. */
  width?: number
  /** From 0 to 1; 1 if absent. */
  opacity?: number
  xs: readonly number[]
  ys: readonly (number | null | undefined)[]
  marks?: readonly FigureMark[]
}

/** A filled area between two lines. */
export interface FigureBand {
  colour: string
  xs: readonly number[]
  low: readonly (number | null | undefined)[]
  high: readonly (number | null | undefined)[]
}

export interface FigureAxis {
  label: string
  isLogarithmic?: boolean
  /** Visible values; absent for all. */
  range?: readonly [number, number] | undefined
  /** Labels of the ticks; numbers if absent. */
  format?: ((ticks: readonly number[]) => string[]) | undefined
}

/** A line chart as data. */
export interface Figure {
  title: string
  lines: readonly FigureLine[]
  bands?: readonly FigureBand[]
  x: FigureAxis
  y: FigureAxis
  theme: Theme
  /** Size in pixels of the whole figure; the legend takes its rows from the height. */
  width: number
  height: number
}

const grounds = {
  light: { page: '#ffffff', text: '#1f2937', muted: '#57606f', grid: '#e8ebf0' },
  dark: { page: '#0f172a', text: '#e5e7eb', muted: '#9aa5b5', grid: '#2a3444' },
} as const
const fontSize = 11
const characterWidth = 6
const rowHeight = 16
const font = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'

/** A figure as a self-contained SVG document: bands, lines, marks, both axes and a legend below. */
export function figureSvg(figure: Figure): string {
  const { width, height, theme, lines, bands = [] } = figure
  const ground = grounds[theme]
  const xs = [...lines, ...bands].flatMap((shape) => shape.xs)
  const xScale = scaleOf(figure.x, xs, 'x')
  const inView = (x: number): boolean => x >= xScale.from && x <= xScale.to
  const values = [
    ...lines.flatMap((line) => line.ys.filter((_, index) => inView(line.xs[index] ?? Number.NaN))),
    ...bands.flatMap((band) =>
      [...band.low, ...band.high].filter((_, at) => inView(band.xs[at % band.xs.length] ?? Number.NaN)),
    ),
  ]
  const yScale = scaleOf(figure.y, values, 'y')
  const yTicks = ticksOf(figure.y, yScale, height / 50)
  const xTicks = ticksOf(figure.x, xScale, width / 110)
  const yLabels = labelsOf(figure.y, yTicks)
  const xLabels =
    figure.x.format?.(xTicks) ?? xTicks.map((tick) => (Number.isInteger(tick) ? formatStep(tick) : formatNumber(tick)))
  const legend = legendOf(lines, width)

  const left = 30 + characterWidth * Math.max(3, ...yLabels.map((label) => label.length))
  const right = width - 18
  const top = 34
  const bottom = height - 42 - legend.rows * rowHeight
  const px = (x: number): number => left + xScale.share(x) * (right - left)
  const py = (y: number): number => bottom - yScale.share(y) * (bottom - top)
  const clip = `plot-${hash(figure.title)}`

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}" font-size="${fontSize}" role="img" aria-label="${escape(figure.title)}">`,
    `<title>${escape(figure.title)}</title>`,
    `<clipPath id="${clip}"><rect x="${left}" y="${top - 6}" width="${round(right - left)}" height="${round(bottom - top + 12)}"/></clipPath>`,
    `<rect width="${width}" height="${height}" fill="${ground.page}"/>`,
    `<text x="${left}" y="20" font-size="13" font-weight="600" fill="${ground.text}">${escape(figure.title)}</text>`,
    ...yTicks.map((tick, index) => {
      const y = round(py(tick))
      return `<path d="M${left} ${y}H${round(right)}" stroke="${ground.grid}"/><text x="${left - 6}" y="${round(y + 4)}" text-anchor="end" fill="${ground.muted}">${escape(yLabels[index] ?? '')}</text>`
    }),
    ...xTicks.map((tick, index) => {
      const x = round(px(tick))
      return `<path d="M${x} ${top}V${bottom}" stroke="${ground.grid}"/><text x="${x}" y="${bottom + 16}" text-anchor="middle" fill="${ground.muted}">${escape(xLabels[index] ?? '')}</text>`
    }),
    `<text x="${round((left + right) / 2)}" y="${bottom + 32}" text-anchor="middle" fill="${ground.muted}">${escape(figure.x.label)}</text>`,
    figure.y.label === ''
      ? ''
      : `<text transform="translate(12 ${round((top + bottom) / 2)}) rotate(-90)" text-anchor="middle" fill="${ground.muted}">${escape(figure.y.label)}</text>`,
    `<g clip-path="url(#${clip})" fill="none" stroke-linejoin="round">`,
    ...bands.map((band) => bandPath(band, px, py)),
    ...lines.map((line) => linePath(line, px, py)),
    ...lines.flatMap((line) =>
      (line.marks ?? []).filter(({ x }) => inView(x)).map((mark) => markPath(mark, line, px, top, bottom)),
    ),
    '</g>',
    ...legend.entries.map(({ line, x, row }) => {
      const y = bottom + 48 + row * rowHeight
      return `<path d="M${x} ${y - 4}h22" stroke="${line.colour}" stroke-width="${Math.max(2, line.width ?? 0)}"${dashOf(line)}/><text x="${x + 28}" y="${y}" fill="${ground.text}">${escape(line.label ?? '')}</text>`
    }),
    '</svg>',
  ].join('')
}

interface Scale {
  from: number
  to: number
  /** Position of a value from 0 at the start to 1 at the end; NaN if a logarithmic axis cannot show it. */
  share: (value: number) => number
}

function scaleOf(axis: FigureAxis, values: readonly (number | null | undefined)[], direction: 'x' | 'y'): Scale {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value) || (axis.isLogarithmic === true && value <= 0)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const [min, max] = low > high ? [null, null] : [low, high]
  const isLog = axis.isLogarithmic === true
  const whole =
    direction === 'x'
      ? isLog
        ? logSteps(min, max)
        : stepRange(min, max)
      : isLog
        ? logRange(min, max)
        : valueRange(min, max)
  const [from, to] = axis.range ?? whole
  if (!isLog) return { from, to, share: (value) => (value - from) / (to - from) }
  const start = Math.log(Math.max(from, Number.MIN_VALUE))
  const length = Math.log(to) - start
  return { from, to, share: (value) => (value > 0 ? (Math.log(value) - start) / length : Number.NaN) }
}

const logSteps = (min: number | null, max: number | null): [number, number] =>
  min === null || max === null ? [0.1, 1] : min === max ? [min / 2, max * 2] : [min, max]

const ticksOf = (axis: FigureAxis, { from, to }: Scale, count: number): number[] =>
  axis.isLogarithmic === true ? logTicks(from, to) : linearTicks(from, to, count)

const labelsOf = (axis: FigureAxis, ticks: readonly number[]): string[] => axis.format?.(ticks) ?? tickLabels(ticks)

type Position = (value: number) => number

function linePath(line: FigureLine, px: Position, py: Position): string {
  let path = ''
  let isOpen = false
  line.ys.forEach((y, index) => {
    const x = px(line.xs[index] ?? Number.NaN)
    const at = typeof y === 'number' ? py(y) : Number.NaN
    if (!Number.isFinite(x) || !Number.isFinite(at)) {
      // A step of another line is no gap of this one.
      if (y !== undefined) isOpen = false
      return
    }
    path += `${isOpen ? 'L' : 'M'}${round(x)} ${round(at)}`
    isOpen = true
  })
  if (path === '') return ''
  const opacity = line.opacity === undefined || line.opacity === 1 ? '' : ` stroke-opacity="${line.opacity}"`
  // Round caps show a single point.
  return `<path d="${path}" stroke="${line.colour}" stroke-width="${line.width ?? 1.5}" stroke-linecap="${(line.dash ?? []).length === 0 ? 'round' : 'butt'}"${dashOf(line)}${opacity}/>`
}

function bandPath(band: FigureBand, px: Position, py: Position): string {
  const corners = band.xs.flatMap((x, index) => {
    const [low, high] = [band.low[index], band.high[index]]
    if (typeof low !== 'number' || typeof high !== 'number') return []
    const corner = { x: px(x), low: py(low), high: py(high) }
    return Number.isFinite(corner.x + corner.low + corner.high) ? [corner] : []
  })
  if (corners.length < 2) return ''
  const upper = corners.map(({ x, high }) => `${round(x)} ${round(high)}`)
  const lower = corners.toReversed().map(({ x, low }) => `${round(x)} ${round(low)}`)
  return `<path d="M${[...upper, ...lower].join('L')}Z" fill="${band.colour}" fill-opacity="0.16"/>`
}

function markPath({ x, value }: FigureMark, { colour }: FigureLine, px: Position, top: number, bottom: number): string {
  const at = round(px(x))
  if (value === 'NaN') return `<path d="M${at - 4} ${bottom - 10}l8 8m0-8l-8 8" stroke="${colour}" stroke-width="1.6"/>`
  return value === 'Infinity'
    ? `<path d="M${at} ${top + 2}l4 8h-8Z" fill="${colour}"/>`
    : `<path d="M${at} ${bottom - 2}l4 -8h-8Z" fill="${colour}"/>`
}

function legendOf(
  lines: readonly FigureLine[],
  width: number,
): { entries: { line: FigureLine; x: number; row: number }[]; rows: number } {
  const entries: { line: FigureLine; x: number; row: number }[] = []
  let x = 30
  let row = 0
  for (const line of lines) {
    if (line.label === undefined) continue
    const needed = 28 + characterWidth * line.label.length + 18
    if (x > 30 && x + needed > width - 10) {
      x = 30
      row++
    }
    entries.push({ line, x, row })
    x += needed
  }
  return { entries, rows: entries.length === 0 ? 0 : row + 1 }
}

const dashOf = ({ dash = [] }: FigureLine): string => (dash.length === 0 ? '' : ` stroke-dasharray="${dash.join(' ')}"`)

const round = (value: number): number => Math.round(value * 100) / 100

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Tells the clip paths of several figures in one document apart. */
const hash = (text: string): string =>
  Array.from(text)
    .reduce((sum, character) => (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0, 7)
    .toString(36)
