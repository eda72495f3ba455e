import type { Run } from '../domain/run.ts'
import { coreKey, type CoreRunKey, coreRunKeys, isCoreRunKey } from './core-run-keys.ts'
import { type KeyValue, offeredValues } from './key.ts'
import { metricKeys, metricSource, type MetricSource, metricValueOf } from './metric-keys.ts'
import {
  importedKeys,
  importedParameters,
  importedPrefix,
  importedValue,
  parameterKeys,
  parameterOfRun,
  parameterSource,
  type ParameterSource,
  type PipelineFacts,
} from './parameter-keys.ts'
import type { CoreKey, RunKey } from './run-key.ts'

/**
 * Every key that some of these runs have: facts of runs, hyperparameters of the stages that they depend on, and metrics that
 * they recorded, each with its reductions. In this order, and in that of the configuration.
 */
export function runKeys(runs: readonly Run[], pipelines: readonly PipelineFacts[]): RunKey[] {
  const keys = new Map<string, RunKey>()
  const add = (key: RunKey) => void (keys.has(key.key) || keys.set(key.key, key))
  const pipelineOf = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]))
  for (const [key, of] of Object.entries<CoreKey>(coreRunKeys)) {
    const { label, kind, unit = '', help, group = 'Run', titles, options } = of
    add({
      key,
      label,
      kind,
      unit,
      help,
      group,
      source: 'run',
      goal: 'none',
      values: options ?? offeredValues(runs.flatMap((run) => presentValues(of, run, pipelineOf.get(run.pipelineId)))),
      ...(titles === undefined ? {} : { titles }),
      ...(options === undefined ? {} : { isComplete: true }),
    })
  }
  for (const key of parameterKeys(runs, pipelines)) add(key)
  for (const key of importedKeys(pipelines.flatMap(importedParameters))) add(key)
  for (const key of metricKeys(runs)) add(key)
  return [...keys.values()]
}

/** Values to offer; a list has several, and most keys none that are worth choosing from. */
function presentValues(
  { isOffered, read, readAll }: CoreKey,
  run: Run,
  pipeline: PipelineFacts | undefined,
): KeyValue[] {
  if (readAll !== undefined) return [...readAll(run, pipeline)]
  return isOffered === true ? [read(run, pipeline)] : []
}

/**
 * Value of a key for a run: a hyperparameter if the run depends on its section, or a metric that it recorded. A metric that is
 * NaN is NaN; null means that the run has no value.
 * @param pipeline of the run; without it, hyperparameters are unknown
 */
export function valueOf(key: string, run: Run, pipeline: PipelineFacts | undefined): KeyValue {
  const source = sourceOf(key)
  switch (source.kind) {
    case 'run':
      return coreKey(source.key).read(run, pipeline)
    case 'parameter':
      return parameterOfRun(run, pipeline, source)
    case 'imported':
      return importedValue(key, pipeline)
    case 'metric':
      return metricValueOf(run, source)
  }
}

/** Every value of a key, if it can have several, such as tags; else its value. */
export const valuesOf = (key: string, run: Run, pipeline: PipelineFacts | undefined): KeyValue | readonly string[] =>
  (isCoreRunKey(key) ? coreKey(key).readAll?.(run, pipeline) : undefined) ?? valueOf(key, run, pipeline)

/** Whether a key can have several values. */
export const isListKey = (key: string): boolean => isCoreRunKey(key) && coreKey(key).readAll !== undefined

/** Where the values of a key come from. */
export type RunKeySource =
  | { readonly kind: 'run'; readonly key: CoreRunKey }
  | ({ readonly kind: 'parameter' } & ParameterSource)
  | { readonly kind: 'imported' }
  | ({ readonly kind: 'metric' } & MetricSource)

const sources = new Map<string, RunKeySource>()

/** Where the values of a key come from. A key that is neither a fact of runs nor a hyperparameter is a metric. */
export function sourceOf(key: string): RunKeySource {
  const known = sources.get(key)
  if (known !== undefined) return known
  const source = resolve(key)
  sources.set(key, source)
  return source
}

function resolve(key: string): RunKeySource {
  if (isCoreRunKey(key)) return { kind: 'run', key }
  if (key.startsWith(importedPrefix)) return { kind: 'imported' }
  const parameter = parameterSource(key)
  return parameter === undefined ? { kind: 'metric', ...metricSource(key) } : { kind: 'parameter', ...parameter }
}
