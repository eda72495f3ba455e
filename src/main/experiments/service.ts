import { setImmediate } from 'node:timers/promises'
import type { AsyncIteratorClass } from '@orpc/server'
import type { CostEvent, ExperimentCostEvent, ExperimentEvent, ProbeEvent } from '#contract/api/contract.ts'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import { slug, type DatasetSummary } from '#contract/domain/dataset.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { type LaunchedPipeline, type Pipeline, type PipelineRequest, runId } from '#contract/domain/pipeline.ts'
import type { ProbeRecord, ProbeRequest } from '#contract/domain/probe.ts'
import type { Run } from '#contract/domain/run.ts'
import {
  costMeasurements,
  type ExperimentPlan,
  type ExperimentStageCost,
  phaseCosts,
  planOf,
} from '#contract/experiment/cost.ts'
import { outcomeOf } from '#contract/experiment/outcome.ts'
import { experimentPipelines, type ExperimentProbe, probesOf } from '#contract/experiment/plan.ts'
import { chainsToCheck, requestProblems } from '#contract/experiment/problems.ts'
import {
  type ExperimentProblem,
  type ExperimentRun,
  type ExperimentSummary,
  type FindRun,
  pipelinesToLaunch,
  progressOf,
} from '#contract/experiment/progress.ts'
import type { ExperimentFile, ExperimentRequest } from '#contract/experiment/request.ts'
import type { ExperimentDetail } from '#contract/experiment/result.ts'
import { formatVersions } from '#contract/layout.ts'
import type { Stage } from '#contract/stages/index.ts'
import { durationOf, inputIds, type RunRow } from '../runs/row.ts'
import { Broadcast } from '../streams/broadcast.ts'
import { openStream, taskStream } from '../streams/stream.ts'
import { ExperimentStore } from './store.ts'
import { validationOf } from './validation.ts'

export interface ExperimentsOptions {
  /** The folder `experiments/` of the workspace. */
  readonly folder: string
  /** Of this studio. */
  readonly version: string
  /** False for a command that only looks: nothing is launched, resumed or probed. */
  readonly works: boolean
  readonly pipelines: {
    check(request: PipelineRequest): Promise<{ warnings: string[] }>
    cost(request: PipelineRequest, signal: AbortSignal, stages: readonly Stage[]): AsyncIteratorClass<CostEvent>
    launch(request: PipelineRequest): Promise<LaunchedPipeline>
    /** Whether the name of a pipeline is in use, also by one in the trash. */
    isTaken(id: string): boolean
  }
  readonly runs: {
    stop(id: string): Run
    resumePipeline(id: string): Run[]
  }
  /** As in the database; undefined for what is not there. */
  readonly find: {
    pipeline(id: string): Pipeline | undefined
    run(id: string): RunRow | undefined
    /** Of the checkpoint that a run stands for. */
    card(runId: string): CheckpointCard | undefined
    dataset(name: string): DatasetSummary | undefined
  }
  readonly probes: {
    list(): ProbeRecord[]
    run(request: ProbeRequest, signal?: AbortSignal): AsyncIteratorClass<ProbeEvent>
  }
  readonly onProblem: (error: unknown) => void
}

const watchIntervalMs = 300

/** Experiments of the workspace: launches their pipelines phase by phase, and computes their outcome. */
export class Experiments {
  readonly #options: ExperimentsOptions
  readonly #store: ExperimentStore
  readonly #known = new Map<string, ExperimentFile>()
  /** What could not be started since the studio was opened, or since the last resume. */
  readonly #notStarted = new Map<string, ExperimentProblem[]>()
  /** Last known status of runs, to notice the end of one. */
  readonly #statuses = new Map<string, RunRow['status']>()
  readonly #changes = new Broadcast<string>()
  readonly #abort = new AbortController()
  /** Launches happen one after another. */
  #launching: Promise<void> = Promise.resolve()
  #probing: { readonly id: string; readonly abort: AbortController; readonly done: Promise<void> } | undefined

  constructor(options: ExperimentsOptions) {
    this.#options = options
    this.#store = new ExperimentStore(options.folder)
  }

