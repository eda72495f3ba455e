import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { TrashEntry, TrashItem, TrashPreview } from '#contract/domain/trash.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { Executor } from '../executors/executor.ts'
import { indexOrganizations } from '../organization/service.ts'
import { addRun, type PipelineTables } from '../pipelines/indexing.ts'
import { PipelineStore } from '../pipelines/store.ts'
import type { RunLedger } from '../runs/ledger.ts'
import { indexParameters } from '../runs/search.ts'
import { TrashFolder, type Trashed } from './folder.ts'
import { type DividedTrash, divideTrash, neededRuns, refusalOf, type TrashPlan } from './plan.ts'

export interface TrashOptions {
  readonly workspace: WorkspacePaths
  readonly tables: PipelineTables
  readonly ledger: RunLedger
  readonly executor: Pick<Executor, 'poll'>
  /** Whether the run has a process, or is about to get one. */
  readonly isActive: (runId: string) => boolean
  /** Runs and pipelines left the workspace. */
  readonly onRemoved: (removed: { runIds: string[]; pipelineIds: string[] }) => void
  /** A pipeline has other runs than before. */
  readonly onChanged: (pipelineId: string) => void
  readonly onProblem: (error: unknown) => void
}

/** Moves runs and pipelines to the trash, restores and purges them. */
export class Trash {
  readonly #options: TrashOptions
  readonly #folder: TrashFolder
  readonly #store: PipelineStore

  constructor(options: TrashOptions) {
    this.#options = options
    this.#folder = new TrashFolder(options.workspace)
    this.#store = new PipelineStore(options.workspace)
  }

  /** Completes moves that were interrupted, and brings the database in step with the folders. Call before pipelines are indexed. */
  async open(): Promise<void> {
    const { tables, onProblem } = this.#options
    const movedOut = await this.#folder.recover(onProblem)
    const entries = this.#folder.list(onProblem)
    const trashed = new Set(entries.filter(({ kind }) => kind === 'pipeline').map(({ id }) => id))
    for (const id of new Set([...movedOut, ...entries].map(({ pipelineId }) => pipelineId)))
      try {
        if (tables.pipelines.get(id) !== undefined) this.#index(id, trashed.has(id))
      } catch (cause) {
        onProblem(cause)
      }
    for (const entry of movedOut) this.#folder.forget(entry)
  }

  list(): TrashEntry[] {
    return this.#folder.list(this.#options.onProblem)
  }

