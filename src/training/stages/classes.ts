import { StudioError } from '#contract/api/errors.ts'
import type { LabelSet } from '#contract/domain/dataset.ts'
import type { StageContext } from './stage.ts'

/** The label set that the run was launched with. */
export function labelSetOf({ file, manifest }: StageContext): LabelSet {
  const found = manifest.labelSets.find(({ name }) => name === file.dataset.labels)
  if (found !== undefined) return found
  throw new StudioError(
    'configuration-invalid',
    `The dataset ${manifest.name} has no label set ${file.dataset.labels ?? '(none was chosen)'}.`,
    `Launch the pipeline with one of: ${manifest.labelSets.map(({ name }) => name).join(', ')}.`,
  )
}
