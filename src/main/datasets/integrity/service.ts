import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import type { ExclusionReason, ExclusionRequest } from '#contract/domain/exclusions.ts'
import type { FindingsPage, FindingsRequest, IntegritySummary, Verdict } from '#contract/domain/integrity.ts'
import { datasetFiles } from '#contract/layout.ts'
import { readDataset } from '#node/dataset-files.ts'
import { readExclusions, undoExclusions, writeExclusions } from '#node/exclusions.ts'
import { writeJson } from '#node/json-file.ts'
import type { StudioDatabase } from '../../database/open.ts'
import type { RunTask } from '../../executors/task.ts'
import { Broadcast } from '../../streams/broadcast.ts'
import { openStream, taskStream } from '../../streams/stream.ts'
import type { DatasetQueries } from '../queries.ts'
import type { DatasetStore } from '../store.ts'
import { excludedBy } from './excluded-by.ts'
import { FindingRows, type IntegrityState } from './finding-rows.ts'
import { indexFindings, type KnownDataset, KnownFiles, stampOfFindings } from './known-files.ts'
import { IntegrityFile } from './records.ts'
import { reportLines } from './report.ts'
import { verifyDataset } from './verification.ts'

export interface IntegrityOptions {
  readonly store: DatasetStore
  readonly queries: DatasetQueries
  readonly database: StudioDatabase
  readonly runTask: RunTask
  /** A dataset, whose tables are as its files. @throws StudioError `not-found` */
  readonly get: (name: string) => DatasetDetail
  /** The exclusions of a dataset are other ones. */
  readonly onExclusion: (name: string) => void
  readonly onProblem: (error: unknown) => void
}

interface Running {
  readonly abort: AbortController
  progress: { done: number; total: number; path: string }
  ended: Promise<void>
}

const watchIntervalMs = 300

/** What is wrong with the files of datasets, and which samples new runs leave out because of it. */
export class Integrity {
  readonly #options: IntegrityOptions
  readonly #rows: FindingRows
  readonly #running = new Map<string, Running>()
  /** Why the last verification of a dataset ended before its end. */
  readonly #problems = new Map<string, string>()
  readonly #changes = new Broadcast<string>()
  #isClosed = false

  constructor(options: IntegrityOptions) {
    this.#options = options
    this.#rows = new FindingRows(options.database)
  }

