import { knownMetrics } from '../domain/metric.ts'
import type { Run } from '../domain/run.ts'
import { stageTitles } from '../stages/index.ts'
import type { Fields } from './evaluate.ts'
import { keysOfMetrics } from './metric-keys.ts'
import { allParameterKeys, type PipelineFacts } from './parameter-keys.ts'
import { runKeys, type RunKey, valueOf } from './run-keys.ts'

/**
 * Every key by which runs can be searched: those of `runKeys`, then the other hyperparameters and the metrics that the studio
 * records, so that a saved filter has no unknown keys in a workspace without such runs.
 */
export function searchKeys(runs: readonly Run[], pipelines: readonly PipelineFacts[]): RunKey[] {
  const keys = new Map(runKeys(runs, pipelines).map((key) => [key.key, key]))
  for (const key of [...allParameterKeys(), ...keysOfMetrics(knownMetrics(), true)])
    if (!keys.has(key.key)) keys.set(key.key, key)
  return [...keys.values()]
}

/** What a filter of runs looks into. */
export function runFields(runs: readonly Run[], pipelines: readonly PipelineFacts[]): Fields<Run> {
  const pipelineOf = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]))
  return {
    keys: searchKeys(runs, pipelines),
    valueOf: (key, run) => valueOf(key, run, pipelineOf.get(run.pipelineId)),
    text: textOfRun,
  }
}

/** Everything of a run in which a word without a key is searched for. */
export const textOfRun = ({ id, pipelineId, stage, dataset, labels, preset, status }: Run): string =>
  [id, pipelineId, stage, stageTitles[stage], dataset, labels ?? '', preset, status].join(' ')
