import { curveStyle, fade } from '#contract/charts/palette.ts'
import { type ChartColours, chartFont } from '../../ui/charts/chart-colours.ts'
import { legendLook, symbolOf, tooltipLook } from '../../ui/charts/chart-look.ts'
import type { ChartOption } from '../../ui/charts/echarts.ts'
import { formatNumber } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** A mean at one position of the horizontal axis. */
export interface MeanPoint {
  readonly x: number
  readonly mean: number
  /** Half the width of the 95 % interval; null for one seed. */
  readonly interval: number | null
  readonly seeds: number
}

/** The means of one start, by ascending position. `style` chooses colour and symbol, so that a start looks the same in every chart. */
export interface MeanLine {
  readonly name: string
  readonly style: number
  readonly points: readonly MeanPoint[]
}

export interface MeanChartAxes {
  readonly x: string
  readonly y: string
  /** Doublings are equally wide. */
  readonly isLogarithmic: boolean
  /** Value that guessing would reach, in the unit of the axis. */
  readonly chance?: { readonly label: string; readonly value: number } | undefined
}

export interface MeanChart {
  readonly option: ChartOption
  readonly structure: string
  readonly table: {
    readonly columns: readonly string[]
    readonly rows: readonly (readonly (string | number | null)[])[]
  }
}

/** Lines of means with error bars. Ticks stand at the positions that have a mean. */
export function meanChart(lines: readonly MeanLine[], axes: MeanChartAxes, colours: ChartColours): MeanChart {
  const positions = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted((a, b) => a - b)
  const axis = {
    nameTextStyle: { ...chartFont, color: colours.strongText },
    axisLine: { show: true, lineStyle: { color: colours.line } },
    axisTick: { lineStyle: { color: colours.line } },
    splitLine: { lineStyle: { color: colours.grid } },
    axisLabel: { ...chartFont, color: colours.text, hideOverlap: true },
  }
  const { chance } = axes
  return {
    option: {
      animation: false,
      textStyle: chartFont,
      grid: { left: 12, right: 28, top: 60, bottom: 36, containLabel: true },
      legend: { ...legendLook(colours), data: lines.map(({ name }) => name) },
      xAxis: {
        ...axis,
        ...(axes.isLogarithmic
          ? { type: 'log' as const, logBase: 2, ...logarithmicEnds(positions) }
          : { type: 'value' as const, ...linearEnds(positions) }),
        name: axes.x,
        nameLocation: 'middle',
        nameGap: 28,
        axisTick: { ...axis.axisTick, customValues: positions },
        axisLabel: { ...axis.axisLabel, customValues: positions, formatter: (value: number) => formatNumber(value) },
        splitLine: { show: false },
      },
      yAxis: {
        ...axis,
        type: 'value',
        scale: true,
        name: axes.y,
        nameTextStyle: { ...axis.nameTextStyle, align: 'left' },
        axisLabel: { ...axis.axisLabel, formatter: (value: number) => formatNumber(value) },
      },
      tooltip: {
        ...tooltipLook(colours),
        formatter: (item) => {
          const { seriesName = '', dataIndex = 0 } = (Array.isArray(item) ? item[0] : item) ?? {}
          const line = lines.find(({ name }) => name === seriesName)
          const point = line?.points[dataIndex]
          return line === undefined || point === undefined
            ? ''
            : [
                line.name,
                `${axes.x}: ${formatNumber(point.x)}`,
                `${axes.y}: ${meanText(point)}`,
                seedsText(point),
              ].join('\n')
        },
      },
      series: [
        ...lines.map(({ name, style, points }) => {
          const { colour, dash } = curveStyle(style, colours.theme)
          return {
            type: 'line' as const,
            name,
            symbol: symbolOf(style),
            symbolSize: 9,
            showAllSymbol: true,
            itemStyle: { color: colour },
            lineStyle: { color: colour, width: 1.8, ...(dash.length === 0 ? {} : { type: dash }) },
            data: points.map(({ x, mean }) => [x, mean]),
          }
        }),
        ...lines.map(({ name, style, points }) => ({
          type: 'custom' as const,
          name,
          silent: true,
          z: 3,
          // The value axis has to reach the ends of the error bars.
          encode: { x: 0, y: [1, 2] },
          data: points.map(({ x, mean, interval }) => [x, mean - (interval ?? 0), mean + (interval ?? 0)]),
          renderItem: errorBar(fade(curveStyle(style, colours.theme).colour, 0.8)),
        })),
        ...(chance === undefined || positions.length === 0
          ? []
          : [
              {
                type: 'line' as const,
                name: chance.label,
                silent: true,
                symbol: 'none',
                lineStyle: { color: colours.text, width: 1, type: [3, 4] },
                endLabel: { show: true, formatter: chance.label, ...chartFont, color: colours.text, offset: [-60, -8] },
                data: [positions[0] ?? 0, positions.at(-1) ?? 0].map((x) => [x, chance.value]),
              },
            ]),
      ],
    },
    structure: JSON.stringify([axes, lines.map(({ name }) => name), positions]),
    table: {
      columns: [
        t('experiments.table.start'),
        axes.x,
        axes.y,
        t('experiments.table.interval'),
        t('experiments.table.seeds'),
      ],
      rows: lines.flatMap(({ name, points }) =>
        points.map(({ x, mean, interval, seeds }) => [name, x, mean, interval, seeds]),
      ),
    },
  }
}

const meanText = ({ mean, interval }: MeanPoint): string =>
  `${formatNumber(mean)}${interval === null ? '' : ` ± ${formatNumber(interval, 2)}`}`
const seedsText = ({ seeds }: MeanPoint): string =>
  seeds === 1 ? t('experiments.oneSeed') : t('experiments.seedCount', { count: seeds })

/** Ends of an axis with half a doubling, or a twentieth of the range, beside the outermost points. */
const logarithmicEnds = (positions: readonly number[]) => ({
  min: (positions[0] ?? 1) / Math.SQRT2,
  max: (positions.at(-1) ?? 1) * Math.SQRT2,
})
function linearEnds(positions: readonly number[]) {
  const [first = 0, last = 0] = [positions[0], positions.at(-1)]
  const beside = last === first ? 1 : (last - first) / 20
  return { min: first - beside, max: last + beside }
}

interface Placing {
  value: (dimension: number) => unknown
  coord: (point: [number, number]) => number[]
}

/** Draws a bar from the second to the third value of an item; nothing if they are equal. */
const errorBar = (stroke: string) => (_: unknown, api: Placing) => {
  const at = (dimension: number) => api.coord([Number(api.value(0)), Number(api.value(dimension))])
  const [x = 0, low = 0] = at(1)
  const [, high = 0] = at(2)
  if (low === high) return null
  return {
    type: 'group' as const,
    children: [
      [x, low, x, high],
      [x - 5, low, x + 5, low],
      [x - 5, high, x + 5, high],
    ].map(([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) => ({
      type: 'line' as const,
      shape: { x1, y1, x2, y2 },
      style: { stroke, lineWidth: 1.5 },
    })),
  }
}
