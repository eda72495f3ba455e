import { type FigureLine, figureSvg } from '#contract/charts/chart-svg.ts'
import { curveStyle, dashedCurves } from '#contract/charts/palette.ts'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import { decodeMetric, describeMetric, type MetricName, sortMetrics } from '#contract/domain/metric.ts'
import { stageNames, stageTitles } from '#contract/stages/index.ts'
import { type Block, type FigureBlock, heading, paragraph } from './document.ts'
import { nameOf, type ReportedRun } from './reported-run.ts'

/** Buckets of a curve in a figure: more than its pixels would not show. */
export const figureBuckets = 400

const width = 560
const plotHeight = 300
const legendRowHeight = 16
/** Metrics of the machine are no results. */
const machineGroups = new Set(['system', 'speed', 'progress'])

/** A figure for each metric and stage, with the curve of every run that recorded it. */
export function curves(runs: readonly ReportedRun[], series: readonly BucketedSeries[]): Block[] {
  const stages = stageNames.filter((stage) => runs.some(({ run }) => run.stage === stage))
  const figures = stages.flatMap((stage) => {
    const members = runs.filter(({ run }) => run.stage === stage)
    const own = series.filter(({ runId, start }) => start.length > 0 && members.some(({ run }) => run.id === runId))
    return sortMetrics(own.map(({ name }) => name))
      .filter((metric) => !machineGroups.has(metric.split('/')[0] ?? ''))
      .flatMap((metric) => {
        const found = own.filter(({ name }) => name === metric)
        if (found.every(({ start }) => start.length < 2)) return []
        const title =
          stages.length === 1 ? describeMetric(metric).label : `${describeMetric(metric).label}, ${stageTitles[stage]}`
        return [figureOf(title, `${metric.replaceAll(/[^a-z0-9]+/gi, '-')}-${stage}`, metric, runs, found)]
      })
  })
  return figures.length === 0
    ? []
    : [
        heading('Curves'),
        paragraph(
          'Lines run through the last value of each of up to 400 spans of steps. A cross at the lower edge marks NaN, a triangle an infinity.',
        ),
        ...figures,
      ]
}

function figureOf(
  title: string,
  name: string,
  metric: MetricName,
  runs: readonly ReportedRun[],
  series: readonly BucketedSeries[],
): FigureBlock {
  const isSolid = runs.length > dashedCurves
  const drawn = runs.flatMap((reported, index) => {
    const found = series.find(({ runId }) => runId === reported.run.id)
    return found === undefined ? [] : [{ index, label: `${reported.number} ${nameOf(reported)}`, ...pointsOf(found) }]
  })
  const legendRows = drawn.length === 0 ? 0 : drawn.length
  return {
    kind: 'figure',
    title,
    name,
    svg: (theme) =>
      figureSvg({
        title,
        theme,
        width,
        height: plotHeight + legendRows * legendRowHeight,
        x: { label: 'Step' },
        y: { label: describeMetric(metric).unit },
        lines: drawn.map(({ index, label, xs, ys, marks }): FigureLine => {
          const { colour, dash } = curveStyle(index, theme, isSolid)
          return { label, colour, dash, width: isSolid ? 1.2 : 1.6, xs, ys, marks }
        }),
      }),
  }
}

/** The end of each bucket with its last value; what no axis can show is a gap with a mark. */
function pointsOf({
  start,
  width: steps,
  last,
  lastStep,
}: BucketedSeries): Required<Pick<FigureLine, 'xs' | 'ys' | 'marks'>> {
  const xs = start.map((from) => Math.min(from + steps - 1, lastStep))
  return {
    xs,
    ys: last.map((value) => {
      const number = decodeMetric(value)
      return Number.isFinite(number) ? number : null
    }),
    marks: last.flatMap((value, index) => (typeof value === 'string' ? [{ x: xs[index] ?? 0, value }] : [])),
  }
}
