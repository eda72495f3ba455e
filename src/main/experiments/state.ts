import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import { sameExclusions } from '#contract/domain/exclusions.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import { inputRoles, parseRef } from '#contract/domain/model-ref.ts'
import { type Pipeline, type PipelineRequest, runId } from '#contract/domain/pipeline.ts'
import { canResume } from '#contract/domain/run-state.ts'
import { experimentPipelines } from '#contract/experiment/plan.ts'
import type { ExperimentRun, FindRun } from '#contract/experiment/progress.ts'
import type { ExperimentFile, ExperimentRequest } from '#contract/experiment/request.ts'
import { errorOf, inputIds, type RunRow } from '../runs/row.ts'

/** What the database knows; undefined for what is not there. */
export interface ExperimentLookup {
  pipeline(id: string): Pipeline | undefined
  run(id: string): RunRow | undefined
  /** Of the checkpoint that a run stands for. */
  card(runId: string): CheckpointCard | undefined
  dataset(name: string): DatasetSummary | undefined
}

/** The launched pipelines of an experiment, in the order of the plan. */
export const launchedPipelines = (request: ExperimentRequest, find: ExperimentLookup): Pipeline[] =>
  experimentPipelines(request).flatMap(({ name }) => find.pipeline(name) ?? [])

/** The launched runs of an experiment, in the order of the plan. */
export const launchedRuns = (request: ExperimentRequest, find: ExperimentLookup): RunRow[] =>
  experimentPipelines(request).flatMap(({ name, stages }) =>
    stages.flatMap((stage) => find.run(runId(name, stage)) ?? []),
  )

/** Pipelines whose models a pipeline takes. */
export const inputPipelines = ({ configuration: { inputs } }: PipelineRequest): string[] =>
  inputRoles.flatMap((role) => {
    const ref = inputs[role]
    const parsed = ref === undefined ? undefined : parseRef(ref)
    return parsed === undefined || parsed.kind === 'imported-model'
      ? []
      : [parsed.runId.slice(0, parsed.runId.lastIndexOf('.'))]
  })

/** Whether the dataset of an experiment is the one of its launch. */
export function datasetState({ request, datasetDigest, exclusions }: ExperimentFile, find: ExperimentLookup) {
  const dataset = find.dataset(request.dataset)
  if (dataset === undefined) return 'removed'
  return dataset.digest === datasetDigest && sameExclusions(dataset.exclusions, exclusions) ? 'same' : 'changed'
}

/** Looks each run up once. */
export function runFinder(find: ExperimentLookup): FindRun {
  const known = new Map<string, ExperimentRun | undefined>()
  return (id) => {
    if (!known.has(id)) {
      const row = find.run(id)
      known.set(id, row === undefined ? undefined : describe(row, find))
    }
    return known.get(id)
  }
}

function describe(row: RunRow, find: ExperimentLookup): ExperimentRun {
  const { id, status } = row
  return {
    status,
    error: errorOf(row),
    isHeld: row.is_held === 1,
    waitsFor: status === 'queued' ? inputIds(row).filter((input) => find.run(input)?.status !== 'finished') : [],
    validation: status === 'finished' ? validationOf(find.card(id)) : null,
  }
}

/** Validation of a checkpoint: a share from 0 to 1, and the loss. Null if it was not validated, or is not a number. */
function validationOf(card: CheckpointCard | undefined): ExperimentRun['validation'] {
  const [top1, loss] = [card?.metrics['validation/top1'], card?.metrics['validation/loss']]
  if (top1 === undefined || loss === undefined) return null
  const found = { top1: decodeMetric(top1) / 100, loss: decodeMetric(loss) }
  return Number.isFinite(found.top1) && Number.isFinite(found.loss) ? found : null
}

/** Whether a resume asks for a run: also for one whose folder is missing, so that the refusal says what it needs. */
export const isResumable = (row: RunRow): boolean =>
  row.status === 'missing' || canResume({ status: row.status, error: errorOf(row) })
