import { type Figure, type FigureLine, figureSvg } from '#contract/charts/chart-svg.ts'
import { csvField } from '#contract/csv.ts'
import type { ChartLine } from './lines.ts'
import { maxBands, type PaintOptions, styleOf } from './paint.ts'
import { type AxisKind, axisLabels, axisTitle } from './x-axis.ts'

export interface FigureSource extends PaintOptions {
  title: string
  unit: string
  lines: readonly ChartLine[]
  axis: AxisKind
  isLogarithmic: boolean
  isLogarithmicX: boolean
  range: readonly [number, number] | undefined
}

/** A chart as a figure for documents. */
export function figureOf(source: FigureSource): Figure {
  const { lines, theme, isDense, isShared } = source
  return {
    title: source.title,
    theme,
    width: 800,
    height: 440 + 16 * Math.ceil(lines.length / 3),
    x: {
      label: axisTitle(source.axis),
      isLogarithmic: source.isLogarithmicX,
      range: source.range,
      format: (ticks) => axisLabels(source.axis, ticks),
    },
    y: { label: source.unit, isLogarithmic: source.isLogarithmic },
    bands: lines
      .filter((line) => line.low.length > 0 && (line.count > 1 || lines.length <= maxBands))
      .map((line) => ({
        colour: styleOf(line, theme, isDense, isShared).colour,
        xs: line.xs,
        low: line.low,
        high: line.high,
      })),
    lines: lines.flatMap((line): FigureLine[] => {
      const { colour, dash } = styleOf(line, theme, isDense, isShared)
      const base = { colour, dash, xs: line.xs }
      const main = { ...base, label: line.label, width: line.isBaseline ? 3 : 1.5, marks: line.marks }
      return line.smoothed.length === 0
        ? [{ ...main, ys: line.ys }]
        : [
            { colour, xs: line.xs, ys: line.ys, opacity: 0.28, width: 1 },
            { ...main, ys: line.smoothed },
          ]
    }),
  }
}

/** A figure as PNG at twice its size. @throws if the page cannot draw it */
export async function figurePng(figure: Figure): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(figureSvg(figure))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = figure.width * 2
  canvas.height = figure.height * 2
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return await new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('The figure could not be drawn.')) : resolve(blob)),
      'image/png',
    ),
  )
}

/**
 * The drawn lines as CSV, one row for each point or bucket. `min` and `max` are the range of a bucket, or the band of a mean, and
 * empty if that is not known; `runs` is the number of averaged runs.
 */
export function figureCsv(lines: readonly ChartLine[], axis: AxisKind): string {
  const position =
    axis === 'step'
      ? []
      : [{ epoch: 'epoch', samples: 'samples', wall: 'wall_seconds', compute: 'compute_seconds' }[axis]]
  const rows = lines.flatMap((line) =>
    line.xs.map((x, index) => [
      csvField(line.label),
      csvField(line.name),
      line.steps[index] ?? '',
      ...(position.length === 0 ? [] : [x]),
      line.values[index] ?? '',
      line.low[index] ?? (line.count === 1 && line.isExact ? (line.values[index] ?? '') : ''),
      line.high[index] ?? (line.count === 1 && line.isExact ? (line.values[index] ?? '') : ''),
      line.smoothed[index] ?? '',
      line.count,
    ]),
  )
  return [['line', 'metric', 'step', ...position, 'value', 'min', 'max', 'smoothed', 'runs'], ...rows]
    .map((row) => row.join(','))
    .join('\n')
    .concat('\n')
}
