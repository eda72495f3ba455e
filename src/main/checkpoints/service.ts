import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { Checkpoint, ExportFormat, ExportRecord, TensorFacts } from '#contract/domain/checkpoint.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { checkpointFiles, checkpointFolder, runFiles } from '#contract/domain/run-event.ts'
import type { RunTask } from '../executors/task.ts'
import type { ExportRecords } from './exports.ts'
import type { CheckpointQueries } from './queries.ts'

export interface CheckpointsOptions {
  readonly queries: CheckpointQueries
  readonly records: ExportRecords
  readonly runTask: RunTask
  /** Folder of a run; throws `not-found`. */
  readonly runFolder: (runId: string) => string
  /** Folder of an import; throws `not-found`. */
  readonly importFolder: (name: string) => string
}

export interface ExportRequest {
  id: string
  format: ExportFormat
  /** File or folder. */
  to: string
  /** Whether an earlier export in that place may be replaced. */
  force: boolean
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
    const { tensors } = await this.#options.runTask(
      'inspect-tensors',
      { file: join(this.#folder(checkpoint), checkpointFiles.model) },
      { signal },
    )
    return { checkpoint, tensors }
  }

  /** Writes the model in another format, and remembers what was written and how it compares. Nothing is replaced unless `force` says so. */
  async export({ id, format, to, force }: ExportRequest, signal?: AbortSignal): Promise<ExportRecord> {
    const ref = parseRef(id)
    const folder = ref.kind === 'imported-model' ? this.#options.importFolder(ref.name) : this.#folder(this.#get(id))
    if (!isAbsolute(to))
      throw new StudioError(
        'bad-request',
        `The path "${to}" to export to is not absolute.`,
        'Give the whole path, beginning with the root of the file system.',
      )
    const result = await this.#options.runTask('export-model', { checkpoint: folder, format, to, force }, { signal })
    const record: ExportRecord = { version: 1, checkpoint: id, exportedAt: new Date().toISOString(), ...result }
    this.#options.records.add(record)
    return record
  }

  /** What was exported of a checkpoint or import, newest first. */
  exports(id: string): ExportRecord[] {
    const ref = parseRef(id)
    if (ref.kind === 'imported-model') this.#options.importFolder(ref.name)
    else this.#get(id)
    return this.#options.records.of(id)
  }

  #get(id: string): Checkpoint {
    const [, runId, step] = /^(.+)@(\d+)$/.exec(id) ?? []
    const checkpoint = runId === undefined ? undefined : this.#options.queries.get(runId, Number(step))
    if (checkpoint === undefined)
      throw new StudioError(
        'not-found',
        `There is no checkpoint ${id}.`,
        'Ids look like <run id>@<step>; `checkpoint list` shows them.',
      )
    return checkpoint
  }

  #folder(checkpoint: Checkpoint): string {
    const folder = join(
      this.#options.runFolder(checkpoint.runId),
      runFiles.checkpoints,
      checkpointFolder(checkpoint.step),
    )
    if (!existsSync(join(folder, checkpointFiles.model))) {
      throw new StudioError(
        'checkpoint-invalid',
        `The files of checkpoint ${checkpoint.id} are gone from ${folder}.`,
        'Restore the folder from a backup, or use another checkpoint.',
      )
    }
    return folder
  }
}
