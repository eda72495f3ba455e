import { meanOf } from '#contract/statistics.ts'
import { type ChartColours, chartFont } from '../../ui/charts/chart-colours.ts'
import { tooltipLook } from '../../ui/charts/chart-look.ts'
import { scaleColour } from '../../ui/colour-scale.ts'
import { formatNumber } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'
import { aboveLeft, axisOptions, categoryScale, textOf } from './axes.ts'
import { type ChartKey, type ChartRun, place } from './chart-data.ts'
import { colourScale, opacityOf, type RunChart } from './run-chart.ts'

/** Mean of a result for each pair of values of two keys. A cell says how many runs it stands for. */
export function heatMap(
  runs: readonly ChartRun[],
  { x, y, result }: { x: ChartKey; y: ChartKey; result: ChartKey },
  selected: ReadonlySet<string>,
  colours: ChartColours,
): RunChart {
  const { placed, leftOut } = place(runs, [x, y, { ...result, isNumeric: true }])
  const column = (index: number) => placed.map(({ values }) => values[index] ?? '')
  const [scaleX, scaleY] = [categoryScale(column(0)), categoryScale(column(1))]
  const cells = [
    ...Map.groupBy(
      placed,
      ({ values: [atX = '', atY = ''] }) => `${scaleX.positionOf(atX)} ${scaleY.positionOf(atY)}`,
    ).values(),
  ].map((members) => {
    const [atX = '', atY = ''] = members[0]?.values ?? []
    return {
      atX,
      atY,
      x: scaleX.positionOf(atX),
      y: scaleY.positionOf(atY),
      mean: meanOf(members.map(({ values }) => Number(values[2]))),
      runIds: members.map(({ run }) => run.id),
    }
  })
  const means = cells.map(({ mean }) => mean)
  const range = { min: Math.min(...means), max: Math.max(...means) }
  return {
    option: {
      animation: false,
      textStyle: chartFont,
      grid: { left: 12, right: 96, top: 32, bottom: 36, containLabel: true },
      xAxis: {
        ...axisOptions(x.label, scaleX, colours),
        nameLocation: 'middle',
        nameGap: 28,
        splitArea: { show: false },
      },
      yAxis: { ...axisOptions(y.label, scaleY, colours), ...aboveLeft(colours) },
      tooltip: {
        ...tooltipLook(colours),
        formatter: (item) => {
          const cell = cells[(Array.isArray(item) ? item[0]?.dataIndex : item.dataIndex) ?? -1]
          return cell === undefined
            ? ''
            : [
                `${x.label}: ${textOf(cell.atX)}`,
                `${y.label}: ${textOf(cell.atY)}`,
                `${t('overview.chart.mean', { label: result.label })}: ${formatNumber(cell.mean)}`,
                t('overview.chart.runCount', { total: cell.runIds.length }),
              ].join('\n')
        },
      },
      ...(cells.length === 0 ? {} : { visualMap: colourScale(means, 2, colours) }),
      series: [
        {
          type: 'heatmap',
          itemStyle: { borderColor: colours.surface, borderWidth: 2 },
          data: cells.map((cell) => ({
            value: [cell.x, cell.y, cell.mean],
            itemStyle: { opacity: opacityOf(selected, cell.runIds) },
            label: {
              show: true,
              opacity: 1,
              ...chartFont,
              color: opacityOf(selected, cell.runIds) < 1 ? colours.text : contrastOf(scaleColour(cell.mean, range)),
              formatter: `${formatNumber(cell.mean)}\nn = ${cell.runIds.length}`,
            },
          })),
        },
      ],
    },
    structure: JSON.stringify([x.key, y.key, result.key, scaleX.categories, scaleY.categories]),
    table: {
      columns: [x.label, y.label, t('overview.chart.mean', { label: result.label }), t('overview.chart.runs')],
      rows: cells
        .toSorted((a, b) => a.y - b.y || a.x - b.x)
        .map(({ atX, atY, mean, runIds }) => ({ cells: [atX, atY, mean, runIds.length], runIds })),
    },
    marks: [cells.map(({ runIds }) => runIds)],
    leftOut,
  }
}

/** Black or white, which contrasts more with a colour (relative luminance of WCAG). */
function contrastOf(colour: readonly number[]): string {
  const [red = 0, green = 0, blue = 0] = colour.map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff'
}
