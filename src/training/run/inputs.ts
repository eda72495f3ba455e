import { basename, dirname, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { modelOfCard } from '#contract/domain/checkpoint.ts'
import { inputRoles } from '#contract/domain/model-ref.ts'
import type { FrozenModel, RunFile, RunInputs } from '#contract/domain/run.ts'
import { readModel } from '../checkpoint/checkpoints.ts'
import { newestCheckpoint } from '../checkpoint/find.ts'
import { readSafetensors } from '../checkpoint/formats/safetensors/reader.ts'
import { verifyFile } from '../checkpoint/saved-model.ts'
import type { StageInputs, TrainedModel } from '../stages/stage.ts'

/**
 * Reads the models that this run builds on: those that were frozen at the launch, which must be the same files still, and of each
 * other run the newest checkpoint, from the folders beside its own.
 * @throws StudioError `checkpoint-invalid` where one is gone, another one, or not whole.
 */
export async function loadInputs(
  folder: string,
  { inputs, models }: RunFile,
  warn: (message: string) => void,
): Promise<StageInputs> {
  const runs = dirname(folder)
  const loaded: Partial<Record<keyof RunInputs, TrainedModel>> = {}
  for (const role of inputRoles) {
    const ref = inputs[role]
    const frozen = models[role]
    if (ref === undefined) continue
    loaded[role] =
      frozen === undefined ? await loadNewest(join(runs, ref), warn) : await loadFrozen(dirname(runs), ref, frozen)
  }
  return loaded
}

async function loadFrozen(
  workspace: string,
  origin: string,
  { file, sha256, model, classes, licenceNotes }: FrozenModel,
): Promise<TrainedModel> {
  const path = join(workspace, file)
  await verifyFile(path, sha256)
  return { origin, model, classes, licenceNotes, parameters: await readSafetensors(path) }
}

async function loadNewest(runFolder: string, warn: (message: string) => void): Promise<TrainedModel> {
  const found = await newestCheckpoint(runFolder, warn)
  if (found === undefined) {
    throw new StudioError(
      'checkpoint-invalid',
      `The run ${basename(runFolder)} has no whole checkpoint to build on.`,
      'Resume that run until it has written one, then resume this one.',
    )
  }
  const { card } = found
  const { runId, classes, step, licenceNotes } = card
  return {
    origin: `${runId}@${step}`,
    model: modelOfCard(card),
    classes,
    licenceNotes,
    parameters: await readModel(found.folder),
  }
}
