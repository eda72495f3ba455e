import { setImmediate } from 'node:timers/promises'
import { StudioError } from '#contract/api/errors.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { experimentPipelines } from '#contract/experiment/plan.ts'
import { chainsToCheck, requestProblems } from '#contract/experiment/problems.ts'
import type { ExperimentRequest } from '#contract/experiment/request.ts'

/** Problems that an error names. */
const namedProblems = 8

export interface RequestChecks {
  /** Warnings of a pipeline. @throws StudioError if it cannot be launched */
  check(request: PipelineRequest): Promise<{ warnings: readonly string[] }>
  /** Whether the name of a pipeline is in use. */
  isTaken(pipelineId: string): boolean
}

/**
 * Warnings of a request on a dataset.
 * @throws StudioError `configuration-invalid` that names everything that cannot be launched
 */
export async function checkExperiment(
  request: ExperimentRequest,
  dataset: DatasetSummary,
  pipelines: RequestChecks,
): Promise<string[]> {
  const found = requestProblems(request, dataset.balance).map(({ field, message }) => `${field}: ${message}`)
  const taken = experimentPipelines(request).find(({ name }) => pipelines.isTaken(name))
  if (taken !== undefined)
    found.push(
      `name: There is already a pipeline called ${taken.name}, in the workspace or in its trash. Choose another name for the experiment.`,
    )
  if (found.length > 0) throw refused(found)
  const warnings = new Set<string>()
  const refusals = new Set<string>()
  for (const pipeline of chainsToCheck(request)) {
    // A check reads all samples of the dataset: other calls are answered between two of them.
    await setImmediate()
    try {
      for (const warning of (await pipelines.check(pipeline)).warnings) warnings.add(warning)
    } catch (cause) {
      if (!(cause instanceof StudioError)) throw cause
      refusals.add(`${cause.message} ${cause.hint}`.trim())
    }
  }
  if (refusals.size > 0) throw refused([...refusals])
  return [...warnings]
}

function refused(problems: readonly string[]): StudioError {
  const hidden = problems.length - namedProblems
  return new StudioError(
    'configuration-invalid',
    [...problems.slice(0, namedProblems), ...(hidden > 0 ? [`And ${hidden} more.`] : [])].join(' '),
    'Nothing was launched. Correct these and try again.',
  )
}
