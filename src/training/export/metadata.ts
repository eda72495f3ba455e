import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { describeModel, type ModelDescription } from '#contract/domain/model.ts'
import { imageNetDeviation, imageNetMean } from '../data/normalize.ts'

/**
 * What travels with weights, as texts: where they come from, under which licence, what the model is and what it wants to see.
 * An import by the studio takes `model`, `classes` and `licenceNotes` from here.
 */
export interface Metadata extends Readonly<Record<string, string>> {
  readonly license: string
}

const producer = 'MVD Studio'
const ownLicence = 'These weights descend from no imported ones. They belong to whoever trained them.'

/** Of a checkpoint that a run has written. */
export function checkpointMetadata(
  { runId, step, epoch, createdAt, task, clip, classes, licenceNotes }: CheckpointCard,
  model: ModelDescription,
): Metadata {
  return {
    ...commonMetadata(model, classes, licenceNotes),
    run: runId,
    stage: task.stage,
    step: String(step),
    epoch: String(epoch),
    created: createdAt,
    configuration: JSON.stringify({ ...task.configuration, clip }),
  }
}

/** Of an imported model: what its source was, by its content and not by where it lay. */
export function importMetadata({ name, createdAt, model, source, classes, licenceNotes }: ImportedModel): Metadata {
  return {
    ...commonMetadata(model, classes, licenceNotes),
    import: name,
    created: createdAt,
    source: JSON.stringify(source.files.map(({ sizeBytes, sha256 }) => ({ sizeBytes, sha256 }))),
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
    // Pixels in 0..1, in RGB, minus the mean, over the deviation.
    mean: JSON.stringify(imageNetMean),
    deviation: JSON.stringify(imageNetDeviation),
    ...(classes === null ? {} : { classes: JSON.stringify(classes) }),
  }
}
