import type { ChartColours } from '../../ui/charts/chart-colours.ts'
import { chartFont } from '../../ui/charts/chart-colours.ts'
import { formatNumber } from '../../ui/format.ts'
import { type ChartKey, type ChartRun, distinct } from './chart-data.ts'

/** Values from this ratio of largest to smallest on are read on a logarithmic axis. */
const logarithmicRatio = 100

export interface Scale {
  readonly type: 'category' | 'value' | 'log'
  /** The categories in their order; empty for numbers. */
  readonly categories: readonly string[]
  /** Position of a value on the axis. */
  readonly positionOf: (value: string | number) => number
}

/** The scale for some values: text as categories; numbers evenly, or logarithmically if they span two powers of ten. */
export function scaleOf(values: readonly (string | number)[]): Scale {
  if (values.some((value) => typeof value === 'string')) return categoryScale(values)
  const numbers = values.filter((value) => typeof value === 'number')
  const min = numbers.reduce((a, b) => Math.min(a, b), Infinity)
  const max = numbers.reduce((a, b) => Math.max(a, b), -Infinity)
  return {
    type: min > 0 && max / min >= logarithmicRatio ? 'log' : 'value',
    categories: [],
    positionOf: (value) => Number(value),
  }
}

/** A category for each distinct value. */
export function categoryScale(values: readonly (string | number)[]): Scale {
  const order = distinct(values)
  const positions = new Map(order.map((value, index) => [value, index]))
  return { type: 'category', categories: order.map(textOf), positionOf: (value) => positions.get(value) ?? -1 }
}

/** A value as text on an axis or in a table. */
export const textOf = (value: string | number): string => (typeof value === 'number' ? formatNumber(value) : value)

/** Name of a vertical axis, above it and not beyond the left edge. */
export const aboveLeft = ({ strongText }: ChartColours) => ({
  nameTextStyle: { ...chartFont, color: strongText, align: 'left' as const },
})

/** Options of an axis of ECharts with this name and scale. Numbers need not begin at zero, unless that is asked for. */
export function axisOptions(name: string, scale: Scale, colours: ChartColours, isFromZero = false) {
  const axis = {
    name,
    nameTextStyle: { ...chartFont, color: colours.strongText },
    axisLine: { show: true, lineStyle: { color: colours.line } },
    axisTick: { lineStyle: { color: colours.line } },
    splitLine: { lineStyle: { color: colours.grid } },
  }
  // Lines of parallel coordinates would cross the labels.
  const label = { ...chartFont, color: colours.text, backgroundColor: colours.surface, hideOverlap: true }
  return scale.type === 'category'
    ? { ...axis, type: scale.type, data: [...scale.categories], axisLabel: label }
    : {
        ...axis,
        type: scale.type,
        scale: !isFromZero,
        axisLabel: { ...label, formatter: (value: number) => formatNumber(value).replace(/\.?0*e/, 'e') },
      }
}

/** Metrics that say how good a model is, best first. */
const preferred = ['test.top1', 'validation.top1', 'test.top5', 'validation.loss', 'train.loss']
/** A parameter by which runs are repeated, not changed. */
const seed = 'general.seed'

/** Metrics of which a run has a finite value; those that say how good a model is come before others. */
export function resultKeys(runs: readonly ChartRun[], keys: readonly ChartKey[]): ChartKey[] {
  return keys
    .filter(({ key, kind }) => kind === 'metric' && runs.some((run) => isFiniteNumber(run.valueOf(key))))
    .toSorted((a, b) => resultRank(a) - resultRank(b))
}

/**
 * Parameters, then facts, that have more than one value among the runs that have the result. The seed comes after the other
 * parameters; facts of which every run has a value of its own are left out.
 */
export function differingKeys(
  runs: readonly ChartRun[],
  keys: readonly ChartKey[],
  result: ChartKey | undefined,
): ChartKey[] {
  const measured = result === undefined ? runs : runs.filter((run) => isFiniteNumber(run.valueOf(result.key)))
  return keys
    .filter(({ key, kind }) => {
      if (kind === 'metric') return false
      const values = measured.map((run) => run.valueOf(key)).filter((value) => value !== null)
      const count = new Set(values).size
      return count > 1 && (kind === 'parameter' || count < values.length)
    })
    .toSorted((a, b) => parameterRank(a) - parameterRank(b))
}

const isFiniteNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const resultRank = ({ key }: ChartKey): number => (preferred.includes(key) ? preferred.indexOf(key) : preferred.length)
const parameterRank = ({ key, kind }: ChartKey): number => (kind === 'fact' ? 2 : key === seed ? 1 : 0)
