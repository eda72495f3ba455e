import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { type CheckpointCard, modelOfCard } from '#contract/domain/checkpoint.ts'
import { type ImportedModel, importedModel, questionsOf } from '#contract/domain/imported-model.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { importedModelFiles, checkpointFiles } from '#contract/layout.ts'
import { hashFile } from '#node/hash.ts'
import { verifyCheckpoint } from '../checkpoint/find.ts'
import { SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'
import type { ExportSource } from './format.ts'
import { checkpointMetadata, importMetadata } from './metadata.ts'
import { type Assumption, assume, exportModel } from './model.ts'

/** A source whose file is closed when it is disposed. */
export interface OpenedSource extends ExportSource, AsyncDisposable {}

/**
 * Opens the folder of a checkpoint or of an imported model; of the latter, what nothing tells is assumed as far as `assumes` allows.
 * @throws StudioError `checkpoint-invalid` where its files are damaged, or it is not known how to compute the model.
 */
export async function openExportSource(
  folder: string,
  assumes: Assumption,
  signal: AbortSignal,
): Promise<OpenedSource> {
  return existsSync(join(folder, importedModelFiles.card))
    ? await openImport(folder, assumes, signal)
    : await openCheckpoint(folder, signal)
}

async function openCheckpoint(folder: string, signal: AbortSignal): Promise<OpenedSource> {
  const card = await verifyCheckpoint(folder, signal)
  const origin = `${card.runId}@${card.step}`
  const { configuration } = card.task
  return await open(join(folder, checkpointFiles.model), (weights) => {
    const model = describeCheckpoint(card, weights)
    return {
      origin,
      model: exportModel(model, origin),
      classes: card.classes,
      metadata: checkpointMetadata(card, model),
      pixelObjective: 'normalizeTarget' in configuration ? configuration : null,
    }
  })
}

async function openImport(folder: string, assumes: Assumption, signal: AbortSignal): Promise<OpenedSource> {
  const card = await readImportCard(folder)
  for (const { name, sha256 } of card.files) {
    if ((await hashFile(join(folder, name), signal)) !== sha256)
      throw damaged(folder, `${name} is not what was written (its SHA-256 differs)`)
  }
  const { name, classes } = card
  const model = assume(assumes, card.model)
  const [unanswered] = questionsOf({ model })
  if (unanswered !== undefined)
    throw new StudioError(
      'checkpoint-invalid',
      `${name} cannot be computed yet. ${unanswered.question}`,
      `Tell it: checkpoint describe ${name}, or on its page in the window. As safetensors or pytorch it can be exported as it is.`,
    )
  return await open(join(folder, importedModelFiles.model), () => ({
    origin: name,
    model: exportModel(model, name),
    classes,
    metadata: importMetadata(card),
    pixelObjective: null,
  }))
}

async function open(
  path: string,
  describe: (weights: SafetensorsReader) => Omit<ExportSource, 'weights'>,
): Promise<OpenedSource> {
  const weights = await SafetensorsReader.open(path)
  try {
    return { ...describe(weights), weights, [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose]() }
  } catch (cause) {
    await weights[Symbol.asyncDispose]()
    throw cause
  }
}

/** What the card says; an early one leaves the widths of the teachers' features to the tensors. */
function describeCheckpoint(card: CheckpointCard, weights: SafetensorsReader): ModelDescription {
  const { sizes, ...described } = modelOfCard(card)
  const widthOf = (branch: 'img' | 'vid') => weights.find(`decoder_${branch}.head.weight`)?.shape[0] ?? null
  return {
    ...described,
    sizes: {
      ...sizes,
      imageTargetWidth: sizes.imageTargetWidth ?? widthOf('img'),
      videoTargetWidth: sizes.videoTargetWidth ?? widthOf('vid'),
    },
  }
}

async function readImportCard(folder: string): Promise<ImportedModel> {
  try {
    return importedModel.parse(JSON.parse(await readFile(join(folder, importedModelFiles.card), 'utf8')))
  } catch (cause) {
    throw damaged(folder, `its ${importedModelFiles.card} cannot be read`, cause)
  }
}

const damaged = (folder: string, problem: string, cause?: unknown) =>
  new StudioError(
    'checkpoint-invalid',
    `The imported model ${basename(folder)} is damaged: ${problem}.`,
    'Remove it and import it again.',
    { cause },
  )