  /** Brings the tables up to date, and continues the verifications that the end of the studio interrupted. */
  open(names: readonly string[]): void {
    for (const name of this.#rows.names()) if (!names.includes(name)) this.#rows.remove(name)
    for (const name of names) {
      try {
        this.#current(name)
        if (existsSync(this.#marker(name))) this.verify(name, false)
      } catch (cause) {
        this.#options.onProblem(cause)
      }
    }
  }

  /** Ends all verifications. They go on when the studio is opened again. */
  async close(): Promise<void> {
    this.#isClosed = true
    const running = [...this.#running.values()]
    for (const { abort } of running) abort.abort()
    await Promise.all(running.map(({ ended }) => ended))
  }

  /**
   * Decodes the files of a dataset in the background. No operation if that is under way.
   * @param again decodes also what was decoded before
   * @throws StudioError `not-found`
   */
  verify(name: string, again: boolean): IntegritySummary {
    const detail = this.#options.get(name)
    if (!this.#running.has(name) && !this.#isClosed) {
      writeJson(this.#marker(name), { version: 1 })
      this.#problems.delete(name)
      const running: Running = {
        abort: new AbortController(),
        progress: { done: 0, total: detail.videoCount, path: '' },
        ended: Promise.resolve(),
      }
      this.#running.set(name, running)
      running.ended = this.#run(detail, running, again)
    }
    return this.#summary(name)
  }

  /** Ends the verification of a dataset. What it found stays. */
  async cancel(name: string): Promise<IntegritySummary> {
    const running = this.#running.get(name)
    rmSync(this.#marker(name), { force: true })
    running?.abort.abort()
    await running?.ended
    return this.summary(name)
  }

  summary(name: string): IntegritySummary {
    this.#options.get(name)
    return this.#summary(name)
  }

  /** The summary of a dataset now and after each change. @throws StudioError `not-found` */
  watch(name: string, signal?: AbortSignal): AsyncIteratorClass<IntegritySummary> {
    this.#options.get(name)
    return openStream<IntegritySummary>(signal, watchIntervalMs, (control) => {
      const close = this.#changes.subscribe((changed) => {
        if (changed === name) control.wake()
      })
      control.wake()
      return { take: () => (this.#options.store.has(name) ? [this.#summary(name)] : []), close }
    })
  }

  findings({ name, verdict, offset, limit }: FindingsRequest): FindingsPage {
    this.#current(name)
    return {
      total: this.#rows.counts(name).find((count) => count.verdict === verdict)?.files ?? 0,
      files: this.#rows
        .page(name, verdict, offset, limit)
        .map(({ video, ...finding }) => ({ ...finding, samples: this.#options.queries.samplesOf(name, video) })),
    }
  }

  /**
   * Leaves samples out of new runs.
   * @throws StudioError `bad-request` if there is no such sample, or nothing that is not excluded already
   */
  exclude(request: ExclusionRequest): IntegritySummary {
    const { name } = request
    this.#current(name)
    const before = this.#excluded(name)
    const samples = new Set(this.#options.queries.sampleIds(name))
    const samplesWith = (verdict: Verdict) => this.#rows.samplesWith(name, verdict, request.acrossSplits)
    const chosen = excludedBy(request, samplesWith, samples, before)
    if ([...samples].every((id) => id in before || chosen.has(id)))
      throw new StudioError(
        'bad-request',
        `That would exclude all samples of the dataset ${name}.`,
        'Exclude fewer samples, or remove the dataset.',
      )
    writeExclusions(this.#options.store.folder(name), { ...before, ...Object.fromEntries(chosen) })
    return this.#changeExclusions(name)
  }

  /** Returns to the exclusions before the last change. @throws StudioError `bad-request` if nothing is excluded */
  undo(name: string): IntegritySummary {
    this.#options.get(name)
    if (!undoExclusions(this.#options.store.folder(name)))
      throw new StudioError('bad-request', `Nothing is excluded of the dataset ${name}.`, 'There is nothing to undo.')
    return this.#changeExclusions(name)
  }

  /** The lines of a CSV file with what is known of each sample and of the files outside of the dataset, in pieces. */
  report(name: string, signal?: AbortSignal): AsyncIteratorClass<string> {
    this.#current(name)
    return taskStream<string>(signal, (report, aborted) =>
      reportLines(
        {
          dataset: this.#options.store.whole(name),
          videoOf: (id) => this.#options.queries.video(name, id),
          findings: this.#rows,
          excluded: this.#excluded(name),
        },
        report,
        aborted,
      ),
    )
  }

  /** Brings what the tables say of a dataset up to date. @throws StudioError `not-found` */
  bringUpToDate(name: string): void {
    this.#current(name)
  }

  /** Takes what is known of the files of a new dataset or version into the tables. */
  take(name: string): void {
    this.#current(name)
    this.#changes.publish(name)
  }

  /** Ends the verification of a dataset that is removed or replaced. */
  async remove(name: string): Promise<void> {
    const running = this.#running.get(name)
    running?.abort.abort()
    await running?.ended
    this.#rows.remove(name)
    this.#problems.delete(name)
  }

  async #run(detail: DatasetDetail, running: Running, again: boolean): Promise<void> {
    const { name } = detail
    try {
      await verifyDataset(
        {
          detail,
          manifest: readDataset(this.#options.store.manifestFile(name)),
          known: new KnownFiles(this.#dataset(detail), this.#current(name).state),
        },
        {
          runTask: this.#options.runTask,
          again,
          report: (done, total, path) => {
            running.progress = { done, total, path }
            this.#changes.publish(name)
          },
          signal: running.abort.signal,
        },
      )
      rmSync(this.#marker(name), { force: true })
    } catch (cause) {
      if (!running.abort.signal.aborted) {
        const { message, hint } = toStudioError(cause)
        this.#problems.set(name, [message, hint].join(' '))
        rmSync(this.#marker(name), { force: true })
        this.#options.onProblem(cause)
      }
    } finally {
      this.#running.delete(name)
      this.#changes.publish(name)
    }
  }

  #summary(name: string): IntegritySummary {
    const { detail, state } = this.#current(name)
    const exclusions = this.#rows.exclusions(name)
    return {
      name,
      videos: detail.videoCount,
      checked: state.checked,
      running: this.#running.get(name)?.progress ?? null,
      problem: this.#problems.get(name) ?? null,
      isCompared: state.isCompared,
      counts: this.#rows.counts(name),
      exclusions: { ...exclusions, canUndo: exclusions.number > 0 },
    }
  }

  /**
   * A dataset and the state of its rows, which are brought up to date if its files are other ones.
   * @throws StudioError `not-found`
   */
  #current(name: string): { detail: DatasetDetail; state: IntegrityState } {
    const detail = this.#options.get(name)
    const dataset = this.#dataset(detail)
    if (this.#rows.state(name)?.stamp !== stampOfFindings(dataset)) indexFindings(dataset, this.#options.queries)
    const state = this.#rows.state(name)
    if (state === undefined) throw new Error(`The findings of the dataset ${name} are not in the database.`)
    if (this.#rows.exclusions(name).number !== (detail.exclusions?.number ?? 0))
      this.#rows.putExclusions(name, readExclusions(this.#options.store.folder(name)))
    return { detail, state }
  }

  #dataset({ name, digest }: DatasetDetail): KnownDataset {
    return { name, digest, file: new IntegrityFile(this.#options.store.folder(name)), rows: this.#rows }
  }

  #excluded(name: string): Readonly<Record<string, ExclusionReason>> {
    return readExclusions(this.#options.store.folder(name))?.samples ?? {}
  }

  #changeExclusions(name: string): IntegritySummary {
    this.#options.onExclusion(name)
    this.#changes.publish(name)
    return this.#summary(name)
  }

  #marker(name: string): string {
    return join(this.#options.store.folder(name), datasetFiles.verifying)
  }
}
