import { setImmediate } from 'node:timers/promises'
import type { AsyncIteratorClass } from '@orpc/server'
import type { CostEvent, ExperimentCostEvent, ExperimentEvent } from '#contract/api/contract.ts'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { LaunchedPipeline, PipelineRequest } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { type ExperimentPlan, planOf } from '#contract/experiment/cost.ts'
import { type ExperimentProblem, type ExperimentSummary, pipelinesToLaunch } from '#contract/experiment/progress.ts'
import type { ExperimentFile, ExperimentRequest } from '#contract/experiment/request.ts'
import type { ExperimentDetail } from '#contract/experiment/result.ts'
import { formatVersions } from '#contract/layout.ts'
import type { Stage } from '#contract/stages/index.ts'
import type { RunRow } from '../runs/row.ts'
import { Broadcast } from '../streams/broadcast.ts'
import { taskStream } from '../streams/stream.ts'
import { checkExperiment, type RequestChecks } from './check.ts'
import { measureExperiment, type MeasureStages } from './cost.ts'
import { outcomeNow, summaryNow } from './outcome.ts'
import { ExperimentProbing, type ProbingOptions } from './probing.ts'
import {
  datasetState,
  type ExperimentLookup,
  inputPipelines,
  isResumable,
  launchedPipelines,
  launchedRuns,
  runFinder,
} from './state.ts'
import { ExperimentStore } from './store.ts'
import { watchExperiments } from './watch.ts'

export interface ExperimentsOptions {
  /** The folder `experiments/` of the workspace. */
  readonly folder: string
  /** Of this studio. */
  readonly version: string
  /** False for a command that only looks: nothing is launched, resumed or probed. */
  readonly works: boolean
  readonly pipelines: RequestChecks & {
    cost(request: PipelineRequest, signal: AbortSignal, stages: readonly Stage[]): AsyncIteratorClass<CostEvent>
    launch(request: PipelineRequest): Promise<LaunchedPipeline>
  }
  readonly runs: {
    stop(id: string): Run
    resumePipeline(id: string): Run[]
  }
  readonly find: ExperimentLookup
  readonly probes: ProbingOptions['probes']
  readonly onProblem: (error: unknown) => void
}

/** Experiments of the workspace: launches their pipelines phase by phase, and computes their outcome. */
export class Experiments {
  readonly #options: ExperimentsOptions
  readonly #store: ExperimentStore
  readonly #probing: ExperimentProbing
  readonly #known = new Map<string, ExperimentFile>()
  /** What could not be started since the studio was opened, or since the last resume. */
  readonly #refusals = new Map<string, Extract<ExperimentProblem, { kind: 'not-started' }>[]>()
  /** Last known status of runs, to notice the end of one. */
  readonly #statuses = new Map<string, RunRow['status']>()
  readonly #changes = new Broadcast<string>()
  readonly #abort = new AbortController()
  /** Launches happen one after another. */
  #launching: Promise<void> = Promise.resolve()

