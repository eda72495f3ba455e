import { outcomeOf } from '#contract/experiment/outcome.ts'
import { probesOf } from '#contract/experiment/plan.ts'
import { type ExperimentProblem, type ExperimentSummary, progressOf } from '#contract/experiment/progress.ts'
import type { ExperimentFile } from '#contract/experiment/request.ts'
import type { ExperimentResult } from '#contract/experiment/result.ts'
import { durationOf } from '../runs/row.ts'
import type { ProbedStart } from './probing.ts'
import { datasetState, type ExperimentLookup, launchedPipelines, launchedRuns, runFinder } from './state.ts'

/** The outcome of an experiment as the database has it now. */
export function outcomeNow(
  file: ExperimentFile,
  find: ExperimentLookup,
  probes: readonly ProbedStart[],
): ExperimentResult {
  const { request, datasetDigest } = file
  const dataset = find.dataset(request.dataset)
  return outcomeOf(request, {
    find: runFinder(find),
    test: (id) => {
      const row = find.run(id)
      return row?.status === 'finished' ? row.result : null
    },
    labelSet: (name) => {
      const classes = dataset?.labelSets.find((labelSet) => labelSet.name === name)?.classes
      const balance = dataset?.balance.filter(({ labelSet, label }) => labelSet === name && label !== null) ?? []
      return classes === undefined ? undefined : { classes, trainingVideos: balance.map(({ train }) => train) }
    },
    probes,
    pipelines: launchedPipelines(request, find),
    engines: launchedRuns(request, find).flatMap(({ engine }) => engine ?? []),
    dataset: { name: request.dataset, digest: datasetDigest, state: datasetState(file, find) },
  })
}

/** What the database does not know of an experiment. */
export interface ExperimentActivity {
  readonly finishedProbes: number
  readonly isProbing: boolean
  /** What could not be started. */
  readonly refusals: readonly ExperimentProblem[]
}

/** An experiment with its progress now. */
export function summaryNow(
  file: ExperimentFile,
  find: ExperimentLookup,
  { finishedProbes, isProbing, refusals }: ExperimentActivity,
): ExperimentSummary {
  const { request } = file
  const state = datasetState(file, find)
  const changed: ExperimentProblem[] =
    state === 'same' || file.finishedAt !== null
      ? []
      : [{ kind: 'dataset-changed', dataset: request.dataset, isRemoved: state === 'removed' }]
  const progress = progressOf(file, {
    find: runFinder(find),
    probes: { total: probesOf(request).length, finished: finishedProbes, isRunning: isProbing },
    problems: [...changed, ...refusals],
  })
  return {
    ...file,
    ...progress,
    pipelineIds: launchedPipelines(request, find).map(({ id }) => id),
    durationMs: launchedRuns(request, find).reduce((sum, row) => sum + durationOf(row), 0),
  }
}
