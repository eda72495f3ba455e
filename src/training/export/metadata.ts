import type { CheckpointCard } from '#contract/checkpoint.ts'
import type { ImportCard } from '#contract/import.ts'
import { describeModel, type ModelDescription } from '#contract/model.ts'
import { imageNetDeviation, imageNetMean } from '../data/normalize.ts'

/** What travels with weights, as texts: where they come from, under which licence, and what the model wants to see. */
export interface Metadata extends Readonly<Record<string, string>> {
  readonly license: string
}

const producer = 'MVD Studio'
const ownLicence = 'These weights descend from no imported ones. They belong to whoever trained them.'

export const licenceOf = (notes: readonly string[]): string => (notes.length === 0 ? ownLicence : notes.join(' '))

/** Of a checkpoint that a run has written. */
export function checkpointMetadata({ runId, step, epoch, createdAt, task, clip, classes, licenceNotes }: CheckpointCard, model: ModelDescription): Metadata {
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
export function importMetadata({ name, createdAt, model, source, classes, licenceNotes }: ImportCard): Metadata {
  return {
    ...commonMetadata(model, classes, licenceNotes),
    import: name,
    created: createdAt,
    source: JSON.stringify(source.files.map(({ sizeBytes, sha256 }) => ({ sizeBytes, sha256 }))),
  }
}

function commonMetadata(model: ModelDescription, classes: readonly string[] | null, licenceNotes: readonly string[]): Metadata {
  return {
    producer,
    license: licenceOf(licenceNotes),
    model: describeModel(model),
    // Pixels in 0..1, in RGB, minus the mean, over the deviation.
    mean: JSON.stringify(imageNetMean),
    deviation: JSON.stringify(imageNetDeviation),
    ...(classes === null ? {} : { classes: JSON.stringify(classes) }),
  }
}