  constructor(options: ExperimentsOptions) {
    this.#options = options
    this.#store = new ExperimentStore(options.folder)
    this.#probing = new ExperimentProbing({
      probes: options.probes,
      onChange: (id) => this.#changes.publish(id),
      onRefusal: (id, name, cause) => this.#refuse(id, name, cause),
    })
  }

  /** Reads all experiments and continues those that are not stopped: runs whose process was lost are queued again. */
  open(): void {
    const files = this.#store.list(this.#options.onProblem)
    for (const file of files) this.#known.set(file.id, file)
    if (!this.#options.works) return
    for (const file of files.filter(isOpen)) {
      this.#requeue(file, ({ status }) => status === 'interrupted')
      this.#continue(file.id)
    }
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#launching
    await this.#probing.stop()
  }

  /** Oldest first. */
  list(): ExperimentSummary[] {
    return [...this.#known.values()].map((file) => this.#summary(file))
  }

  /** @throws StudioError `not-found` */
  get(id: string): ExperimentDetail {
    const file = this.#require(id)
    const result = outcomeNow(file, this.#options.find, this.#probing.found(file))
    return { experiment: this.#summary(file), result }
  }

  /** @throws StudioError that names everything that cannot be launched */
  async plan(request: ExperimentRequest): Promise<ExperimentPlan> {
    return { ...planOf(request), warnings: await this.#check(request) }
  }

  /** Checks a request like `plan`, then measures three real steps of every stage on every label set. */
  cost(request: ExperimentRequest, signal?: AbortSignal): AsyncIteratorClass<ExperimentCostEvent> {
    return taskStream<ExperimentCostEvent>(signal, async (report, aborted) => {
      const warnings = await this.#check(request)
      const either = AbortSignal.any([aborted, this.#abort.signal])
      const measure: MeasureStages = ({ request: pipeline, stages }) =>
        this.#options.pipelines.cost(pipeline, either, stages)
      return measureExperiment(request, measure, warnings, report)
    })
  }

  /** Stores an experiment and launches its first phases. @throws StudioError like `plan`, before anything is launched */
  async launch(request: ExperimentRequest): Promise<ExperimentSummary> {
    await this.#check(request)
    const { digest, exclusions } = this.#dataset(request.dataset)
    const file: ExperimentFile = {
      version: formatVersions.experiment,
      id: request.name,
      createdAt: new Date().toISOString(),
      studioVersion: this.#options.version,
      datasetDigest: digest,
      ...(exclusions === undefined ? {} : { exclusions }),
      request,
      stoppedAt: null,
      finishedAt: null,
    }
    // Stored first: a studio that is killed while it launches continues from the file.
    this.#put(file)
    this.#continue(file.id)
    await this.#launching
    return this.#summary(file)
  }

  /** Stops all runs and probes of an experiment; nothing more is launched. @throws StudioError `not-found` */
  async stop(id: string): Promise<ExperimentSummary> {
    const file = this.#require(id)
    if (file.stoppedAt === null) this.#put({ ...file, stoppedAt: new Date().toISOString() })
    // A launch in progress ends first, so that its runs are stopped too.
    await this.#launching
    await this.#probing.stop(id)
    // Queued runs first, so that none starts when the running one ends.
    for (const status of ['queued', 'running'] as const)
      for (const row of launchedRuns(file.request, this.#options.find))
        if (row.status === status) this.#options.runs.stop(row.id)
    this.#changes.publish(id)
    return this.#summary(this.#require(id))
  }

  /** Queues unfinished runs again and launches what is missing. @throws StudioError `not-found`; `run-state` if all has finished */
  async resume(id: string): Promise<ExperimentSummary> {
    const file = this.#require(id)
    if (this.#summary(file).status === 'finished')
      throw new StudioError(
        'run-state',
        `The experiment ${id} has finished, so there is nothing to resume.`,
        '"experiment show" prints its result.',
      )
    const resumed = { ...file, stoppedAt: null, finishedAt: null }
    this.#refusals.delete(id)
    this.#put(resumed)
    this.#requeue(resumed, () => true)
    this.#continue(id)
    await this.#launching
    return this.#summary(resumed)
  }

  /** Forgets an experiment; its pipelines stay. @throws StudioError `not-found`; `run-state` while it has runs in the queue */
  async remove(id: string): Promise<void> {
    const file = this.#require(id)
    await this.#launching
    const rows = launchedRuns(file.request, this.#options.find)
    if (this.#probing.isRunning(id) || rows.some(({ status }) => status === 'queued' || status === 'running'))
      throw new StudioError(
        'run-state',
        `The experiment ${id} is computing or has runs in the queue.`,
        'Stop it first: experiment stop.',
      )
    this.#store.remove(id)
    this.#known.delete(id)
    this.#refusals.delete(id)
    this.#changes.publish(id)
  }

  watch(signal?: AbortSignal): AsyncIteratorClass<ExperimentEvent> {
    return watchExperiments(signal, this.#changes, {
      list: () => this.list(),
      find: (id) => {
        const file = this.#known.get(id)
        return file === undefined ? undefined : this.#summary(file)
      },
    })
  }

  /** A run changed: when it has ended, what depended on it is launched. */
  runChanged(id: string): void {
    const row = this.#options.find.run(id)
    const experiment = row === undefined ? undefined : this.#options.find.pipeline(row.pipeline_id)?.experiment
    if (row === undefined || experiment === undefined || !this.#known.has(experiment)) return
    this.#changes.publish(experiment)
    if (this.#statuses.get(id) === row.status) return
    this.#statuses.set(id, row.status)
    if (row.status !== 'queued' && row.status !== 'running') this.#continue(experiment)
  }

  #put(file: ExperimentFile): void {
    this.#store.write(file)
    this.#known.set(file.id, file)
    this.#changes.publish(file.id)
  }

  #require(id: string): ExperimentFile {
    const file = this.#known.get(id)
    if (file === undefined)
      throw new StudioError('not-found', `There is no experiment ${id}.`, '"experiment list" lists all experiments.')
    return file
  }

  #dataset(name: string): DatasetSummary {
    const dataset = this.#options.find.dataset(name)
    if (dataset === undefined)
      throw new StudioError('not-found', `There is no dataset ${name}.`, '"dataset list" lists all datasets.')
    return dataset
  }

  async #check(request: ExperimentRequest): Promise<string[]> {
    if (this.#known.has(request.name))
      throw new StudioError(
        'already-exists',
        `There is already an experiment called ${request.name}.`,
        'Choose another name, or resume that experiment.',
      )
    return checkExperiment(request, this.#dataset(request.dataset), this.#options.pipelines)
  }

  /** Launches what can be launched, after all launches that were begun before. */
  #continue(id: string): void {
    if (!this.#options.works) return
    this.#launching = this.#launching
      .then(() => this.#launchNext(id))
      .catch((cause: unknown) => this.#refuse(id, 'The next phase', cause))
  }

  #isActive(id: string): boolean {
    const file = this.#known.get(id)
    return file !== undefined && isOpen(file) && !this.#abort.signal.aborted
  }

  async #launchNext(id: string): Promise<void> {
    const file = this.#known.get(id)
    const { pipelines, find } = this.#options
    if (file === undefined || !this.#isActive(id) || datasetState(file, find) !== 'same') return
    const exists = (name: string): boolean => find.pipeline(name) !== undefined
    for (const request of pipelinesToLaunch(file.request, exists, runFinder(find))) {
      if (!this.#isActive(id)) return
      // One that was refused leaves those that take its models for a later call.
      if (inputPipelines(request).some((name) => !exists(name))) continue
      try {
        if (request.name !== undefined && pipelines.isTaken(request.name)) throw inTrash(request.name)
        await pipelines.launch(request)
      } catch (cause) {
        this.#refuse(id, `The pipeline ${request.name}`, cause)
      }
      // Other calls are answered between two launches.
      await setImmediate()
    }
    this.#changes.publish(id)
    if (this.#isActive(id)) this.#probe(this.#require(id))
  }

  /** When all runs have finished, probes the frozen features of every start, and closes the experiment after them. */
  #probe(file: ExperimentFile): void {
    const { phases, status } = this.#summary(file)
    if (status === 'finished') this.#put({ ...file, finishedAt: new Date().toISOString() })
    if (phases.some(({ phase, finished, total }) => phase !== 'probes' && finished < total)) return
    const refused = this.#refusals.get(file.id) ?? []
    const ended = this.#probing.start(file, (name) => refused.some((refusal) => refusal.name === name))
    // Another experiment may wait for its probes.
    void ended?.then(() => [...this.#known.keys()].forEach((id) => this.#continue(id)))
  }

  #refuse(id: string, name: string, cause: unknown): void {
    const { message, hint } = toStudioError(cause)
    const others = (this.#refusals.get(id) ?? []).filter((known) => known.name !== name)
    this.#refusals.set(id, [...others, { kind: 'not-started', name, message: `${message} ${hint}`.trim() }])
    this.#options.onProblem(cause)
    this.#changes.publish(id)
  }

  /** Queues the runs of an experiment again that ended without finishing. */
  #requeue({ id, request }: ExperimentFile, isWanted: (row: RunRow) => boolean): void {
    const { find, runs } = this.#options
    for (const pipeline of launchedPipelines(request, find)) {
      const rows = pipeline.runIds.flatMap((run) => find.run(run) ?? [])
      if (!rows.some((row) => isResumable(row) && isWanted(row))) continue
      try {
        runs.resumePipeline(pipeline.id)
      } catch (cause) {
        this.#refuse(id, `The pipeline ${pipeline.id}`, cause)
      }
    }
  }

  #summary(file: ExperimentFile): ExperimentSummary {
    return summaryNow(file, this.#options.find, {
      finishedProbes: this.#probing.found(file).length,
      isProbing: this.#probing.isRunning(file.id),
      refusals: this.#refusals.get(file.id) ?? [],
    })
  }
}

/** Whether an experiment launches what can be launched. */
const isOpen = ({ stoppedAt, finishedAt }: ExperimentFile): boolean => stoppedAt === null && finishedAt === null

const inTrash = (name: string): StudioError =>
  new StudioError(
    'already-exists',
    `The pipeline ${name} is in the trash.`,
    'Restore it, or purge it to train it again, then resume the experiment.',
  )
