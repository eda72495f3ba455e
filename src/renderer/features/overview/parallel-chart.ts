import { type ChartColours, chartFont } from '../../ui/charts/chart-colours.ts'
import { t } from '../../ui/language.ts'
import { axisOptions, scaleOf } from './axes.ts'
import { type ChartKey, type ChartRun, place } from './chart-data.ts'
import { colourScale, opacityOf, type RunChart } from './run-chart.ts'

export interface ParallelChart extends RunChart {
  /** Runs inside the selected intervals of every axis, by the axis's key. An axis without intervals takes all. */
  readonly within: (intervals: ReadonlyMap<string, readonly (readonly [number, number])[]>) => string[]
}

/** Width in pixels of the axes in the narrowest window: their names must not overlap. */
const narrowest = 720

/** One line per run through an axis for each key. The last key is the result, which colours the lines. */
export function parallelChart(
  runs: readonly ChartRun[],
  keys: readonly ChartKey[],
  selected: ReadonlySet<string>,
  colours: ChartColours,
): ParallelChart {
  const { placed, leftOut } = place(runs, keys)
  const scales = keys.map((_, index) => scaleOf(placed.map(({ values }) => values[index] ?? '')))
  const lines = placed.map(({ run, values }) => ({
    run,
    values,
    positions: values.map((value, index) => scales[index]?.positionOf(value) ?? 0),
  }))
  const results = lines.map(({ positions }) => positions.at(-1) ?? 0)
  return {
    option: {
      animation: false,
      textStyle: chartFont,
      parallel: {
        left: 96,
        right: 120,
        top: 44,
        bottom: 28,
        parallelAxisDefault: { nameLocation: 'end', nameGap: 16 },
      },
      parallelAxis: keys.map(({ key, label }, index) => ({
        // An interval that the user selects is reported with this id.
        id: key,
        dim: index,
        ...axisOptions(label, scales[index] ?? scaleOf([]), colours),
        nameTruncate: { maxWidth: Math.max(100, Math.floor(narrowest / keys.length)) },
        // Above the lines.
        z: 5,
        areaSelectStyle: { width: 18, color: colours.text, borderColor: colours.strongText, opacity: 0.25 },
      })),
      ...(results.length === 0 ? {} : { visualMap: colourScale(results, keys.length - 1, colours, true) }),
      series: [
        {
          type: 'parallel',
          inactiveOpacity: 0.04,
          activeOpacity: 1,
          lineStyle: { width: 1.5 },
          data: lines.map(({ run, positions }) => ({
            name: run.label,
            value: positions,
            lineStyle: { opacity: opacityOf(selected, [run.id]) },
          })),
        },
      ],
    },
    structure: JSON.stringify([keys.map(({ key }) => key), scales.map(({ type, categories }) => [type, categories])]),
    table: {
      columns: [t('overview.chart.run'), ...keys.map(({ label }) => label)],
      rows: placed.map(({ run, values }) => ({ cells: [run.label, ...values], runIds: [run.id] })),
    },
    marks: [lines.map(({ run }) => [run.id])],
    within: (intervals) =>
      lines
        .filter(({ positions }) =>
          keys.every(({ key }, index) => {
            const ranges = intervals.get(key) ?? []
            const at = positions[index] ?? Number.NaN
            return ranges.length === 0 || ranges.some(([from, to]) => at >= from && at <= to)
          }),
        )
        .map(({ run }) => run.id),
    leftOut,
  }
}
