import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import type { DatasetEvent } from '#contract/api/contract.ts'
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
import type { DatasetStatistics } from '#contract/domain/dataset-statistics.ts'
import type { DatasetVersions } from '#contract/domain/dataset-version.ts'
import {
  type DatasetCheck,
  type DatasetSummary,
  defaultSplitSet,
  requireSplitSet,
  type SplitSetName,
} from '#contract/domain/dataset.ts'
import { type DrawnAgain, isDrawn, type SplitRequest } from '#contract/domain/drawn-split-set.ts'
import type { FramesPage, FramesRequest } from '#contract/domain/video-frames.ts'
import { didYouMean } from '#contract/nearest.ts'
import { manifestWithDigest } from '#node/dataset-versions.ts'
import { readDrawnSplit } from '#node/drawn-split-sets.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { RunTask } from '../executors/task.ts'
import { Broadcast } from '../streams/broadcast.ts'
import { watchDatasets } from './events.ts'
import { Imports } from './imports.ts'
import { indexDataset, indexDatasets, indexInTurns } from './indexing.ts'
import { Integrity } from './integrity/service.ts'
import { framesTask } from './player-frames.ts'
import { Previews } from './previews.ts'
import { DatasetQueries } from './queries.ts'
import { SampleCounts } from './sample-counts.ts'
import { SampleSearch } from './sample-search.ts'
import { DatasetStore } from './store.ts'
import { UnchangedVideos } from './unchanged-videos.ts'
import { type DatasetUser, listVersions } from './versions.ts'

export interface DatasetsOptions {
  readonly workspace: WorkspacePaths
  readonly database: StudioDatabase
  readonly runTask: RunTask
  /** Runs tasks in the process that reads folders. */
  readonly runFolderTask: RunTask
  /** The pipelines that use a dataset. */
  readonly usersOf: (dataset: string) => DatasetUser[]
  readonly isBusy: () => boolean
  readonly onProblem: (error: unknown) => void
}

/** Datasets of the workspace: indexes over folders of videos. The folders are only read. */
export class Datasets {
  readonly #options: DatasetsOptions
  readonly #store: DatasetStore
  readonly #queries: DatasetQueries
  readonly #search: SampleSearch
  readonly #counts: SampleCounts
  readonly #previews: Previews
  /** What is wrong with the files of datasets, and what new runs leave out. */
  readonly integrity: Integrity
  /** Reads folders into datasets. */
  readonly imports: Imports
  readonly #changes = new Broadcast<string>()
  readonly #abort = new AbortController()
  readonly #unchanged = new UnchangedVideos()
  /** Stamps of the datasets that are written into the tables in turns, with splits that were drawn again. */
  readonly #taken = new Map<string, string>()

  constructor(options: DatasetsOptions) {
    this.#options = options
    this.#store = new DatasetStore(options.workspace.datasets)
    this.#queries = new DatasetQueries(options.database)
    this.#search = new SampleSearch(options.database, (name) => this.integrity.bringUpToDate(name))
    this.#counts = new SampleCounts(options.database)
    this.#previews = new Previews({ ...options, store: this.#store, queries: this.#queries })
    this.integrity = new Integrity({
      ...options,
      store: this.#store,
      queries: this.#queries,
      get: (name) => this.get(name),
      onExclusion: (name) => {
        this.#open(name)
        this.#changes.publish(name)
      },
    })
    this.imports = new Imports({
      workspace: options.workspace,
      runTask: options.runTask,
      runFolderTask: options.runFolderTask,
      store: this.#store,
      integrity: this.integrity,
      requireKnown: (name) => this.#require(name),
      closing: this.#abort.signal,
      onCreated: (name) => this.#take(name),
      onReplaced: (name) => this.#takeVersion(name),
    })
  }

