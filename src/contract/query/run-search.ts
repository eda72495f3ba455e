import { knownMetrics, type MetricName } from '../domain/metric.ts'
import type { Run } from '../domain/run.ts'
import { stageTitles } from '../stages/index.ts'
import type { Fields } from './evaluate.ts'
import { keysOfMetrics } from './metric-keys.ts'
import { allParameterKeys, importedKeys, type PipelineFacts } from './parameter-keys.ts'
import type { RunKey } from './run-key.ts'
import { runKeys, valuesOf } from './run-keys.ts'

/**
 * Every key by which runs can be searched: those of `runKeys`, then the other hyperparameters and the metrics that the studio
 * records, so that a saved filter has no unknown keys in a workspace without such runs.
 * @param metrics of runs that are not among `runs`
 * @param imported hyperparameters of imported runs that are not among `runs`
 */
export function searchKeys(
  runs: readonly Run[],
  pipelines: readonly PipelineFacts[],
  metrics: readonly MetricName[] = [],
  imported: Parameters<typeof importedKeys>[0] = [],
): RunKey[] {
  return withOtherKeys(runKeys(runs, pipelines), metrics, imported)
}

/** The keys of runs, followed by the others of `searchKeys`. */
export function withOtherKeys(
  known: readonly RunKey[],
  metrics: readonly MetricName[] = [],
  imported: Parameters<typeof importedKeys>[0] = [],
): RunKey[] {
  const keys = new Map(known.map((key) => [key.key, key]))
  for (const key of [
    ...allParameterKeys(),
    ...importedKeys(imported),
    ...keysOfMetrics([...knownMetrics(), ...metrics], true),
  ])
    if (!keys.has(key.key)) keys.set(key.key, key)
  return [...keys.values()]
}

/** What a filter of runs looks into. `keys` are those of `searchKeys`. */
export function runFields(pipelines: readonly PipelineFacts[], keys: readonly RunKey[]): Fields<Run> {
  const pipelineOf = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]))
  return {
    keys,
    valueOf: (key, run) => valuesOf(key, run, pipelineOf.get(run.pipelineId)),
    text: (run) => textOfRun(run, pipelineOf.get(run.pipelineId)),
  }
}

/** Keys in whose values a word without a key is searched for, besides the title of the stage. */
export const textKeys = [
  'run',
  'pipeline',
  'stage',
  'dataset',
  'labels',
  'preset',
  'status',
  'name',
  'tag',
  'note',
] as const

/** Everything of a run in which a word without a key is searched for. */
function textOfRun(run: Run, pipeline: PipelineFacts | undefined): string {
  const values = textKeys.map((key) => {
    const value = valuesOf(key, run, pipeline)
    return typeof value === 'object' ? (value ?? []).join(' ') : String(value)
  })
  return [stageTitles[run.stage], ...values].join(' ')
}
