import { existsSync, rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import type { ImportEvent, ReimportEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { TaskInput, TaskProgress } from '#contract/api/tasks.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import type { DatasetPreview } from '#contract/domain/dataset-preview.ts'
import { datasetSummary } from '#contract/domain/dataset.ts'
import { requirePortableName } from '#contract/portable-name.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { RunTask } from '../executors/task.ts'
import { taskStream } from '../streams/stream.ts'
import type { Integrity } from './integrity/service.ts'
import { resolveFolder } from './scan.ts'
import type { DatasetStore } from './store.ts'
import { reimportDataset } from './versions.ts'

export interface ImportsOptions {
  readonly workspace: WorkspacePaths
  readonly runTask: RunTask
  readonly runFolderTask: RunTask
  readonly store: DatasetStore
  readonly integrity: Pick<Integrity, 'remove'>
  /** @throws StudioError `not-found` */
  readonly requireKnown: (name: string) => void
  /** Aborted when the studio closes. */
  readonly closing: AbortSignal
  /** There is a new dataset, or a new version of one. Returns it. */
  readonly onCreated: (name: string) => Promise<DatasetDetail>
  readonly onReplaced: (name: string) => Promise<DatasetDetail>
}

type FolderRequest = TaskInput<'read-folder'>['request']
type Report = (event: Extract<ImportEvent, { type: 'progress' }>) => void

const reading =
  (report: Report) =>
  (progress: TaskProgress<'read-folder'>): void =>
    report({ type: 'progress', ...progress })

/** Reads folders of videos into datasets of the workspace, and again into their next versions. */
export class Imports {
  readonly #options: ImportsOptions
  /** Names of datasets whose folders are being read. */
  readonly #reserved = new Set<string>()

  constructor(options: ImportsOptions) {
    this.#options = options
  }

  /** What an import would read. */
  async preview(request: TaskInput<'preview-folder'>, signal?: AbortSignal): Promise<DatasetPreview> {
    this.#refuseWorkspace(request.directory)
    const { runFolderTask, closing } = this.#options
    return runFolderTask('preview-folder', request, { signal: signal === undefined ? closing : this.#either(signal) })
  }

  import(request: FolderRequest, signal?: AbortSignal): AsyncIteratorClass<ImportEvent> {
    return taskStream<ImportEvent>(signal, (report, signal) =>
      this.#create(request.name, () => this.#import(request, report, this.#either(signal))),
    )
  }

  /** Writes the built-in dataset into `built-in/<name>` and imports it like any other folder. */
  importBuiltIn(name: string, signal?: AbortSignal): AsyncIteratorClass<ImportEvent> {
    const { workspace, runTask } = this.#options
    const directory = join(workspace.builtIn, name)
    return taskStream<ImportEvent>(signal, (report, signal) =>
      this.#create(name, async () => {
        const either = this.#either(signal)
        const existed = existsSync(directory)
        try {
          const onProgress = ({ done, total }: { done: number; total: number }) =>
            report({ type: 'progress', done, total, path: 'Writing the videos' })
          await runTask('built-in-dataset', { directory }, { signal: either, onProgress })
          return await this.#import(
            { directory, name, followLinks: false, frameCache: workspace.frames },
            report,
            either,
          )
        } catch (cause) {
          if (!existed) rmSync(directory, { recursive: true, force: true })
          throw cause
        }
      }),
    )
  }

  /** Reads the folder of a dataset again, as its next version. The earlier one stays for the runs that were launched with it. */
  reimport(name: string, signal?: AbortSignal): AsyncIteratorClass<ReimportEvent> {
    const { store, integrity, runFolderTask, workspace, onReplaced } = this.#options
    this.#options.requireKnown(name)
    return taskStream<ReimportEvent>(signal, (report, signal) => {
      if (this.#reserved.has(name))
        throw new StudioError(
          'already-exists',
          `The folder of the dataset ${name} is being read already.`,
          'Wait until that is done.',
        )
      return this.#reserve(name, async () => {
        const tools = { store, integrity, runFolderTask, frameCache: workspace.frames }
        const change = await reimportDataset(tools, name, reading(report), this.#either(signal))
        const detail = change === null ? store.open(name).detail : await onReplaced(name)
        return { type: 'done', dataset: datasetSummary.parse(detail), change }
      })
    })
  }

  #either(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#options.closing])
  }

  async #create<T>(name: string, task: () => Promise<T>): Promise<T> {
    requirePortableName(name)
    if (this.#reserved.has(name) || this.#options.store.has(name))
      throw new StudioError(
        'already-exists',
        `There is already a dataset called ${name}.`,
        'Choose another name, or remove that dataset first.',
      )
    return this.#reserve(name, task)
  }

  async #reserve<T>(name: string, task: () => Promise<T>): Promise<T> {
    this.#reserved.add(name)
    try {
      return await task()
    } finally {
      this.#reserved.delete(name)
    }
  }

  async #import(request: FolderRequest, report: Report, signal: AbortSignal): Promise<ImportEvent> {
    this.#refuseWorkspace(request.directory)
    const { runFolderTask, store, onCreated } = this.#options
    await store.create(request.name, (to) =>
      runFolderTask('read-folder', { request, to }, { signal, onProgress: reading(report) }),
    )
    const detail = await onCreated(request.name)
    if (detail.report === null) throw new Error(`The dataset ${request.name} was imported without a report.`)
    return { type: 'done', dataset: datasetSummary.parse(detail), report: detail.report }
  }

  /** @throws StudioError `bad-request` if the folder contains the workspace, whose own files would be indexed */
  #refuseWorkspace(directory: string): void {
    const root = resolveFolder(directory)
    const workspace = resolveFolder(this.#options.workspace.root)
    if (workspace === root || workspace.startsWith(root + sep)) {
      throw new StudioError(
        'bad-request',
        `The folder ${root} contains the workspace ${workspace}.`,
        'Choose a folder that contains only the videos.',
      )
    }
  }
}
