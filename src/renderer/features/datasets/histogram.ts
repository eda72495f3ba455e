import type { Histogram } from '#contract/domain/dataset-detail.ts'
import type { MeasuredFact } from '#contract/query/clip-search.ts'
import { parseQuery } from '#contract/query/parse.ts'
import { formatBytes, formatUnit } from '../../ui/format.ts'

type Bin = Histogram['bins'][number]

/** `200 – 216 frames`, or one value. */
export function binText(fact: MeasuredFact, unit: string, { from, to }: Bin): string {
  const text = (value: number) => (fact === 'size' ? formatBytes(value) : String(Math.round(value * 100) / 100))
  const range = from === to ? text(from) : `${text(from)} – ${text(to)}`
  return fact === 'size' || unit === '' ? range : `${range} ${formatUnit(unit, to)}`
}

/** The filter that selects the samples of a bin. */
export function binFilter(fact: MeasuredFact, bins: readonly Bin[], index: number): string {
  const bin = bins[index]
  if (bin === undefined) return ''
  if (bin.from === bin.to) return `${fact} = ${bin.from}`
  return `${fact} >= ${bin.from} ${fact} ${index === bins.length - 1 ? '<=' : '<'} ${bin.to}`
}

/** A filter and another term that must match as well. */
export function withTerm(filter: string, term: string): string {
  if (filter.trim() === '') return term
  const isAlternative = parseQuery(filter, []).query.kind === 'or'
  return `${isAlternative ? `(${filter.trim()})` : filter.trim()} ${term}`
}
