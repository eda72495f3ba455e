import { existsSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { type Checkpoint, type exportFormats, type ExportResult, type TensorFacts } from '#contract/checkpoint.ts'
import { StudioError } from '#contract/errors.ts'
import { checkpointFiles, checkpointFolder, runFiles } from '#contract/events.ts'
import { parseRef } from '#contract/model-ref.ts'
import type { RunTask } from '../executors/task.ts'
import type { CheckpointQueries } from './queries.ts'

export interface CheckpointsOptions {
  readonly queries: CheckpointQueries
  readonly runTask: RunTask
  /** Folder of a run; throws `not-found`. */
  readonly runFolder: (runId: string) => string
  /** Folder of an import; throws `not-found`. */
  readonly importFolder: (name: string) => string
}

export interface ExportRequest {
  id: string
  format: (typeof exportFormats)[number]
  to: string
}

/** Checkpoints of all runs: what they hold, and the way out. */
export class Checkpoints {
  readonly #options: CheckpointsOptions

  constructor(options: CheckpointsOptions) {
    this.#options = options
  }

  /** Newest first. */
  list(runId?: string): Checkpoint[] {
    if (runId !== undefined) this.#options.runFolder(runId)
    return this.#options.queries.list(runId)
  }

  async inspect(id: string, signal?: AbortSignal): Promise<{ checkpoint: Checkpoint; tensors: TensorFacts[] }> {
    const checkpoint = this.#get(id)
    const { tensors } = await this.#options.runTask('inspect', { file: join(this.#folder(checkpoint), checkpointFiles.model) }, { signal })
    return { checkpoint, tensors }
  }

  /** Writes the model into a new file. An existing file is never overwritten. */
  async export({ id, format, to }: ExportRequest, signal?: AbortSignal): Promise<ExportResult> {
    const ref = parseRef(id)
    const folder = ref.kind === 'import' ? this.#options.importFolder(ref.name) : this.#folder(this.#get(id))
    if (!isAbsolute(to)) throw new StudioError('bad-request', `The file "${to}" to export to is not an absolute path.`, 'Give the whole path, beginning with the root of the file system.')
    if (existsSync(to)) throw new StudioError('already-exists', `There is already something at ${to}.`, 'Choose another file name; nothing was overwritten.')
    if (statSync(dirname(to), { throwIfNoEntry: false })?.isDirectory() !== true) throw new StudioError('not-found', `The folder ${dirname(to)} does not exist.`, 'Create it, or choose another folder.')
    return this.#options.runTask('export', { checkpoint: folder, format, to }, { signal })
  }

  #get(id: string): Checkpoint {
    const [, runId, step] = /^(.+)@(\d+)$/.exec(id) ?? []
    const checkpoint = runId === undefined ? undefined : this.#options.queries.get(runId, Number(step))
    if (checkpoint === undefined) throw new StudioError('not-found', `There is no checkpoint ${id}.`, 'Ids look like <run id>@<step>; `checkpoint list` shows them.')
    return checkpoint
  }

  #folder(checkpoint: Checkpoint): string {
    const folder = join(this.#options.runFolder(checkpoint.runId), runFiles.checkpoints, checkpointFolder(checkpoint.step))
    if (!existsSync(join(folder, checkpointFiles.model))) {
      throw new StudioError('checkpoint-invalid', `The files of checkpoint ${checkpoint.id} are gone from ${folder}.`, 'Restore the folder from a backup, or use another checkpoint.')
    }
    return folder
  }
}
