import { basename, dirname, join } from 'node:path'
import { StudioError } from '#contract/errors.ts'
import type { RunFile, RunInputs } from '#contract/run.ts'
import { readModel } from '../checkpoint/checkpoints.ts'
import { newestCheckpoint } from '../checkpoint/find.ts'
import type { StageInputs, TrainedModel } from '../stages/stage.ts'

/**
 * Reads the newest checkpoint of each run that this one builds on, from the folders beside its own.
 * @throws StudioError `checkpoint-invalid` when one has none that is whole.
 */
export async function loadInputs(folder: string, { inputs }: RunFile, warn: (message: string) => void): Promise<StageInputs> {
  const loaded: Partial<Record<keyof RunInputs, TrainedModel>> = {}
  for (const role of ['imageTeacher', 'videoTeacher', 'model'] as const) {
    const runId = inputs[role]
    if (runId !== undefined) loaded[role] = await loadModel(join(dirname(folder), runId), warn)
  }
  return loaded
}

async function loadModel(runFolder: string, warn: (message: string) => void): Promise<TrainedModel> {
  const found = await newestCheckpoint(runFolder, warn)
  if (found === undefined) {
    throw new StudioError('checkpoint-invalid', `The run ${basename(runFolder)} has no whole checkpoint to build on.`, 'Resume that run until it has written one, then resume this one.')
  }
  const { runId, task, classes, step } = found.card
  return { origin: `${runId}@${step}`, runId, task, classes, parameters: await readModel(found.folder) }
}
