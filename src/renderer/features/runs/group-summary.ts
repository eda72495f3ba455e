import { encodeMetric, type MetricName } from '#contract/domain/metric.ts'
import { aggregateOf, leftOutOf } from '#contract/domain/run-groups.ts'
import type { Run } from '#contract/domain/run.ts'
import { type Stage, stageTitles } from '#contract/stages/index.ts'
import { formatList, formatMetric, formatNumber } from '../../ui/format.ts'
import { contractText, t } from '../../ui/language.ts'
import { type Column, isAveraged, resultOf } from './columns.ts'

/** What the heading of a group says of a column. */
export interface GroupCell {
  readonly text: string
  /** Tooltip, with everything that the text leaves out. */
  readonly note: string
  /** Values that are not finite, which the mean leaves out. */
  readonly nonFinite: number
  /** Mean of the group; null if it has none. */
  readonly mean: number | null
}

const nothing: GroupCell = { text: '', note: '', nonFinite: 0, mean: null }

/**
 * Summary of a column over all runs of a group: mean ± standard error of results, otherwise the value that all runs share, or
 * how many values there are. Results of different stages or different metrics are not averaged.
 */
export function groupCell(column: Column, runs: readonly Run[]): GroupCell {
  // The steps that runs have reached say nothing about a group.
  if (column.key === 'step') return nothing
  return isAveraged(column) ? meanCell(column, runs) : sharedCell(column, runs)
}

/** The mean that `groupCell` shows, without its texts: a sort asks for those of all groups. */
export function groupMean(column: Column, runs: readonly Run[]): number | null {
  if (runs.some((run) => column.isPending?.(run) === true)) return null
  const values = runs.map((run) => toNumber(column.read(run)))
  const measured = runs.filter((_, index) => values[index] !== null)
  return quantitiesOf(column, measured).size === 1 ? aggregateOf(values).mean : null
}

function meanCell(column: Column, runs: readonly Run[]): GroupCell {
  if (runs.some((run) => column.isPending?.(run) === true))
    return { ...nothing, text: '…', note: t('runs.atStep.pending') }
  const values = runs.map((run) => toNumber(column.read(run)))
  const measured = runs.filter((_, index) => values[index] !== null)
  const quantities = quantitiesOf(column, measured)
  if (measured.length === 0) return nothing
  if (quantities.size > 1)
    return {
      ...nothing,
      text: '–',
      note: t('runs.groups.notAveraged', {
        count: quantities.size,
        kinds: formatList([...quantities.values()].map(quantityText)),
      }),
    }
  const aggregate = aggregateOf(values)
  const { mean, standardError, interval, min, max, count, nonFinite } = aggregate
  const format = formatOf(column, measured[0])
  const leftOut = leftOutOf(aggregate)
  if (mean === null)
    return {
      text: t('runs.row.notFinite', { count: nonFinite }),
      note: t('runs.groups.noFinite', { leftOut: sentence(leftOut) }),
      nonFinite,
      mean,
    }
  const earlier = runs.filter((run) => (column.earlierStep?.(run) ?? null) !== null).length
  const error = standardError === null ? '' : ` ± ${formatError(standardError, format)}`
  const note = [
    t(standardError === null ? 'runs.groups.mean' : 'runs.groups.meanError', { count }),
    ...(interval === null
      ? []
      : [t('runs.groups.interval', { low: format(mean - interval), high: format(mean + interval) })]),
    ...(min === null || max === null || count < 2
      ? []
      : [t('runs.groups.range', { min: format(min), max: format(max) })]),
    ...(leftOut === '' ? [] : [sentence(leftOut)]),
    ...(earlier === 0 ? [] : [t('runs.atStep.earlierValues', { count: earlier })]),
  ]
  const text = `${format(mean)}${error}${earlier === 0 ? '' : ' *'}`
  return { text, note: note.join(' '), nonFinite, mean }
}

/** A small error is not rounded to zero. */
const formatError = (error: number, format: (value: number) => string): string =>
  error > 0 && format(error) === format(0) ? format(0).replace(/^[\d.]+/, formatNumber(error, 2)) : format(error)

const sentence = (text: string): string => (text === '' ? '' : `${text}.`)
const toNumber = (value: string | number | null): number | null => (value === null ? null : Number(value))

/** What a value measures. */
interface Quantity {
  readonly stage: Stage
  readonly metric: MetricName | undefined
}

/** What the values of runs measure, each once: values of one group are averaged only if they measure the same. */
function quantitiesOf(column: Column, runs: readonly Run[]): ReadonlyMap<string, Quantity> {
  const quantities = new Map<string, Quantity>()
  for (const run of runs) {
    const metric = column.key === 'result' ? resultOf(run)?.name : column.metric
    quantities.set(`${run.stage} ${metric ?? ''}`, { stage: run.stage, metric })
  }
  return quantities
}

const quantityText = ({ stage, metric }: Quantity): string =>
  [contractText(stageTitles[stage]), ...(metric === undefined ? [] : [metric])].join(' ')

/** A headline metric keeps the unit of its metric. */
function formatOf(column: Column, run: Run | undefined): (value: number) => string {
  if (column.key !== 'result') return (value) => column.textOf(value)
  const metric = run === undefined ? undefined : resultOf(run)?.name
  return metric === undefined ? (value) => formatNumber(value) : (value) => formatMetric(metric, encodeMetric(value))
}

function sharedCell(column: Column, runs: readonly Run[]): GroupCell {
  const distinct = new Set(runs.map((run) => column.read(run)))
  const present = [...distinct].filter((value) => value !== null)
  const [first] = present
  if (first === undefined) return nothing
  if (distinct.size === 1) return { ...nothing, text: column.textOf(first), note: column.textOf(first) }
  const missing = runs.filter((run) => column.read(run) === null).length
  const shown = present.slice(0, maxListed).map((value) => column.textOf(value))
  const values = shown.join(', ')
  const more = present.length - maxListed
  const notes = [
    more > 0 ? t('runs.groups.listedMore', { values, more }) : t('runs.groups.listed', { values }),
    ...(missing === 0 ? [] : [t('runs.groups.missing', { count: missing })]),
  ]
  const text =
    present.length === 1
      ? t('runs.groups.orNone', { value: values })
      : t('runs.groups.values', { count: present.length })
  return { ...nothing, text, note: notes.join(' ') }
}

const maxListed = 8
