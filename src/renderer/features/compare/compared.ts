import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'

/** A run on the compare page. Its index is its style in every chart. */
export interface ComparedRun {
  id: string
  label: string
  run: Run
  pipeline: Pipeline
}

/** More runs are not compared at once. */
export const maxRuns = 200

/** Distinct run ids of a query parameter. The first one is the baseline. */
export function parseIds(query: unknown): string[] {
  return typeof query === 'string' ? [...new Set(query.split(',').filter((id) => id !== ''))] : []
}

export const serializeIds = (ids: readonly string[]): string | undefined =>
  ids.length === 0 ? undefined : ids.join(',')

/** The ids with this one first. */
export const withBaseline = (ids: readonly string[], id: string): string[] => [
  id,
  ...ids.filter((other) => other !== id),
]
