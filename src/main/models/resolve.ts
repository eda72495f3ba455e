import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { checkpointFiles, checkpointFolder, runFiles } from '#contract/domain/run-event.ts'

/** What is known of models. */
export interface ModelCards {
  imported(name: string): Card | undefined
  checkpoint(runId: string, step: number): Card | undefined
}
type Card = Pick<CheckpointCard, 'files'>

/** SHA-256 of the weights of an import or checkpoint; undefined where there is none of that name. */
export function weightsHash(id: string, cards: ModelCards): string | undefined {
  const parsed = parseRef(id)
  if (parsed.kind === 'run') return undefined
  const card =
    parsed.kind === 'imported-model' ? cards.imported(parsed.name) : cards.checkpoint(parsed.runId, parsed.step)
  return card?.files.find(({ name }) => name === checkpointFiles.model)?.sha256
}

/** Where models lie. The folders throw `not-found` where there is none of that name. */
export interface ModelFolders {
  imported(name: string): string
  run(id: string): string
  /** A checkpoint of a run, the newest where no step is given. */
  checkpoint(runId: string, step?: number): { readonly step: number } | undefined
}

/** The folder of a model by its name: an import, a checkpoint, or the newest checkpoint of a run. */
export function modelFolder(ref: string, folders: ModelFolders): string {
  const parsed = parseRef(ref)
  if (parsed.kind === 'imported-model') return folders.imported(parsed.name)
  const run = folders.run(parsed.runId)
  const checkpoint =
    parsed.kind === 'checkpoint' ? folders.checkpoint(parsed.runId, parsed.step) : folders.checkpoint(parsed.runId)
  if (checkpoint === undefined)
    throw new StudioError(
      'not-found',
      parsed.kind === 'checkpoint' ? `There is no checkpoint ${ref}.` : `The run ${ref} has no checkpoint.`,
      'Ids look like <run id>@<step>; "checkpoint list" shows them.',
    )
  const folder = join(run, runFiles.checkpoints, checkpointFolder(checkpoint.step))
  if (!existsSync(join(folder, checkpointFiles.model)))
    throw new StudioError(
      'checkpoint-invalid',
      `The files of checkpoint ${parsed.runId}@${checkpoint.step} are gone from ${folder}.`,
      'Restore the folder from a backup, or use another checkpoint.',
    )
  return folder
}
