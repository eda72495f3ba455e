import { existsSync, rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import type { DatasetEvent, ImportEvent, ReimportEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type {
  BrokenPage,
  DatasetDetail,
  Histogram,
  HistogramRequest,
  PageRequest,
  SamplePage,
  SampleRequest,
} from '#contract/domain/dataset-detail.ts'
import { linesOf } from '#contract/domain/dataset-lines.ts'
import type { DatasetPreview } from '#contract/domain/dataset-preview.ts'
import type { DatasetStatistics } from '#contract/domain/dataset-statistics.ts'
import type { DatasetVersions } from '#contract/domain/dataset-version.ts'
import {
  type DatasetCheck,
  type DatasetSummary,
  datasetSummary,
  requireSplitSet,
  type SplitSetName,
} from '#contract/domain/dataset.ts'
import { type DrawnAgain, isDrawn, type SplitRequest } from '#contract/domain/drawn-split-set.ts'
import { didYouMean } from '#contract/nearest.ts'
import { requirePortableName } from '#contract/portable-name.ts'
import { datasetChanged, findChangedVideos } from '#node/changed-videos.ts'
import { readDataset } from '#node/dataset-files.ts'
import { writeDrawnSplits } from '#node/drawn-split-sets.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { RunTask } from '../executors/task.ts'
import { Broadcast } from '../streams/broadcast.ts'
import { openStream, taskStream } from '../streams/stream.ts'
import { checkDataset } from './check.ts'
import { drawAgain } from './draw-again.ts'
import { type ImportRequest, readFolder } from './import.ts'
import { indexDatasets } from './indexing.ts'
import { previewImport } from './preview-import.ts'
import { Previews } from './previews.ts'
import { DatasetQueries } from './queries.ts'
import { SampleCounts } from './sample-counts.ts'
import { SampleSearch } from './sample-search.ts'
import { resolveFolder } from './scan.ts'
import { DatasetStore } from './store.ts'
import { type DatasetUser, listVersions, reimportDataset } from './versions.ts'

export interface DatasetsOptions {
  readonly workspace: WorkspacePaths
  readonly database: StudioDatabase
  readonly runTask: RunTask
  /** The pipelines that use a dataset. */
  readonly usersOf: (dataset: string) => DatasetUser[]
  readonly isBusy: () => boolean
  readonly onProblem: (error: unknown) => void
}

const watchIntervalMs = 100
/** Videos count as unchanged for this many times the time that comparing them took: a sweep launches many pipelines at once. */
const comparedFor = 5

/** Datasets of the workspace: indexes over folders of videos. The folders are only read. */
export class Datasets {
  readonly #options: DatasetsOptions
  readonly #store: DatasetStore
  readonly #queries: DatasetQueries
  readonly #search: SampleSearch
  readonly #counts: SampleCounts
  readonly #previews: Previews
  readonly #changes = new Broadcast<string>()
  readonly #abort = new AbortController()
  /** Names of datasets that are being imported. */
  readonly #reserved = new Set<string>()
  /** Until when the videos of a dataset count as unchanged. */
  readonly #unchangedUntil = new Map<string, number>()

  constructor(options: DatasetsOptions) {
    this.#options = options
    this.#store = new DatasetStore(options.workspace.datasets)
    this.#queries = new DatasetQueries(options.database)
    this.#search = new SampleSearch(options.database)
    this.#counts = new SampleCounts(options.database)
    this.#previews = new Previews({ ...options, store: this.#store, queries: this.#queries })
  }

  /** Updates the database from the folder and starts to make missing previews. */
  open(): void {
    for (const name of indexDatasets(this.#store, this.#queries, this.#options.onProblem)) this.#previews.add(name)
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#previews.close()
  }

  list(): DatasetSummary[] {
    return this.#queries.list()
  }

  /** @throws StudioError `not-found` that names the most similar dataset, or all; `bad-request` if its files are damaged */
  get(name: string): DatasetDetail {
    return this.#open(name).detail
  }

  /** Samples that match a filter, in pages. */
  samples(request: SampleRequest): SamplePage {
    const { key, detail } = this.#open(request.name)
    return this.#search.page(key, detail, request)
  }

  /** How the values of a fact are distributed over the samples that match a filter. */
  histogram(request: HistogramRequest): Histogram {
    const { key, detail } = this.#open(request.name)
    return this.#search.histogram(key, detail, request)
  }

  /** Files that are not used, in pages. */
  broken(request: PageRequest): BrokenPage {
    this.#require(request.name)
    return this.#queries.broken(request)
  }

  /**
   * Counts of the samples in a split set.
   * @throws StudioError `not-found` for an unknown dataset, `configuration-invalid` if it has no such split set
   */
  statistics(name: string, splitSet: SplitSetName): DatasetStatistics {
    const { key, detail } = this.#open(name)
    requireSplitSet(name, detail.splitSets, splitSet)
    return this.#counts.of(key, detail, splitSet)
  }

  /**
   * Draws the splits of a dataset again, as a split set beside the others, which stay as they are.
   * @throws StudioError `run-state` if its splits were not drawn, and as `drawAgain`
   */
  split({ name, drawing, as }: SplitRequest): DrawnAgain {
    const { detail } = this.#open(name)
    if (!isDrawn(detail))
      throw new StudioError(
        'run-state',
        `The splits of the dataset ${name} were given by its folder, not drawn.`,
        'Only drawn splits can be drawn again. Other splits come from another list in the folder.',
      )
    const set = drawAgain(readDataset(this.#store.manifestFile(name)), drawing, as)
    writeDrawnSplits(this.#store.folder(name), set)
    const { balance } = this.statistics(name, set.name)
    this.#changes.publish(name)
    return { name: set.name, drawing, balance: [...balance] }
  }

  manifestFile(name: string): string {
    return this.#store.manifestFile(name)
  }

  /** What an import would read. */
  previewImport(request: Omit<ImportRequest, 'name'>): DatasetPreview {
    this.#refuseWorkspace(request.directory)
    return previewImport(request)
  }

  import(request: ImportRequest, signal?: AbortSignal): AsyncIteratorClass<ImportEvent> {
    return taskStream<ImportEvent>(signal, (report, signal) =>
      this.#reserve(request.name, () => this.#import(request, report, signal)),
    )
  }

  /** Writes the built-in dataset into `built-in/<name>` and imports it like any other folder. */
  importBuiltIn(name: string, signal?: AbortSignal): AsyncIteratorClass<ImportEvent> {
    const directory = join(this.#options.workspace.builtIn, name)
    return taskStream<ImportEvent>(signal, (report, signal) =>
      this.#reserve(name, async () => {
        const either = AbortSignal.any([signal, this.#abort.signal])
        const existed = existsSync(directory)
        try {
          const onProgress = ({ done, total }: { done: number; total: number }) =>
            report({ type: 'progress', done, total, path: 'Writing the videos' })
          await this.#options.runTask('built-in-dataset', { directory }, { signal: either, onProgress })
          return await this.#import(
            { directory, name, followLinks: false, frameCache: this.#options.workspace.frames },
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
    this.#require(name)
    return taskStream<ReimportEvent>(signal, async (report, signal) => {
      if (this.#reserved.has(name))
        throw new StudioError(
          'already-exists',
          `The folder of the dataset ${name} is being read already.`,
          'Wait until that is done.',
        )
      this.#reserved.add(name)
      try {
        const { runTask, workspace } = this.#options
        const either = AbortSignal.any([signal, this.#abort.signal])
        const tools = { store: this.#store, runTask, frameCache: workspace.frames }
        const done = await reimportDataset(tools, name, report, either)
        if (done.change !== null) this.#takeVersion(name)
        return done
      } finally {
        this.#reserved.delete(name)
      }
    })
  }

  /** The versions of a dataset, the current one first. */
  versions(name: string): DatasetVersions {
    return listVersions(this.#store, this.#open(name).detail, this.#options.usersOf(name))
  }

  /** Compares the dataset with the files as they are now. Opens every file again. */
  async check(name: string, signal?: AbortSignal): Promise<DatasetCheck> {
    const detail = this.get(name)
    const either = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal])
    const dataset = { detail, videos: this.#queries.videos(name), broken: this.#queries.brokenFiles(name) }
    return checkDataset(this.#options.runTask, dataset, either)
  }

  /**
   * Compares size and time of every video with the dataset, and in doubt its content.
   * @throws StudioError `dataset-changed` that names the first videos that are missing or changed, and their number; `video-unreadable` if
   *   the disk with the videos does not answer
   */
  async requireUnchanged(name: string): Promise<void> {
    const { root } = this.get(name)
    const from = performance.now()
    if (from < (this.#unchangedUntil.get(name) ?? 0)) return
    const videos = this.#queries.videos(name)
    const changes = await findChangedVideos({ root, videos }, this.#store.folder(name), { signal: this.#abort.signal })
    if (changes.length > 0) throw datasetChanged(name, changes)
    const now = performance.now()
    this.#unchangedUntil.set(name, now + comparedFor * (now - from))
  }

  remove(name: string): void {
    this.#require(name)
    const users = this.#options.usersOf(name).map(({ id }) => id)
    if (users.length > 0) {
      throw new StudioError(
        'run-state',
        `The dataset ${name} is used by ${users.length === 1 ? 'the pipeline' : 'the pipelines'} ${users.join(', ')}.`,
        'A dataset can only be removed if no pipeline uses it, because its manifest records what runs were trained on.',
      )
    }
    this.#unchangedUntil.delete(name)
    this.#previews.remove(name)
    this.#queries.remove(name)
    this.#search.forget()
    this.#store.remove(name)
    this.#changes.publish(name)
  }

  watch(signal?: AbortSignal): AsyncIteratorClass<DatasetEvent> {
    return openStream<DatasetEvent>(signal, watchIntervalMs, (control) => {
      let isFirst = true
      const changed = new Set<string>()
      const close = this.#changes.subscribe((name) => {
        changed.add(name)
        control.wake()
      })
      control.wake()
      const take = (): DatasetEvent[] => {
        const names = [...changed]
        changed.clear()
        if (isFirst) {
          isFirst = false
          return [{ type: 'snapshot', datasets: this.list() }]
        }
        return names.map((name) => {
          const dataset = this.#queries.get(name)
          return dataset === undefined ? { type: 'removed', name } : { type: 'changed', dataset }
        })
      }
      return { take, close }
    })
  }

  /** Absolute path of a preview. If it is missing, returns undefined and makes it next. */
  previewFile(name: string, videoId: string): string | undefined {
    const file = join(this.#store.folder(name), `${videoId}.webp`)
    if (existsSync(file)) return file
    this.#previews.request(name, videoId)
    return undefined
  }

  /** Continues to make previews, because no run is computing any more. */
  resumePreviews(): void {
    this.#previews.resume()
  }

  /** Takes a new version of a dataset into the tables. */
  #takeVersion(name: string): void {
    this.#unchangedUntil.delete(name)
    this.#previews.remove(name)
    this.#open(name)
    this.#previews.add(name)
    this.#changes.publish(name)
  }

  /** A dataset in the tables, which are updated first if its files changed. */
  #open(name: string): { key: number; detail: DatasetDetail } {
    this.#require(name)
    const stamp = this.#store.stampOf(name)
    if (this.#queries.stampOf(name) !== stamp) {
      const { detail, lines } = this.#store.open(name)
      this.#queries.put(detail, stamp, lines())
      this.#search.forget()
    }
    return this.#queries.open(name)
  }

  #require(name: string): void {
    if (this.#queries.get(name) !== undefined) return
    const names = this.#queries.list().map((dataset) => dataset.name)
    throw new StudioError(
      'not-found',
      `There is no dataset called ${name}.`,
      names.length === 0
        ? 'Import a folder of videos first.'
        : didYouMean(name, names, `Choose one of ${names.join(', ')}.`),
    )
  }

  async #reserve<T>(name: string, task: () => Promise<T>): Promise<T> {
    requirePortableName(name)
    if (this.#reserved.has(name) || this.#store.has(name))
      throw new StudioError(
        'already-exists',
        `There is already a dataset called ${name}.`,
        'Choose another name, or remove that dataset first.',
      )
    this.#reserved.add(name)
    try {
      return await task()
    } finally {
      this.#reserved.delete(name)
    }
  }

  async #import(
    request: ImportRequest,
    report: (event: ImportEvent) => void,
    signal: AbortSignal,
  ): Promise<ImportEvent> {
    const either = AbortSignal.any([signal, this.#abort.signal])
    this.#refuseWorkspace(request.directory)
    const manifest = await readFolder(
      this.#options.runTask,
      request,
      (done, total, path) => report({ type: 'progress', done, total, path }),
      either,
    )
    const detail = this.#store.create(manifest)
    this.#queries.put(detail, this.#store.stampOf(manifest.name), linesOf(manifest))
    this.#search.forget()
    const dataset = datasetSummary.parse(detail)
    this.#previews.add(dataset.name)
    this.#changes.publish(dataset.name)
    return { type: 'done', dataset, report: manifest.report }
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
