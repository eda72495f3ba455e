import { StudioError } from '#contract/api/errors.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import { sameExclusions } from '#contract/domain/exclusions.ts'
import type { Pipeline, PipelineRequest } from '#contract/domain/pipeline.ts'

/** The request that launches a pipeline again under another name. @throws StudioError `run-state` for an imported run */
export function againOf(
  { dataset, preset, labels, configuration, runIds, id }: Pipeline,
  from: string,
): PipelineRequest {
  if (configuration === null)
    throw new StudioError(
      'run-state',
      `The run ${runIds[0] ?? id} was computed by another program, so it has no configuration to launch again.`,
      'Start a new pipeline and enter its hyperparameters.',
    )
  const fromRun = from === id ? runIds.at(-1) : from
  return {
    dataset,
    preset,
    configuration,
    ...(labels === null ? {} : { labels }),
    ...(fromRun === undefined ? {} : { fromRun }),
  }
}

/** What differs from when a pipeline was launched, so that the same configuration may give other results. */
export function differencesSince(
  { dataset, datasetDigest, exclusions, studioVersion }: Pipeline,
  now: { version: string; dataset: () => Pick<DatasetDetail, 'digest' | 'exclusions'> },
): string[] {
  const sentences: string[] = []
  try {
    const found = now.dataset()
    if (!sameExclusions(found.exclusions, exclusions))
      sentences.push(`Other samples of the dataset ${dataset} are excluded than when this pipeline was launched.`)
    if (found.digest !== datasetDigest)
      sentences.push(`The dataset ${dataset} has changed since this pipeline was launched.`)
  } catch (cause) {
    if (!(cause instanceof StudioError)) throw cause
    sentences.push(cause.message)
  }
  if (studioVersion === undefined)
    sentences.push(
      `It is not known which version of the studio launched this pipeline. This is version ${now.version}.`,
    )
  else if (studioVersion !== now.version)
    sentences.push(`Version ${studioVersion} of the studio launched this pipeline. This is version ${now.version}.`)
  return sentences
}
