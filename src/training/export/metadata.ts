import { describeModel, type ModelDescription } from '#contract/domain/model.ts'
import type { SavedModel } from '../checkpoint/open-model.ts'
import { imageNetDeviation, imageNetMean } from '../data/normalize.ts'

/**
 * Strings in an export: origin, licence, description of the model and preprocessing. An import reads `model`, `classes` and
 * `licenceNotes` from here.
 */
export interface Metadata extends Readonly<Record<string, string>> {
  readonly license: string
}

const producer = 'MVD Studio'
const ownLicence =
  'These weights were not trained from imported ones. They belong to the person or organisation that trained them.'

/** Of a checkpoint its run and configuration; of an imported model the size and hash of its source files, not their paths. */
export function exportMetadata({ source, model, classes, licenceNotes }: SavedModel): Metadata {
  const common = commonMetadata(model, classes, licenceNotes)
  if (source.kind === 'imported-model') {
    const { name, createdAt, source: origin } = source.card
    return {
      ...common,
      import: name,
      created: createdAt,
      source: JSON.stringify(origin.files.map(({ sizeBytes, sha256 }) => ({ sizeBytes, sha256 }))),
    }
  }
  const { runId, step, epoch, createdAt, task, clip } = source.card
  return {
    ...common,
    run: runId,
    stage: task.stage,
    step: String(step),
    epoch: String(epoch),
    created: createdAt,
    configuration: JSON.stringify({ ...task.configuration, clip }),
  }
}

function commonMetadata(
  model: ModelDescription,
  classes: readonly string[] | null,
  licenceNotes: readonly string[],
): Metadata {
  return {
    producer,
    license: licenceNotes.length === 0 ? ownLicence : licenceNotes.join(' '),
    licenceNotes: JSON.stringify(licenceNotes),
    description: describeModel(model),
    model: JSON.stringify(model),
    // Pixels in 0..1, RGB, minus the mean, divided by the deviation.
    mean: JSON.stringify(imageNetMean),
    deviation: JSON.stringify(imageNetDeviation),
    ...(classes === null ? {} : { classes: JSON.stringify(classes) }),
  }
}
