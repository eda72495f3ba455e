import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { type CheckpointCard, modelOfCard } from '#contract/domain/checkpoint.ts'
import { importedModel, type ImportedModel } from '#contract/domain/imported-model.ts'
import { checkpointId } from '#contract/domain/model-ref.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { checkpointFiles, importedModelFiles } from '#contract/layout.ts'
import { refuseSpecialFile } from '#node/regular-file.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import { type FoundCheckpoint, verifyCheckpoint, verifyFiles } from './find.ts'
import { SafetensorsReader } from './formats/safetensors/reader.ts'

/** A model of the workspace whose files are whole, with its weights open. */
export interface SavedModel extends Omit<TrainedModel, 'parameters'>, AsyncDisposable {
  /** The card in the folder of the weights. */
  readonly source:
    | { readonly kind: 'checkpoint'; readonly card: CheckpointCard }
    | { readonly kind: 'imported-model'; readonly card: ImportedModel }
  /** Under the published names. */
  readonly weights: SafetensorsReader
}

/**
 * Opens the folder of a checkpoint or an imported model and compares its files with their hashes. The caller disposes of the result.
 * @throws StudioError `checkpoint-invalid`, naming the folder and what is wrong with it.
 */
export async function openModel(folder: string, signal?: AbortSignal): Promise<SavedModel> {
  const card = await readImportedModel(folder)
  if (card === undefined) return await openCheckpoint({ folder, card: await verifyCheckpoint(folder, signal) })
  await verifyFiles(folder, card.files, (problem, cause) => damaged(card.name, problem, cause), signal)
  const weights = await SafetensorsReader.open(join(folder, importedModelFiles.model))
  const { name: origin, model, classes, licenceNotes } = card
  return { origin, model, classes, licenceNotes, source: { kind: 'imported-model', card }, ...opened(weights) }
}

/** Opens a checkpoint whose files have been verified. */
export async function openCheckpoint({ folder, card }: FoundCheckpoint): Promise<SavedModel> {
  const weights = await SafetensorsReader.open(join(folder, checkpointFiles.model))
  const { runId, step, classes, trainingVideos, licenceNotes } = card
  return {
    origin: checkpointId(runId, step),
    model: withTargetWidths(modelOfCard(card), weights),
    classes,
    trainingVideos,
    licenceNotes,
    source: { kind: 'checkpoint', card },
    ...opened(weights),
  }
}

/** Reads all weights into memory. */
export async function loadModel(
  { origin, model, classes, trainingVideos, licenceNotes, weights }: SavedModel,
  signal?: AbortSignal,
): Promise<TrainedModel> {
  return { origin, model, classes, trainingVideos, licenceNotes, parameters: await weights.readAll(signal) }
}

const opened = (weights: SafetensorsReader): Pick<SavedModel, 'weights'> & AsyncDisposable => ({
  weights,
  [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose](),
})

/** Early cards lack the widths of the teachers' features, which are then read from the tensors. */
function withTargetWidths({ sizes, ...description }: ModelDescription, weights: SafetensorsReader): ModelDescription {
  const widthOf = (branch: 'img' | 'vid') => weights.find(`decoder_${branch}.head.weight`)?.shape[0] ?? null
  return {
    ...description,
    sizes: {
      ...sizes,
      imageTargetWidth: sizes.imageTargetWidth ?? widthOf('img'),
      videoTargetWidth: sizes.videoTargetWidth ?? widthOf('vid'),
    },
  }
}

async function readImportedModel(folder: string): Promise<ImportedModel | undefined> {
  const path = join(folder, importedModelFiles.card)
  try {
    refuseSpecialFile(path)
    return importedModel.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw damaged(basename(folder), `its ${importedModelFiles.card} cannot be read`, cause)
  }
}

const damaged = (name: string, problem: string, cause?: unknown) =>
  new StudioError(
    'checkpoint-invalid',
    `The imported model ${name} is damaged: ${problem}.`,
    'Remove it and import it again.',
    {
      cause,
    },
  )
