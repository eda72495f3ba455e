import { join } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import type { FollowEvent, RunsEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import { divergenceReport, type DivergenceReport } from '#contract/domain/divergence.ts'
import { contentsOfSummary, type DatasetContents, type RunEnvironment } from '#contract/domain/environment.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import type { OrganizedKind } from '#contract/domain/organization.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import { type LogLine, type Run, runFile, type RunFile, type RunStatus } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import type { RunKey } from '#contract/query/run-key.ts'
import { readJsonIfPresent } from '#node/json-file.ts'
import type { StepTime } from '../metrics/times.ts'
import { Broadcast } from '../streams/broadcast.ts'
import { openStream } from '../streams/stream.ts'
import { followRuns } from './follow.ts'
import type { RunLedger } from './ledger.ts'
import { describeRun, inputIds, type RunRow, timeOf } from './row.ts'
import { type FoundRuns, RunSearch } from './search.ts'
import type { Supervisor } from './supervisor.ts'
import { lastLines } from './tail.ts'

/** Launched pipelines, as far as runs are described by them. */
export interface PipelineLookup {
  get(id: string): Pipeline | undefined
  /** Oldest first. */
  list(): Pipeline[]
}

export interface RunsOptions {
  readonly ledger: RunLedger
  readonly pipelines: PipelineLookup
  readonly supervisor: Supervisor
  /** A dataset as it is now; undefined if it was removed. */
  readonly dataset: (name: string) => DatasetSummary | undefined
}

interface Removal {
  runIds: string[]
  pipelineIds: string[]
}

const watchIntervalMs = 100
/** Of what a process printed. */
const shownOutputBytes = 2 ** 20

/** Runs as the window and the command line see them. */
export class Runs {
  readonly #options: RunsOptions
  readonly #launches = new Broadcast<string>()
  readonly #organizedPipelines = new Broadcast<string>()
  readonly #search: RunSearch
  readonly #removals = new Broadcast<Removal>()

  constructor(options: RunsOptions) {
    this.#options = options
    this.#search = new RunSearch(options.ledger.tables.database)
  }

  list(): Run[] {
    const { tables } = this.#options.ledger
    const rows = tables.runs.list()
    const statuses = new Map(rows.map((row) => [row.id, row.status]))
    const summaries = tables.metrics.allSummaries()
    const counts = tables.checkpoints.counts()
    return rows.map((row) =>
      describeRun(row, {
        summaries: summaries.get(row.key) ?? [],
        checkpointCount: counts.get(row.key) ?? 0,
        waitsFor: unfinished(row, (id) => statuses.get(id)),
        ...this.#liveFacts(row),
      }),
    )
  }

  /** The runs that match a filter, oldest first. */
  search(query: string): FoundRuns {
    return this.#search.find(query)
  }

  /** Every key by which runs can be searched. */
  keys(): RunKey[] {
    return this.#search.keys()
  }

  get(id: string): { run: Run; file: RunFile | null; pipeline: Pipeline } {
    const row = this.row(id)
    return {
      run: this.#describe(row),
      file: this.#file(row),
      pipeline: this.#pipeline(row.pipeline_id),
    }
  }

  stop(id: string): Run {
    this.#options.supervisor.requests.stop(this.row(id))
    return this.#describe(this.row(id))
  }

  /** Saves, ends the process, and frees its slot, to be continued later. @throws StudioError `run-state` if it does not compute */
  pause(id: string): Run {
    this.#options.supervisor.requests.pause(this.row(id))
    return this.#describe(this.row(id))
  }

  /** Saves after the next step and goes on. @throws StudioError `run-state` if it does not compute, or is a test */
  save(id: string): Run {
    this.#options.supervisor.requests.save(this.row(id))
    return this.#describe(this.row(id))
  }

  /** Ends the process at once. What it computed after its last checkpoint is lost. @throws StudioError `run-state` if it has none */
  end(id: string): Run {
    this.#options.supervisor.requests.end(this.row(id))
    return this.#describe(this.row(id))
  }

  resume(id: string): Run {
    this.#options.supervisor.queue.resume(this.row(id))
    return this.#describe(this.row(id))
  }

  /**
   * Removes the queued runs of a pipeline from the queue and pauses those that compute.
   * @returns the runs that this concerned
   * @throws StudioError `not-found`, or `run-state` if none waits or computes
   */
  cancelPipeline(id: string): Run[] {
    const { supervisor } = this.#options
    const rows = this.#rowsOf(id)
    const queued = rows.filter(({ status }) => status === 'queued')
    const computing = rows.filter(
      (row) => row.status === 'running' && (row.is_stopping === 0 || row.asked === 'requeue'),
    )
    if (queued.length + computing.length === 0)
      throw new StudioError(
        'run-state',
        `No run of the pipeline ${id} waits or computes, so there is nothing to cancel.`,
        'The run list shows their states.',
      )
    // Queued runs first, so that none starts when the running one ends.
    for (const row of queued) supervisor.requests.stop(row)
    for (const row of computing) supervisor.requests.pause(row)
    return [...queued, ...computing].map((row) => this.#describe(this.row(row.id)))
  }

  /** Undoes `cancelPipeline` for the runs that it returned. @throws StudioError `not-found` */
  restore(ids: readonly string[]): Run[] {
    for (const id of ids) this.keyOf(id)
    this.#options.supervisor.queue.restore(ids)
    return ids.map((id) => this.#describe(this.row(id)))
  }

  /** Resumes what is left of a pipeline. Returns all of its runs. */
  resumePipeline(id: string): Run[] {
    const found = this.#rowsOf(id)
    if (found.every(({ status }) => status === 'finished'))
      throw new StudioError(
        'run-state',
        `All runs of the pipeline ${id} have finished, so there is nothing to resume.`,
        'Launch a new pipeline to train further.',
      )
    this.#options.supervisor.queue.resumeAll(found)
    return this.#rowsOf(id).map((row) => this.#describe(row))
  }

  /** Rows of the runs of a pipeline; throws `not-found`. */
  #rowsOf(pipelineId: string): RunRow[] {
    const rows = this.#options.ledger.tables.runs.ofPipeline(pipelineId)
    if (rows.length === 0)
      throw new StudioError(
        'not-found',
        `There is no pipeline ${pipelineId}.`,
        'The run list shows the runs of all pipelines.',
      )
    return rows
  }

  log(id: string, limit: number): LogLine[] {
    return this.#options.ledger.tables.runs.log(this.keyOf(id), limit)
  }

  /** The last lines that the process of a run printed. */
  output(id: string, limit: number): string[] {
    return lastLines(join(this.folder(id), runFiles.output), limit, shownOutputBytes)
  }

  media(id: string): MediaItem[] {
    return this.#options.ledger.tables.runs.media(this.keyOf(id))
  }

  /** What is known of the step at which a run diverged. @throws StudioError `bad-request` if its report is damaged */
  divergence(id: string): DivergenceReport | null {
    return readJsonIfPresent(join(this.folder(id), runFiles.divergence), divergenceReport) ?? null
  }

  /** Where some runs computed, and from which code and data. What is not recorded is null. */
  environments(ids: readonly string[]): RunEnvironment[] {
    return ids.map((id) => {
      const row = this.row(id)
      const file = this.#file(row)
      return {
        id,
        code: file?.code ?? null,
        dataset: file === null ? null : { digest: file.dataset.digest, contents: this.#contents(file) },
        attempts: this.#options.ledger.tables.runs.attempts(row.key),
      }
    })
  }

  /** Contents as recorded at the launch, or those of the dataset if it has not changed since. */
  #contents({ dataset: { name, digest, labels, contents } }: RunFile): DatasetContents | null {
    if (contents !== undefined) return contents
    const now = this.#options.dataset(name)
    return now === undefined || now.digest !== digest ? null : contentsOfSummary(now, labels)
  }

  #file({ id, status }: RunRow): RunFile | null {
    return status === 'missing' ? null : (readJsonIfPresent(join(this.folder(id), runFiles.run), runFile) ?? null)
  }

  /** The folder of a run; throws `not-found`. */
  folder(id: string): string {
    return this.#options.ledger.folder(this.row(id).id)
  }

  /** Database key of a run; throws `not-found`. */
  keyOf(id: string): number {
    const key = this.#options.ledger.tables.runs.keyOf(id)
    if (key === undefined) throw unknownRun(id)
    return key
  }

  /** Time of the last step of a run that is in an attempt. @throws `not-found` */
  latestTime(id: string): StepTime | undefined {
    const row = this.row(id)
    return row.step_at === null ? undefined : timeOf(row, row.step, row.step_at)
  }

  /** A pipeline and its runs are in the database: notifies subscribers and starts what can start. */
  launched(pipelineId: string): void {
    this.#launches.publish(pipelineId)
    this.#options.supervisor.schedule()
  }

  /** Runs and pipelines are no longer in the workspace: notifies subscribers. */
  removed(removal: Removal): void {
    this.#removals.publish(removal)
  }

  /** Runs and pipelines have other names, tags or notes: notifies subscribers. */
  organized(items: readonly { kind: OrganizedKind; id: string }[]): void {
    for (const { kind, id } of items)
      if (kind === 'run') this.#options.supervisor.changes.publish(id)
      else this.#organizedPipelines.publish(id)
  }

  watch(signal?: AbortSignal): AsyncIteratorClass<RunsEvent> {
    return openStream<RunsEvent>(signal, watchIntervalMs, (control) => {
      let isFirst = true
      const launched = new Set<string>()
      const changed = new Set<string>()
      let removals: Removal[] = []
      const organized = new Set<string>()
      const note = (set: Set<string>) => (id: string) => {
        set.add(id)
        control.wake()
      }
      const undo = [
        this.#launches.subscribe(note(launched)),
        this.#removals.subscribe((removal) => {
          removals.push(removal)
          control.wake()
        }),
        this.#organizedPipelines.subscribe(note(organized)),
        this.#options.supervisor.changes.subscribe(note(changed)),
      ]
      control.wake()
      // What changed may have been moved to the trash since.
      const known = (ids: Set<string>) => [...ids].filter((id) => this.#options.pipelines.get(id) !== undefined)
      const take = (): RunsEvent[] => {
        const events = isFirst
          ? [this.#snapshot()]
          : [
              ...removals.map((removal): RunsEvent => ({ type: 'removed', ...removal })),
              ...known(launched).map((id) => this.#launchEvent(id)),
              ...known(organized).map((id): RunsEvent => ({ type: 'pipeline-changed', pipeline: this.#pipeline(id) })),
              ...[...changed].flatMap((id): RunsEvent[] => {
                const row = this.#options.ledger.tables.runs.get(id)
                return row === undefined ? [] : [{ type: 'changed', run: this.#describe(row) }]
              }),
            ]
        isFirst = false
        removals = []
        launched.clear()
        changed.clear()
        organized.clear()
        return events
      }
      return { take, close: () => undo.forEach((dispose) => dispose()) }
    })
  }

  follow(ids: readonly string[], signal?: AbortSignal): AsyncIteratorClass<FollowEvent> {
    for (const id of ids) this.row(id)
    return followRuns(this.#options.supervisor.deltas, ids, signal)
  }

  #snapshot(): RunsEvent {
    return { type: 'snapshot', runs: this.list(), pipelines: this.#options.pipelines.list() }
  }

  #launchEvent(id: string): RunsEvent {
    return {
      type: 'launched',
      pipeline: this.#pipeline(id),
      runs: this.#options.ledger.tables.runs.ofPipeline(id).map((row) => this.#describe(row)),
    }
  }

  #pipeline(id: string): Pipeline {
    const pipeline = this.#options.pipelines.get(id)
    if (pipeline === undefined) throw new Error(`The pipeline ${id} is not in the database.`)
    return pipeline
  }

  #describe(row: RunRow): Run {
    const { tables } = this.#options.ledger
    return describeRun(row, {
      summaries: tables.metrics.summaries(row.key),
      checkpointCount: tables.checkpoints.count(row.key),
      waitsFor: unfinished(row, (id) => tables.runs.statusOf(id)),
      ...this.#liveFacts(row),
    })
  }

  /** What the supervisor knows of a run, and what its process has not saved. */
  #liveFacts({ id, key, status }: RunRow) {
    const { supervisor, ledger } = this.#options
    const progress = supervisor.progressOf(id)
    const { checkpoints, metrics } = ledger.tables
    const savedStep = status === 'running' ? checkpoints.newestStep(key) : undefined
    return {
      saved:
        savedStep === undefined
          ? undefined
          : { step: savedStep, computeMs: metrics.times.upTo(key, savedStep)?.computeMs ?? 0 },
      processWaits: progress?.stalledMs === undefined ? undefined : progress.waitsFor,
      waitsForCards: supervisor.cardWaits.reasonOf(id),
      sinceEventMs: progress?.sinceEventMs ?? 0,
      stalledMs: progress?.stalledMs,
    }
  }

  /** Row of a run; throws `not-found`. */
  row(id: string): RunRow {
    const row = this.#options.ledger.tables.runs.get(id)
    if (row === undefined) throw unknownRun(id)
    return row
  }
}

const unknownRun = (id: string): StudioError =>
  new StudioError('not-found', `There is no run ${id}.`, 'Run ids look like <pipeline>.<stage>; `run list` shows them.')

function unfinished(row: RunRow, statusOf: (id: string) => RunStatus | undefined): string[] {
  return inputIds(row).filter((id) => statusOf(id) !== 'finished')
}
