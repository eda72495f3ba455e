import { isAbsolute, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { Checkpoint, ExportFormat, ExportRecord, TensorFacts } from '#contract/domain/checkpoint.ts'
import { checkpointId } from '#contract/domain/model-ref.ts'
import { checkpointFiles, formatVersions } from '#contract/layout.ts'
import type { RunTask } from '../executors/task.ts'
import type { ModelResolver } from '../models/resolve.ts'
import type { ExportRecords } from './exports.ts'
import type { CheckpointQueries } from './queries.ts'

export interface CheckpointsOptions {
  readonly queries: CheckpointQueries
  readonly records: ExportRecords
  readonly runTask: RunTask
  readonly resolver: ModelResolver
  /** Throws `not-found` for an unknown run. */
  readonly requireRun: (runId: string) => void
}

export interface ExportRequest {
  /** Reference of a model. */
  id: string
  format: ExportFormat
  /** Absolute path of the file or folder to write. */
  to: string
  /** Whether an earlier export at that path may be replaced. */
  force: boolean
}

/** Checkpoints of all runs: list, inspect, export. */
export class Checkpoints {
  readonly #options: CheckpointsOptions

  constructor(options: CheckpointsOptions) {
    this.#options = options
  }

  /** Newest first, of one run or of all. @throws StudioError `not-found` for an unknown run. */
  list(runId?: string): Checkpoint[] {
    if (runId !== undefined) this.#options.requireRun(runId)
    return this.#options.queries.list(runId)
  }

  /** The tensors of a checkpoint with their statistics. @throws StudioError `not-found`, `checkpoint-invalid` */
  async inspect(id: string, signal?: AbortSignal): Promise<{ checkpoint: Checkpoint; tensors: TensorFacts[] }> {
    const { resolver, queries, runTask } = this.#options
    const found = resolver.findWithWeights(id)
    const checkpoint = found.kind === 'checkpoint' ? queries.get(found.card.runId, found.card.step) : undefined
    if (checkpoint === undefined)
      throw new StudioError(
        'not-found',
        `There is no checkpoint ${id}.`,
        'Ids look like <run id>@<step>; `checkpoint list` shows them.',
      )
    const { tensors } = await runTask(
      'inspect-tensors',
      { file: join(found.folder, checkpointFiles.model) },
      { signal },
    )
    return { checkpoint, tensors }
  }

  /** The newest checkpoint of a run that is whole and finite, and a sentence for each newer one that is not. */
  async newestGood(runId: string, signal?: AbortSignal): Promise<{ step: number | null; skipped: string[] }> {
    const { queries, resolver, runTask } = this.#options
    const skipped: string[] = []
    const steps = queries.list(runId).map(({ step }) => step)
    for (const step of steps.toSorted((a, b) => b - a)) {
      const { id, folder } = resolver.find(checkpointId(runId, step))
      const { problem } = await runTask('check-checkpoint', { folder }, { signal })
      if (problem === null) return { step, skipped }
      skipped.push(`The checkpoint ${id} is not used. ${problem}`)
    }
    return { step: null, skipped }
  }

  /**
   * Writes a model in another format, and records the files and the comparison with the studio.
   * @throws StudioError `bad-request` for a relative path, `already-exists` if something is at the path and `force` is false.
   */
  async export({ id, format, to, force }: ExportRequest, signal?: AbortSignal): Promise<ExportRecord> {
    const found = this.#options.resolver.findWithWeights(id)
    if (!isAbsolute(to))
      throw new StudioError(
        'bad-request',
        `The path "${to}" to export to is not absolute.`,
        'Give the whole path, beginning with the root of the file system.',
      )
    const result = await this.#options.runTask('export-model', { model: found.folder, format, to, force }, { signal })
    const record: ExportRecord = {
      version: formatVersions.export,
      checkpoint: found.id,
      exportedAt: new Date().toISOString(),
      ...result,
    }
    this.#options.records.add(record)
    return record
  }

  /** Exports of a model, newest first. @throws StudioError `not-found` */
  exports(id: string): ExportRecord[] {
    return this.#options.records.of(this.#options.resolver.find(id).id)
  }
}