  /** Reads all experiments and continues those that are not stopped: runs whose process was lost are queued again. */
  open(): void {
    for (const file of this.#store.list(this.#options.onProblem)) {
      this.#known.set(file.id, file)
      if (!this.#options.works || file.stoppedAt !== null) continue
      this.#requeue(file, ({ status }) => status === 'interrupted')
      this.#continue(file.id)
    }
  }

  async close(): Promise<void> {
    this.#abort.abort()
    this.#probing?.abort.abort()
    await this.#launching
    await this.#probing?.done
  }

  /** Oldest first. */
  list(): ExperimentSummary[] {
    return [...this.#known.values()].map((file) => this.#summary(file))
  }

  /** @throws StudioError `not-found` */
  get(id: string): ExperimentDetail {
    const file = this.#require(id)
    const { request } = file
    const pipelines = this.#launched(request)
    const rows = pipelines.flatMap(({ runIds }) => runIds.flatMap((runIdOf) => this.#options.find.run(runIdOf) ?? []))
    const dataset = this.#options.find.dataset(request.dataset)
    const result = outcomeOf(request, {
      find: this.#finder(),
      test: (testId) => {
        const row = this.#options.find.run(testId)
        return row?.status === 'finished' ? row.result : null
      },
      labelSet: (name) => {
        const classes = dataset?.labelSets.find((labelSet) => labelSet.name === name)?.classes
        const balance = dataset?.balance.filter(({ labelSet, label }) => labelSet === name && label !== null) ?? []
        return classes === undefined ? undefined : { classes, trainingVideos: balance.map(({ train }) => train) }
      },
      probes: this.#probed(file),
      pipelines,
      engines: rows.flatMap(({ engine }) => engine ?? []),
      dataset: { name: request.dataset, digest: file.datasetDigest, state: this.#datasetState(file) },
    })
    return { experiment: this.#summary(file), result }
  }

  /** @throws StudioError that names everything that cannot be launched */
  async plan(request: ExperimentRequest): Promise<ExperimentPlan> {
    return { ...planOf(request), warnings: await this.#check(request) }
  }

  /** Checks a request like `plan`, then measures three real steps of every stage on every label set. */
  cost(request: ExperimentRequest, signal?: AbortSignal): AsyncIteratorClass<ExperimentCostEvent> {
    return taskStream<ExperimentCostEvent>(signal, async (report, aborted) => {
      const warnings = new Set(await this.#check(request))
      const stages: ExperimentStageCost[] = []
      const either = AbortSignal.any([aborted, this.#abort.signal])
      for (const measurement of costMeasurements(request)) {
        const { labels, start } = measurement
        for await (const event of this.#options.pipelines.cost(measurement.request, either, measurement.stages)) {
          if (event.type === 'done') {
            for (const warning of event.warnings) warnings.add(warning)
            continue
          }
          const cost = { ...event.cost, labels, start }
          stages.push(cost)
          report({ type: 'progress', cost })
        }
      }
      const phases = phaseCosts(request, stages)
      const durationMs = phases.reduce((sum, phase) => sum + phase.durationMs, 0)
      return { type: 'done', stages, phases, durationMs, warnings: [...warnings] }
    })
  }

  /** Stores an experiment and launches its first phases. @throws StudioError like `plan`, before anything is launched */
  async launch(request: ExperimentRequest): Promise<ExperimentSummary> {
    await this.#check(request)
    const dataset = this.#options.find.dataset(request.dataset)
    if (dataset === undefined) throw unknownDataset(request.dataset)
    const file: ExperimentFile = {
      version: formatVersions.experiment,
      id: request.name,
      createdAt: new Date().toISOString(),
      studioVersion: this.#options.version,
      datasetDigest: dataset.digest,
      request,
      stoppedAt: null,
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
    if (this.#probing?.id === id) this.#probing.abort.abort()
    // A launch in progress ends first, so that its runs are stopped too.
    await this.#launching
    const rows = this.#rows(file.request)
    for (const status of ['queued', 'running'] as const)
      for (const row of rows.filter((candidate) => candidate.status === status)) this.#options.runs.stop(row.id)
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
    const resumed = { ...file, stoppedAt: null }
    this.#notStarted.delete(id)
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
    const active = this.#rows(file.request).filter(({ status }) => status === 'queued' || status === 'running')
    if (active.length > 0 || this.#probing?.id === id)
      throw new StudioError(
        'run-state',
        `The experiment ${id} is computing or has runs in the queue.`,
        'Stop it first: experiment stop.',
      )
    this.#store.remove(id)
    this.#known.delete(id)
    this.#notStarted.delete(id)
    this.#changes.publish(id)
  }

  watch(signal?: AbortSignal): AsyncIteratorClass<ExperimentEvent> {
    return openStream<ExperimentEvent>(signal, watchIntervalMs, (control) => {
      let isFirst = true
      const changed = new Set<string>()
      const undo = this.#changes.subscribe((id) => {
        changed.add(id)
        control.wake()
      })
      control.wake()
      const take = (): ExperimentEvent[] => {
        const ids = [...changed]
        changed.clear()
        if (isFirst) {
          isFirst = false
          return [{ type: 'snapshot', experiments: this.list() }]
        }
        return ids.map((id): ExperimentEvent => {
          const file = this.#known.get(id)
          return file === undefined ? { type: 'removed', id } : { type: 'changed', experiment: this.#summary(file) }
        })
      }
      return { take, close: undo }
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

  /** Launches what can be launched, after all launches that were begun before. */
  #continue(id: string): void {
    if (!this.#options.works || this.#abort.signal.aborted) return
    this.#launching = this.#launching.then(() => this.#launchNext(id)).catch(this.#options.onProblem)
  }

  async #launchNext(id: string): Promise<void> {
    const isActive = () => this.#known.get(id)?.stoppedAt === null && !this.#abort.signal.aborted
    const file = this.#known.get(id)
    if (file === undefined || !isActive() || this.#datasetState(file) !== 'same') return
    const { pipelines, find } = this.#options
    const requests = pipelinesToLaunch(file.request, (name) => find.pipeline(name) !== undefined, this.#finder())
    for (const request of requests) {
      if (!isActive()) return
      try {
        await pipelines.launch(request)
      } catch (cause) {
        // Later pipelines take the models of this one.
        this.#refuse(id, request.name ?? id, cause)
        break
      }
      // Other calls are answered between two launches.
      await setImmediate()
    }
    this.#changes.publish(id)
    this.#startProbes(file)
  }

  #refuse(id: string, name: string, cause: unknown): void {
    const { message, hint } = toStudioError(cause)
    const problem: ExperimentProblem = { kind: 'not-started', name, message: `${message} ${hint}`.trim() }
    const others = (this.#notStarted.get(id) ?? []).filter((known) => !('name' in known) || known.name !== name)
    this.#notStarted.set(id, [...others, problem])
    this.#options.onProblem(cause)
    this.#changes.publish(id)
  }

  /** Probes the frozen features of every start, when all runs have finished. */
  #startProbes(file: ExperimentFile): void {
    if (this.#probing !== undefined) return
    const { phases } = this.#summary(file)
    const areRunsDone = phases.every(({ phase, finished, total }) => phase === 'probes' || finished === total)
    const done = this.#probed(file).map(({ probe }) => keyOf(probe))
    const missing = probesOf(file.request).filter((probe) => !done.includes(keyOf(probe)))
    if (!areRunsDone || missing.length === 0) return
    const abort = new AbortController()
    const running = this.#probe(file, missing, abort.signal).finally(() => {
      this.#probing = undefined
      this.#changes.publish(file.id)
      // Another experiment may have waited.
      for (const other of this.#known.keys()) if (other !== file.id) this.#continue(other)
    })
    this.#probing = { id: file.id, abort, done: running }
    this.#changes.publish(file.id)
  }

  async #probe(
    { id, request }: ExperimentFile,
    missing: readonly ExperimentProbe[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const { runId: model, labels, start, seed } of missing) {
      if (signal.aborted) return
      try {
        const { dataset } = request
        const events = this.#options.probes.run({ model, dataset, labels, method: 'both', neighbours: 20 }, signal)
        for await (const event of events) if (event.type === 'done') this.#changes.publish(id)
      } catch (cause) {
        if (signal.aborted) return
        this.#refuse(id, `probe of ${start}, seed ${seed}, on ${labels}`, cause)
      }
    }
  }

  /** The newest probe of each start, seed and label set on the dataset of the launch. */
  #probed({ request, datasetDigest }: ExperimentFile): { probe: ExperimentProbe; record: ProbeRecord }[] {
    const wanted = probesOf(request)
    if (wanted.length === 0) return []
    const records = this.#options.probes.list()
    return wanted.flatMap((probe) => {
      const record = records.find(({ model, dataset }) => {
        const parsed = parseRef(model)
        return (
          parsed.kind === 'checkpoint' &&
          parsed.runId === probe.runId &&
          dataset.name === request.dataset &&
          dataset.labels === probe.labels &&
          dataset.digest === datasetDigest
        )
      })
      return record === undefined ? [] : [{ probe, record }]
    })
  }

  #summary(file: ExperimentFile): ExperimentSummary {
    const { request } = file
    const state = this.#datasetState(file)
    const problems: ExperimentProblem[] = [
      ...(state === 'same'
        ? []
        : [{ kind: 'dataset-changed' as const, dataset: request.dataset, isRemoved: state === 'removed' }]),
      ...(this.#notStarted.get(file.id) ?? []),
    ]
    const progress = progressOf(file, {
      find: this.#finder(),
      probes: {
        total: probesOf(request).length,
        finished: this.#probed(file).length,
        isRunning: this.#probing?.id === file.id,
      },
      problems,
    })
    return {
      ...file,
      ...progress,
      pipelineIds: this.#launched(request).map(({ id }) => id),
      durationMs: this.#rows(request).reduce((sum, row) => sum + durationOf(row), 0),
    }
  }

  #datasetState({ request, datasetDigest }: ExperimentFile): 'same' | 'changed' | 'removed' {
    const dataset = this.#options.find.dataset(request.dataset)
    if (dataset === undefined) return 'removed'
    return dataset.digest === datasetDigest ? 'same' : 'changed'
  }

  /** Queues the runs of an experiment again that ended without finishing. Diverged ones would end in the same way. */
  #requeue({ id, request }: ExperimentFile, isWanted: (row: RunRow) => boolean): void {
    const isLeft = (row: RunRow) =>
      !['finished', 'queued', 'running', 'imported'].includes(row.status) &&
      !(row.status === 'failed' && row.end_error?.code === 'diverged')
    for (const pipeline of this.#launched(request)) {
      const rows = pipeline.runIds.flatMap((run) => this.#options.find.run(run) ?? [])
      if (!rows.some((row) => isLeft(row) && isWanted(row))) continue
      try {
        this.#options.runs.resumePipeline(pipeline.id)
      } catch (cause) {
        this.#refuse(id, pipeline.id, cause)
      }
    }
  }

  #launched(request: ExperimentRequest): Pipeline[] {
    return experimentPipelines(request, () => undefined).flatMap(({ name }) => this.#options.find.pipeline(name) ?? [])
  }

  #rows(request: ExperimentRequest): RunRow[] {
    return experimentPipelines(request, () => undefined).flatMap(({ name, stages }) =>
      stages.flatMap((stage) => this.#options.find.run(runId(name, stage)) ?? []),
    )
  }

  /** Looks each run up once. */
  #finder(): FindRun {
    const { find } = this.#options
    const known = new Map<string, ExperimentRun | undefined>()
    return (id) => {
      if (!known.has(id)) {
        const row = find.run(id)
        known.set(
          id,
          row === undefined
            ? undefined
            : {
                status: row.status,
                error: row.status === 'failed' ? row.end_error : row.interruption,
                waitsFor:
                  row.status === 'queued'
                    ? inputIds(row).filter((input) => find.run(input)?.status !== 'finished')
                    : [],
                validation: row.status === 'finished' ? validationOf(find.card(id)) : null,
              },
        )
      }
      return known.get(id)
    }
  }

  /** Warnings of a request. @throws StudioError that names everything that cannot be launched */
  async #check(request: ExperimentRequest): Promise<string[]> {
    const { find, pipelines } = this.#options
    if (this.#known.has(request.name))
      throw new StudioError(
        'already-exists',
        `There is already an experiment called ${request.name}.`,
        'Choose another name, or resume that experiment.',
      )
    const dataset = find.dataset(request.dataset)
    if (dataset === undefined) throw unknownDataset(request.dataset)
    const found: string[] = requestProblems(request, dataset.balance).map(
      ({ field, message }) => `${field}: ${message}`,
    )
    const taken = experimentPipelines(request, () => undefined).filter(({ name }) => pipelines.isTaken(name))
    const [first] = taken
    if (first !== undefined)
      found.push(
        `name: There is already a pipeline called ${first.name}, in the workspace or in its trash. Choose another name for the experiment.`,
      )
    if (found.length > 0) throw refused(found)
    const warnings = new Set<string>()
    const refusals = new Set<string>()
    for (const chain of chainsToCheck(request)) {
      // A check reads all samples of the dataset: other calls are answered between two of them.
      await setImmediate()
      try {
        for (const warning of (await pipelines.check(chain.request)).warnings) warnings.add(warning)
      } catch (cause) {
        if (!(cause instanceof StudioError)) throw cause
        refusals.add(`${cause.message} ${cause.hint}`.trim())
      }
    }
    if (refusals.size > 0) throw refused([...refusals])
    return [...warnings]
  }
}

const namedProblems = 8

function refused(problems: readonly string[]): StudioError {
  const hidden = problems.length - namedProblems
  return new StudioError(
    'configuration-invalid',
    [...problems.slice(0, namedProblems), ...(hidden > 0 ? [`And ${hidden} more.`] : [])].join(' '),
    'Nothing was launched. Correct these and try again.',
  )
}

const unknownDataset = (name: string): StudioError =>
  slug.safeParse(name).success
    ? new StudioError('not-found', `There is no dataset ${name}.`, '"dataset list" lists all datasets.')
    : new StudioError('bad-request', `${name} is not the name of a dataset.`, '"dataset list" lists all datasets.')

const keyOf = ({ start, seed, labels }: ExperimentProbe): string => `${start} ${seed} ${labels}`
