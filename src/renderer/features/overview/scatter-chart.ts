import { curveStyle } from '#contract/charts/palette.ts'
import { type ChartColours, chartFont } from '../../ui/charts/chart-colours.ts'
import { legendLook, symbolOf, tooltipLook } from '../../ui/charts/chart-look.ts'
import { t } from '../../ui/language.ts'
import { aboveLeft, axisOptions, categoryScale, scaleOf, textOf } from './axes.ts'
import { type ChartKey, type ChartRun, place } from './chart-data.ts'
import { colourScale, opacityOf, type RunChart } from './run-chart.ts'

/** Numbers with more distinct values than this are coloured on a scale instead of one by one. */
const maxColourGroups = 7

type Range = readonly [number, number]

export interface ScatterChart extends RunChart {
  /** Runs whose points are inside an area of the two axes. */
  readonly within: (x: Range, y: Range) => string[]
}

/** One point per run: x against y, coloured by a third key. */
export function scatterChart(
  runs: readonly ChartRun[],
  { x, y, colour }: { x: ChartKey; y: ChartKey; colour: ChartKey | undefined },
  selected: ReadonlySet<string>,
  colours: ChartColours,
): ScatterChart {
  const keys = colour === undefined ? [x, y] : [x, y, colour]
  const { placed, leftOut } = place(runs, keys)
  const column = (index: number) => placed.map(({ values }) => values[index] ?? '')
  const [scaleX, scaleY] = [scaleOf(column(0)), scaleOf(column(1))]
  const shades = colour === undefined ? [] : column(2)
  const isScaled = new Set(shades).size > maxColourGroups && shades.every((shade) => typeof shade === 'number')
  const groups = shades.length === 0 || isScaled ? undefined : categoryScale(shades)
  const points = placed.map(({ run, values }) => {
    const [atX = '', atY = '', shade = ''] = values
    const group = groups?.positionOf(shade) ?? 0
    return { run, values, shade, group, x: scaleX.positionOf(atX), y: scaleY.positionOf(atY) }
  })
  const series = (groups?.categories ?? ['']).map((name, index) => ({
    name,
    points: points.filter(({ group }) => group === index),
  }))
  return {
    option: {
      animation: false,
      textStyle: chartFont,
      grid: {
        left: 12,
        right: isScaled ? 88 : 24,
        top: groups === undefined ? 32 : 56,
        bottom: 36,
        containLabel: true,
      },
      xAxis: { ...axisOptions(x.label, scaleX, colours), nameLocation: 'middle', nameGap: 28 },
      yAxis: { ...axisOptions(y.label, scaleY, colours), ...aboveLeft(colours) },
      tooltip: {
        ...tooltipLook(colours),
        formatter: (item) => {
          const { seriesIndex = 0, dataIndex = 0 } = Array.isArray(item) ? (item[0] ?? {}) : item
          const point = series[seriesIndex]?.points[dataIndex]
          if (point === undefined) return ''
          return [
            point.run.label,
            ...keys.map(({ label }, index) => `${label}: ${textOf(point.values[index] ?? '')}`),
          ].join('\n')
        },
      },
      brush: {
        xAxisIndex: 'all',
        yAxisIndex: 'all',
        toolbox: [],
        inBrush: {},
        outOfBrush: {},
        brushStyle: { borderWidth: 1, color: `${colours.text}22`, borderColor: colours.text },
      },
      ...(groups === undefined ? {} : { legend: legendLook(colours) }),
      ...(isScaled ? { visualMap: colourScale(shades.map(Number), 2, colours, true) } : {}),
      series: series.map(({ name, points: shown }, index) => ({
        type: 'scatter',
        name,
        symbol: symbolOf(index),
        symbolSize: 11,
        itemStyle: {
          ...(isScaled ? {} : { color: curveStyle(index, colours.theme).colour }),
          borderColor: colours.surface,
          borderWidth: 1,
        },
        data: shown.map((point) => ({
          value: isScaled ? [point.x, point.y, Number(point.shade)] : [point.x, point.y],
          itemStyle: { opacity: opacityOf(selected, [point.run.id]) },
        })),
      })),
    },
    structure: JSON.stringify([keys.map(({ key }) => key), scaleX.type, scaleY.type, groups?.categories, isScaled]),
    table: {
      columns: [t('overview.chart.run'), ...keys.map(({ label }) => label)],
      rows: placed.map(({ run, values }) => ({ cells: [run.label, ...values], runIds: [run.id] })),
    },
    marks: series.map(({ points: shown }) => shown.map(({ run }) => [run.id])),
    within: ([left, right], [bottom, top]) =>
      points
        .filter((point) => point.x >= left && point.x <= right && point.y >= bottom && point.y <= top)
        .map(({ run }) => run.id),
    leftOut,
  }
}
