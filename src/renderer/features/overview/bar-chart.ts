import { curveStyle } from '#contract/charts/palette.ts'
import { aggregateOf } from '#contract/domain/run-groups.ts'
import { type ChartColours, chartFont } from '../../ui/charts/chart-colours.ts'
import { tooltipLook } from '../../ui/charts/chart-look.ts'
import { formatNumber } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'
import { aboveLeft, axisOptions, categoryScale, scaleOf, textOf } from './axes.ts'
import { type ChartKey, type ChartRun, place } from './chart-data.ts'
import { opacityOf, type RunChart } from './run-chart.ts'

/** What an error bar shows: the standard error of the mean, or its 95 % interval by Student's t. */
export const spreads = ['error', 'interval'] as const
export type Spread = (typeof spreads)[number]

export interface BarChoice {
  readonly group: ChartKey
  readonly result: ChartKey
  readonly spread: Spread
  /** With false the axis begins near the lowest value, and points replace the bars: their lengths would mean nothing. */
  readonly isFromZero: boolean
}

/** Mean of a result for each value of a key, with error bars. A group of one run has none. */
export function barChart(
  runs: readonly ChartRun[],
  { group, result, spread, isFromZero }: BarChoice,
  selected: ReadonlySet<string>,
  colours: ChartColours,
): RunChart {
  const { placed, leftOut } = place(runs, [group, { ...result, isNumeric: true }])
  const scale = categoryScale(placed.map(({ values: [value = ''] }) => value))
  const groups = [...Map.groupBy(placed, ({ values: [value = ''] }) => value)]
    .map(([value, members]) => {
      const { mean, standardError, interval } = aggregateOf(members.map(({ values }) => Number(values[1])))
      return {
        value,
        at: scale.positionOf(value),
        mean: mean ?? 0,
        half: spread === 'error' ? standardError : interval,
        runIds: members.map(({ run }) => run.id),
      }
    })
    .toSorted((a, b) => a.at - b.at)
  const singles = groups.filter(({ half }) => half === null).length
  const { colour } = curveStyle(0, colours.theme)
  const marks = groups.map((entry) => ({
    value: entry.mean,
    itemStyle: { color: colour, opacity: opacityOf(selected, entry.runIds) },
  }))
  return {
    option: {
      animation: false,
      textStyle: chartFont,
      grid: { left: 12, right: 24, top: 32, bottom: 36, containLabel: true },
      xAxis: {
        ...axisOptions(
          group.label,
          { ...scale, categories: groups.map(({ value, runIds }) => `${textOf(value)}\nn = ${runIds.length}`) },
          colours,
        ),
        nameLocation: 'middle',
        nameGap: 38,
      },
      yAxis: {
        ...axisOptions(t('overview.chart.mean', { label: result.label }), scaleOf([]), colours, isFromZero),
        ...aboveLeft(colours),
      },
      tooltip: {
        ...tooltipLook(colours),
        formatter: (item) => {
          const entry = groups[(Array.isArray(item) ? item[0]?.dataIndex : item.dataIndex) ?? -1]
          return entry === undefined
            ? ''
            : [
                `${group.label}: ${textOf(entry.value)}`,
                `${t('overview.chart.mean', { label: result.label })}: ${formatNumber(entry.mean)}`,
                ...(entry.half === null
                  ? []
                  : [`${t(`overview.groups.spreads.${spread}`)}: ±${formatNumber(entry.half, 3)}`]),
                t('overview.chart.runCount', { total: entry.runIds.length }),
              ].join('\n')
        },
      },
      series: [
        isFromZero ? { type: 'bar', barMaxWidth: 56, data: marks } : { type: 'scatter', symbolSize: 10, data: marks },
        {
          type: 'custom',
          silent: true,
          z: 3,
          // The value axis has to reach the ends of the error bars.
          encode: { x: 0, y: [1, 2] },
          data: groups.map(({ at, mean, half }) => [at, mean - (half ?? 0), mean + (half ?? 0)]),
          renderItem: (_, api) => {
            const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)])
            const [, high = 0] = api.coord([api.value(0), api.value(2)])
            if (low === high) return null
            return {
              type: 'group',
              children: [
                [x, low, x, high],
                [x - 6, low, x + 6, low],
                [x - 6, high, x + 6, high],
              ].map(([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) => ({
                type: 'line' as const,
                shape: { x1, y1, x2, y2 },
                style: { stroke: colours.strongText, lineWidth: 1.5 },
              })),
            }
          },
        },
      ],
    },
    structure: JSON.stringify([group.key, result.key, isFromZero]),
    table: {
      columns: [
        group.label,
        t('overview.chart.mean', { label: result.label }),
        t(`overview.groups.spreads.${spread}`),
        t('overview.chart.runs'),
      ],
      rows: groups.map(({ value, mean, half, runIds }) => ({ cells: [value, mean, half, runIds.length], runIds })),
    },
    marks: [groups.map(({ runIds }) => runIds)],
    leftOut: [leftOut, singles === 0 ? '' : t('overview.leftOut.single', { count: singles })]
      .filter((sentence) => sentence !== '')
      .join(' '),
  }
}