  /** Updates the database, starts to make missing previews and, unless this studio is that of a short command, goes on with verifications. */
  open(works = true): void {
    const names = indexDatasets(this.#store, this.#queries, this.#options.onProblem)
    for (const name of names) this.#previews.add(name)
    if (works) this.integrity.open(names)
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await Promise.all([this.#previews.close(), this.integrity.close()])
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
    const drawing =
      splitSet === defaultSplitSet
        ? detail.report?.drawing
        : readDrawnSplit(this.#store.folder(name), splitSet)?.drawing
    return { ...this.#counts.of(key, detail, splitSet), ...(drawing === undefined ? {} : { drawing }) }
  }

  /**
   * Draws the splits of a dataset again, as a split set beside the others, which stay as they are.
   * @throws StudioError `run-state` if its splits were not drawn or the dataset changes meanwhile, and as `drawAgain`
   */
  async split({ name, drawing, as }: SplitRequest): Promise<DrawnAgain> {
    const { detail } = this.#open(name)
    if (!isDrawn(detail))
      throw new StudioError(
        'run-state',
        `The splits of the dataset ${name} were given by its folder, not drawn.`,
        'Only drawn splits can be drawn again. Other splits come from another list in the folder.',
      )
    const { signal } = this.#abort
    const manifest = this.#store.manifestFile(name)
    const set = await this.#store.addSplits(name, async (to) => {
      const request = { manifest, drawing, to, ...(as === undefined ? {} : { as }) }
      return (await this.#options.runFolderTask('draw-splits', request, { signal })).name
    })
    this.#taken.set(name, this.#store.stampOf(name))
    try {
      await indexInTurns(this.#store, this.#queries, name, signal)
    } finally {
      this.#taken.delete(name)
    }
    this.#search.forget()
    const { key, detail: changed } = this.#open(name)
    const { balance } = this.#counts.of(key, changed, set)
    this.#changes.publish(name)
    return { name: set, drawing, balance: [...balance] }
  }

  /**
   * Consecutive frames of a video, at most 640 × 480 pixels.
   * @throws StudioError `not-found`, `video-unreadable`
   */
  async frames(request: FramesRequest, signal?: AbortSignal): Promise<FramesPage> {
    const { root } = this.get(request.dataset)
    const video = this.#queries.video(request.dataset, request.video)
    const either = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal])
    return this.#options.runTask('video-frames', framesTask(request, root, video), { signal: either })
  }

  /** Header of a dataset: of the version with a digest, or of the current one. */
  manifestFile(name: string, digest?: string): string {
    const manifest = this.#store.manifestFile(name)
    return digest === undefined ? manifest : manifestWithDigest(manifest, digest)
  }

  /** The versions of a dataset, the current one first. */
  versions(name: string): DatasetVersions {
    return listVersions(this.#store, this.#open(name).detail, this.#options.usersOf(name))
  }

  /** Compares the dataset with the files as they are now. Opens every file again. */
  async check(name: string, signal?: AbortSignal): Promise<DatasetCheck> {
    this.#open(name)
    const either = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal])
    return this.#options.runFolderTask('check-folder', { manifest: this.#store.manifestFile(name) }, { signal: either })
  }

  /**
   * Compares size and time of every video with the dataset, and in doubt its content.
   * @throws StudioError `dataset-changed` that names the first videos that are missing or changed, and their number; `video-unreadable` if
   *   the disk with the videos does not answer
   */
  async requireUnchanged(name: string): Promise<void> {
    const { root } = this.get(name)
    const folder = this.#store.folder(name)
    await this.#unchanged.require({ name, root, folder }, this.#queries.videos(name), this.#abort.signal)
  }

  async remove(name: string): Promise<void> {
    this.#require(name)
    const users = this.#options.usersOf(name).map(({ id }) => id)
    if (users.length > 0) {
      throw new StudioError(
        'run-state',
        `The dataset ${name} is used by ${users.length === 1 ? 'the pipeline' : 'the pipelines'} ${users.join(', ')}.`,
        'A dataset can only be removed if no pipeline uses it, because its manifest records what runs were trained on.',
      )
    }
    await this.integrity.remove(name)
    this.#unchanged.forget(name)
    this.#previews.remove(name)
    this.#queries.remove(name)
    this.#search.forget()
    this.#store.remove(name)
    this.#changes.publish(name)
  }

  watch(signal?: AbortSignal): AsyncIteratorClass<DatasetEvent> {
    return watchDatasets(this.#changes, this.#queries, signal)
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

  /** Takes a new dataset into the tables. */
  async #take(name: string): Promise<DatasetDetail> {
    await indexInTurns(this.#store, this.#queries, name, this.#abort.signal)
    this.#search.forget()
    this.integrity.take(name)
    this.#previews.add(name)
    this.#changes.publish(name)
    return this.get(name)
  }

  /** Takes a new version of a dataset into the tables. */
  async #takeVersion(name: string): Promise<DatasetDetail> {
    this.#unchanged.forget(name)
    this.#previews.remove(name)
    return this.#take(name)
  }

  /** A dataset in the tables, which are updated first if its files changed. */
  #open(name: string): { key: number; detail: DatasetDetail } {
    this.#require(name)
    if (!this.#isTaken(name) && indexDataset(this.#store, this.#queries, name)) this.#search.forget()
    return this.#queries.open(name)
  }

  /** Whether the files have changed by drawn splits alone, with which the rows are being written. */
  #isTaken(name: string): boolean {
    const stamp = this.#taken.get(name)
    return stamp !== undefined && stamp === this.#store.stampOf(name)
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
}
