import type { QueryKey } from '#contract/query/key.ts'
import { runKeys, valueOf } from '#contract/query/run-keys.ts'
import type { ExportedRun } from './exporter.ts'
import { type PlainValue, plainValue } from './hyperparameters.ts'

/** A column of the table of runs: a value for each run, null if a run has none. */
export interface RunColumn extends Pick<QueryKey, 'key' | 'kind'> {
  readonly values: readonly (PlainValue | null)[]
}

/** One row for each run, with a column for every key that some of the runs have: facts, hyperparameters and metrics. */
export function runTable(exported: readonly ExportedRun[]): RunColumn[] {
  const pipelines = new Map(exported.map(({ pipeline }) => [pipeline.id, pipeline]))
  const runs = exported.map(({ run }) => run)
  return runKeys(runs, [...pipelines.values()]).map((key) => ({
    key: key.key,
    kind: key.kind,
    values: runs.map((run) => plainValue(key, valueOf(key.key, run, pipelines.get(run.pipelineId)))),
  }))
}
