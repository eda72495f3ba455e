import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { type CheckpointCard, modelOfCard } from '#contract/domain/checkpoint.ts'
import { type ImportedModel, importedModel } from '#contract/domain/imported-model.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { importedModelFiles, checkpointFiles } from '#contract/layout.ts'
import { hashFile } from '#node/hash.ts'
import { verifyCheckpoint } from './find.ts'

/** A model of the workspace whose files are whole: what a run saved, or what was imported. */
export interface SavedModel {
  /** `<run id>@<step>`, or the name of an import. */
  readonly id: string
  /** Its `model.safetensors`, under the published names. */
  readonly file: string
  readonly model: ModelDescription
  readonly classes: readonly string[] | null
  readonly licenceNotes: readonly string[]
  /** Where it comes from: the card that lies beside it. */
  readonly origin:
    | { readonly kind: 'run'; readonly card: CheckpointCard }
    | { readonly kind: 'imported-model'; readonly card: ImportedModel }
}

/**
 * Reads what lies in the folder of a checkpoint or of an import, and compares its files with their hashes. No tensor is read.
 * @throws StudioError `checkpoint-invalid`, naming the folder and what is wrong with it.
 */
export async function readSavedModel(folder: string, signal?: AbortSignal): Promise<SavedModel> {
  const imported = await readImportCard(folder)
  if (imported !== undefined) {
    const file = join(folder, importedModelFiles.model)
    await verifyFile(file, imported.files.find(({ name }) => name === importedModelFiles.model)?.sha256 ?? '', signal)
    return {
      id: imported.name,
      file,
      model: imported.model,
      classes: imported.classes,
      licenceNotes: imported.licenceNotes,
      origin: { kind: 'imported-model', card: imported },
    }
  }
  const card = await verifyCheckpoint(folder, signal)
  return {
    id: `${card.runId}@${card.step}`,
    file: join(folder, checkpointFiles.model),
    model: modelOfCard(card),
    classes: card.classes,
    licenceNotes: card.licenceNotes,
    origin: { kind: 'run', card },
  }
}

/**
 * Compares a file with its SHA-256.
 * @throws StudioError `checkpoint-invalid` where it is gone or another one.
 */
export async function verifyFile(file: string, sha256: string, signal?: AbortSignal): Promise<void> {
  const hint = 'Restore the file from a backup, or choose another model and launch a new pipeline.'
  const facts = await stat(file).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT')
      throw new StudioError('checkpoint-invalid', `The file ${file} is gone.`, hint, { cause })
    throw cause
  })
  if (!facts.isFile() || (await hashFile(file, signal)) !== sha256)
    throw new StudioError(
      'checkpoint-invalid',
      `The file ${file} is no longer the one that was chosen (its SHA-256 differs).`,
      hint,
    )
}

async function readImportCard(folder: string): Promise<ImportedModel | undefined> {
  const path = join(folder, importedModelFiles.card)
  try {
    return importedModel.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw new StudioError(
      'checkpoint-invalid',
      `The file ${path} cannot be read.`,
      'Remove the import and import the model again.',
      { cause },
    )
  }
}
