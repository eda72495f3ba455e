import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { checkpointId, inputRoles } from '#contract/domain/model-ref.ts'
import type { FrozenModel, RunFile, RunInputs } from '#contract/domain/run.ts'
import { hashFile } from '#node/hash.ts'
import { resultCheckpoint } from '../checkpoint/find.ts'
import { readSafetensors } from '../checkpoint/formats/safetensors/reader.ts'
import { loadModel, openCheckpoint } from '../checkpoint/open-model.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import type { StageInputs } from '../stages/stage.ts'

/** Where messages for the log of the run go. */
interface Messages {
  readonly log: (message: string) => void
  readonly warn: (message: string) => void
}

/**
 * Reads the models that this run starts from: those frozen at the launch, whose files must be unchanged, and the checkpoint that every
 * other run stands for.
 * @throws StudioError `checkpoint-invalid` if one is missing, changed or damaged.
 */
export async function loadInputs(
  folder: string,
  { inputs, models }: RunFile,
  messages: Messages,
  signal?: AbortSignal,
): Promise<StageInputs> {
  const runs = dirname(folder)
  const loaded: Partial<Record<keyof RunInputs, TrainedModel>> = {}
  for (const role of inputRoles) {
    const ref = inputs[role]
    const frozen = models[role]
    if (ref === undefined) continue
    loaded[role] =
      frozen === undefined
        ? await loadResult(join(runs, ref), messages, signal)
        : await loadFrozen(dirname(runs), ref, frozen, signal)
  }
  return loaded
}

async function loadFrozen(
  workspace: string,
  origin: string,
  { file, sha256, model, classes, trainingVideos, licenceNotes }: FrozenModel,
  signal: AbortSignal | undefined,
): Promise<TrainedModel> {
  const path = join(workspace, file)
  const hint = 'Restore the file from a backup, or choose another model and launch a new pipeline.'
  const facts = await stat(path).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT')
      throw new StudioError('checkpoint-invalid', `The file ${path} is missing.`, hint, { cause })
    throw cause
  })
  if (!facts.isFile() || (await hashFile(path, signal)) !== sha256)
    throw new StudioError(
      'checkpoint-invalid',
      `The file ${path} has changed since the launch (its SHA-256 differs).`,
      hint,
    )
  return { origin, model, classes, trainingVideos, licenceNotes, parameters: await readSafetensors(path, signal) }
}

async function loadResult(
  runFolder: string,
  { log, warn }: Messages,
  signal: AbortSignal | undefined,
): Promise<TrainedModel> {
  const found = await resultCheckpoint(runFolder, warn, signal)
  if (found === undefined) {
    throw new StudioError(
      'checkpoint-invalid',
      `The run ${basename(runFolder)} has no intact checkpoint to start from.`,
      'Resume that run until it has saved one, then resume this run.',
    )
  }
  const { runId, step, epoch, earlyStopping } = found.card
  if (earlyStopping?.bestStep === step)
    log(`Takes ${checkpointId(runId, step)} (epoch ${epoch}), the best validated checkpoint of that run.`)
  await using saved = await openCheckpoint(found)
  return await loadModel(saved, signal)
}