  /**
   * What of these runs and pipelines can be moved, the bytes that purging it would free, and the runs that stay.
   * @throws StudioError `not-found`
   */
  async preview(items: readonly TrashItem[]): Promise<TrashPreview> {
    const { plans, kept } = this.#divide(items)
    return {
      items: plans.map(({ kind, id }) => ({ kind, id })),
      runIds: plans.flatMap(({ runIds }) => runIds),
      pipelineIds: plans.filter(({ kind }) => kind === 'pipeline').map(({ id }) => id),
      bytes: (await this.#sizesOf(plans)).reduce((sum, size) => sum + size, 0),
      kept,
    }
  }

  /**
   * Moves all of the runs and pipelines to the trash or, if one is refused, none.
   * @throws StudioError `not-found`, `run-state` if a run is queued, running or needed, `bad-request` for links
   */
  async put(items: readonly TrashItem[]): Promise<TrashEntry[]> {
    const sizes = new Map<string, number>()
    const before = this.#plan(items)
    for (const [index, size] of (await this.#sizesOf(before)).entries()) sizes.set(before[index]?.id ?? '', size)
    // Planned again, since a run may have been resumed meanwhile. From here on nothing waits.
    const plans = this.#plan(items)
    const trashedAt = new Date().toISOString()
    const done: Trashed[] = []
    try {
      for (const plan of plans)
        done.push(
          this.#folder.put({ ...plan, name: this.#nameOf(plan), trashedAt, sizeBytes: sizes.get(plan.id) ?? 0 }),
        )
    } catch (cause) {
      for (const entry of done.toReversed()) {
        this.#folder.restore(entry)
        this.#folder.forget(entry)
      }
      throw cause
    }
    this.#options.tables.database.transaction(() => {
      for (const { kind, pipelineId } of plans) this.#index(pipelineId, kind === 'pipeline')
    })()
    this.#options.onRemoved({
      runIds: plans.flatMap(({ runIds }) => runIds),
      pipelineIds: plans.filter(({ kind }) => kind === 'pipeline').map(({ id }) => id),
    })
    for (const { kind, pipelineId } of plans) if (kind === 'run') this.#options.onChanged(pipelineId)
    return done
  }

  /**
   * Restores entries, pipelines first, and reads their events again. Warnings name what restored runs need and lack.
   * @throws StudioError `not-found`, `already-exists` if the workspace has such a run again, `run-state` if the pipeline of a run
   * is not in the workspace
   */
  async restore(entryIds: readonly string[]): Promise<{ entries: TrashEntry[]; warnings: string[] }> {
    const { ledger, tables, workspace, executor, onProblem } = this.#options
    const entries = this.#find(entryIds).toSorted((a, b) => Number(a.kind === 'run') - Number(b.kind === 'run'))
    const restored: Trashed[] = []
    try {
      for (const entry of entries) {
        this.#folder.restore(entry)
        restored.push(entry)
      }
    } finally {
      const pipelineIds = new Set(restored.map(({ pipelineId }) => pipelineId))
      const runIds = new Set(restored.flatMap((entry) => entry.runIds))
      tables.database.transaction(() => {
        for (const id of pipelineIds) this.#index(id, false)
        // Before the next moment in which the scheduler looks at the queue.
        for (const id of runIds) if (tables.runs.get(id) !== undefined) tables.runs.setStatus(id, 'interrupted', null)
      })()
      for (const entry of restored) this.#folder.forget(entry)
      await ledger.reconcile(executor, onProblem, (id) => runIds.has(id))
      indexOrganizations({ workspace, database: tables.database }, onProblem, ({ kind, id }) =>
        (kind === 'run' ? runIds : pipelineIds).has(id),
      )
      for (const id of pipelineIds) this.#options.onChanged(id)
    }
    return { entries, warnings: this.#warnings(entries) }
  }

  /**
   * Deletes entries for good. Returns the bytes that this freed.
   * @throws StudioError `not-found`, or `run-state` if the trash also holds single runs of a pipeline, which would be lost
   */
  async purge(entryIds: readonly string[]): Promise<{ bytes: number }> {
    const entries = this.#find(entryIds)
    const left = this.list().filter(({ entryId }) => !entryIds.includes(entryId))
    for (const { kind, id } of entries) {
      const orphan = left.find((entry) => entry.kind === 'run' && entry.pipelineId === id)
      if (kind === 'pipeline' && orphan !== undefined)
        throw new StudioError(
          'run-state',
          `The pipeline ${id} stays in the trash: its run ${orphan.id} is there as well and cannot be restored without it.`,
          'Purge the run as well, or restore both.',
        )
    }
    let bytes = 0
    for (const entry of entries) bytes += await this.#folder.purge(entry)
    return { bytes }
  }

  #divide(items: readonly TrashItem[]): DividedTrash {
    const { pipelines, runs } = this.#options.tables
    return divideTrash(items, runs.list(), new Set(pipelines.list().map(({ id }) => id)), this.#options.isActive)
  }

  /** @throws StudioError if one of the runs cannot be moved */
  #plan(items: readonly TrashItem[]): TrashPlan[] {
    const { plans, kept } = this.#divide(items)
    const [first] = kept
    if (first !== undefined) throw refusalOf(first, this.#options.tables.runs.get(first.id)?.status)
    return plans
  }

  #sizesOf(plans: readonly TrashPlan[]): Promise<number[]> {
    return Promise.all(plans.map((plan) => this.#folder.sizeOf(plan)))
  }

  #nameOf({ kind, id }: TrashPlan): string | null {
    const { runs, pipelines } = this.#options.tables
    return (kind === 'run' ? runs.get(id)?.organization : pipelines.get(id)?.organization)?.name ?? null
  }

  /** @throws StudioError `not-found` */
  #find(entryIds: readonly string[]): Trashed[] {
    const entries = new Map(this.#folder.list(this.#options.onProblem).map((entry) => [entry.entryId, entry]))
    return [...new Set(entryIds)].map((id) => {
      const entry = entries.get(id)
      if (entry === undefined)
        throw new StudioError('not-found', `The trash has no entry ${id}.`, '`trash list` shows what is in the trash.')
      return entry
    })
  }

  /** Makes the rows of a pipeline and its runs those of its files. */
  #index(pipelineId: string, isTrashed: boolean): void {
    const { tables, workspace } = this.#options
    const known = tables.runs.ofPipeline(pipelineId)
    if (isTrashed && !existsSync(join(workspace.pipelines, `${pipelineId}.json`))) {
      for (const { key } of known) tables.runs.remove(key)
      tables.pipelines.remove(pipelineId)
      return
    }
    const { document, files } = this.#store.read(pipelineId)
    tables.pipelines.put(document)
    for (const { id, key } of known) if (!files.has(id)) tables.runs.remove(key)
    for (const [id, file] of files) if (!known.some((row) => row.id === id)) addRun(tables, document, id, file)
    indexParameters(tables.database, pipelineId)
  }

  #warnings(entries: readonly Trashed[]): string[] {
    const { tables, workspace } = this.#options
    const rows = entries.flatMap(({ runIds }) => runIds).flatMap((id) => tables.runs.get(id) ?? [])
    const lostRuns = rows.flatMap((row) =>
      neededRuns(row)
        .filter((id) => tables.runs.get(id) === undefined)
        .map(
          (id) =>
            `The run ${row.id} needs a model of the run ${id}, which is not in the workspace. Restore that run as well.`,
        ),
    )
    const lostDatasets = [...new Set(rows.map(({ dataset }) => dataset))]
      .filter((name) => !existsSync(join(workspace.datasets, name)))
      .map((name) => `The dataset ${name} of the restored runs is not in the workspace any more.`)
    return [...lostRuns, ...lostDatasets]
  }
}
