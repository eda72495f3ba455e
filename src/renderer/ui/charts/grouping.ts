import type { Pipeline } from '#contract/domain/pipeline.ts'
import { groupBy } from '#contract/domain/run-groups.ts'
import type { Run } from '#contract/domain/run.ts'
import type { RunKey } from '#contract/query/run-key.ts'
import { runKeys, valueOf } from '#contract/query/run-keys.ts'
import { contractText, t } from '../language.ts'
import type { LegendEntry } from './chart-link.ts'

/** A run with its pipeline. */
export interface GroupedRun {
  run: Run
  pipeline: Pipeline | undefined
}

/**
 * Keys in which some of the runs differ and others agree, or may: facts and hyperparameters, but neither ids nor results. Runs that
 * differ in the seed alone are one variant.
 */
export function groupKeys(runs: readonly GroupedRun[]): RunKey[] {
  const pipelines = runs.flatMap(({ pipeline }) => pipeline ?? [])
  return runKeys(
    runs.map(({ run }) => run),
    pipelines,
  ).filter(({ key, source }) => {
    if (source === 'metric') return false
    const values = new Set(runs.map(({ run, pipeline }) => valueOf(key, run, pipeline)))
    return (values.size > 1 || (key === 'variant' && !values.has(null))) && values.size < runs.length
  })
}

/** Groups of runs by a key as entries of the legend. */
export function groupEntries(runs: readonly GroupedRun[], key: RunKey): LegendEntry[] {
  const groups = groupBy(runs, [key.key], (name, { run, pipeline }) => valueOf(name, run, pipeline))
  return groups.map(({ id, values, items }, style) => {
    const value = values[0] ?? null
    const text = value === null ? t('charts.noValue') : contractText(key.titles?.[String(value)] ?? String(value))
    return {
      id,
      label: `${contractText(key.label)} ${text}${key.unit === '' || value === null ? '' : ` ${contractText(key.unit)}`} (${items.length})`,
      style,
      runIds: items.map(({ run }) => run.id),
    }
  })
}
