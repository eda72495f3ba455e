import { decodeMetric, sortMetrics } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import type { ExportedRun } from './exporter.ts'
import { type Hyperparameter, hyperparametersOf } from './hyperparameters.ts'

/** A column of the table of runs: a value for each run, null if a run has none. */
export interface RunColumn {
  readonly name: string
  readonly values: readonly (Hyperparameter | null)[]
}

const facts: Readonly<Record<string, (run: Run) => Hyperparameter | null>> = {
  run: ({ id }) => id,
  pipeline: ({ pipelineId }) => pipelineId,
  stage: ({ stage }) => stage,
  status: ({ status }) => status,
  dataset: ({ dataset }) => dataset,
  labels: ({ labels }) => labels,
  preset: ({ preset }) => preset,
  engine: ({ engine }) => engine,
  created: ({ createdAt }) => createdAt,
  started: ({ startedAt }) => startedAt,
  ended: ({ endedAt }) => endedAt,
  durationMs: ({ durationMs }) => durationMs,
  step: ({ step }) => step,
  totalSteps: ({ totalSteps }) => totalSteps,
  effectiveBatchSize: ({ effectiveBatchSize }) => effectiveBatchSize,
  parameters: ({ parameters }) => parameters,
  clipsPerSecond: ({ clipsPerSecond }) => clipsPerSecond,
}

/**
 * One row for each run: what it is, its hyperparameters as `<section>.<parameter>`, and the last, smallest and largest value of each
 * metric, such as `train.loss.last`.
 */
export function runTable(runs: readonly ExportedRun[]): RunColumn[] {
  const parameters = runs.map(({ run, pipeline }) => hyperparametersOf(run.stage, pipeline))
  const parameterNames = new Set(parameters.flatMap((known) => [...known.keys()]))
  const metrics = sortMetrics(runs.flatMap(({ run }) => run.summaries.map(({ name }) => name)))
  const reductions = ['last', 'min', 'max'] as const
  return [
    ...Object.entries(facts).map(([name, of]) => ({ name, values: runs.map(({ run }) => of(run)) })),
    ...Array.from(parameterNames, (name) => ({ name, values: parameters.map((known) => known.get(name) ?? null) })),
    ...metrics.flatMap((metric) =>
      reductions.map((reduction) => ({
        name: `${metric.replaceAll('/', '.')}.${reduction}`,
        values: runs.map(({ run }) => {
          const summary = run.summaries.find(({ name }) => name === metric)
          return summary === undefined ? null : decodeMetric(summary[reduction])
        }),
      })),
    ),
  ]
}
