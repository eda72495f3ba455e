import { type FigureBand, type FigureLine, figureSvg } from '#contract/charts/chart-svg.ts'
import { curveStyle, type Theme } from '#contract/charts/palette.ts'
import type { ExperimentResult, SeedMean } from '#contract/experiment/result.ts'
import { formatNumber } from '#contract/format.ts'
import { type Start, startNames, startTitles } from '#contract/stages/starts.ts'
import { type Block, type FigureBlock, heading, paragraph } from '../reports/document.ts'

const size = { width: 560, height: 340 }

interface Point {
  readonly x: number
  readonly value: SeedMean
}

/** A start has the same colour in every figure. */
function shapesOf(
  start: Start,
  points: readonly Point[],
  scale: number,
  theme: Theme,
): { line: FigureLine; band: FigureBand } {
  const { colour, dash } = curveStyle(startNames.indexOf(start), theme)
  const xs = points.map(({ x }) => x)
  const edge = (sign: number) =>
    points.map(({ value: { mean, interval } }) =>
      mean === null || interval === null ? null : scale * (mean + sign * interval),
    )
  return {
    line: {
      label: startTitles[start],
      colour,
      dash,
      width: 1.8,
      xs,
      ys: points.map(({ value: { mean } }) => (mean === null ? null : scale * mean)),
    },
    band: { colour, xs, low: edge(-1), high: edge(1) },
  }
}

/** Accuracy over labels per class, a figure for each family of label sets. */
export function curveFigures({ curves }: ExperimentResult): Block[] {
  if (curves.length === 0) return []
  return [
    heading('Learning curves'),
    paragraph('Test top-1 over the number of labels per class. Areas are 95 % intervals over the pre-training seeds.'),
    ...curves.map(({ labelSets, starts }, index): FigureBlock => ({
      kind: 'figure',
      title: `Top-1 on ${labelSets.join(', ')}`,
      name: `learning-curve-${index + 1}`,
      svg: (theme) => {
        const shapes = starts.map(({ start, points }) =>
          shapesOf(
            start,
            points.map(({ labelsPerClass, top1 }) => ({ x: labelsPerClass, value: top1 })),
            100,
            theme,
          ),
        )
        return figureSvg({
          ...size,
          title: `Top-1 on ${labelSets.join(', ')}`,
          theme,
          x: {
            label: 'Labels per class',
            isLogarithmic: true,
            format: (ticks) => ticks.map((tick) => formatNumber(tick)),
          },
          y: { label: 'Test top-1 (%)' },
          lines: shapes.map(({ line }) => line),
          bands: shapes.map(({ band }) => band),
        })
      },
    })),
  ]
}

/** Cosine of features over the distance in tubelets. */
export const similarityFigure = ({ similarities }: ExperimentResult): FigureBlock => ({
  kind: 'figure',
  title: 'Similarity of features over time',
  name: 'similarity',
  svg: (theme) => {
    const shapes = similarities.map(({ start, distances }) =>
      shapesOf(
        start,
        distances.map(({ tubelets, cosine }) => ({ x: tubelets, value: cosine })),
        1,
        theme,
      ),
    )
    return figureSvg({
      ...size,
      title: 'Similarity of features over time',
      theme,
      x: { label: 'Distance (tubelets)' },
      y: { label: 'Cosine' },
      lines: shapes.map(({ line }) => line),
      bands: shapes.map(({ band }) => band),
    })
  },
})
