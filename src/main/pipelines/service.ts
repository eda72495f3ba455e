import { relative, sep } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import type { CostEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { TaskInput } from '#contract/api/tasks.ts'
import { memorySettings, waysToSaveMemory } from '#contract/configuration/memory.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { CardReport } from '#contract/domain/card.ts'
import type { DatasetStatistics } from '#contract/domain/dataset-statistics.ts'
import { contentsOf, type LaunchCode } from '#contract/domain/environment.ts'
import { repeatWarnings } from '#contract/domain/import-report.ts'
import type { MemoryEstimate } from '#contract/domain/memory.ts'
import { unorganized } from '#contract/domain/organization.ts'
import type {
  LaunchedPipeline,
  LaunchedPipelineFile,
  PipelineRequest,
  Preset,
  StageCost,
} from '#contract/domain/pipeline.ts'
import type { Resources } from '#contract/domain/resources.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { requirePortableName } from '#contract/portable-name.ts'
import type { Stage } from '#contract/stages/index.ts'
import type { SweepPlan, SweepRequest } from '#contract/sweep/request.ts'
import type { SweepPipeline } from '#contract/sweep/share.ts'
import { cacheBudget } from '#node/cache-room.ts'
import { freeBytes } from '#node/disk-space.ts'
import { queryVisibleCards } from '#node/visible-cards.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { Datasets } from '../datasets/service.ts'
import { explainCrash } from '../executors/memory-exhaustion.ts'
import type { RunTask } from '../executors/task.ts'
import { splitSetOf } from '../models/resolve.ts'
import { taskStream } from '../streams/stream.ts'
import { type ChosenModels, type ModelSources, resolveChosen } from './chosen.ts'
import { type Continued, resolveContinuation } from './continuation.ts'
import { requireSpace } from './disk.ts'
import { checkChosen, descriptionsOf, withStartSizes } from './fit.ts'
import { addPipeline, indexPipelines, type PipelineTables } from './indexing.ts'
import { compareWithMachine, MemoryEstimates, roomiestCard } from './memory.ts'
import { defaultPipelineId, orderStages, planRuns } from './plan.ts'
import { readPresets, requirePreset } from './presets.ts'
import { againOf, differencesSince } from './relaunch.ts'
import { requireCards } from './required-cards.ts'
import { checkRequirements } from './requirements.ts'
import { SeenClips } from './seen-clips.ts'
import { PipelineStore } from './store.ts'
import { launchAll, planSweep } from './sweep.ts'

export interface PipelinesOptions {
  readonly workspace: WorkspacePaths
  readonly tables: PipelineTables
  readonly runTask: RunTask
  /** The machine where runs compute. */
  readonly machine: () => Resources
  /** Its NVIDIA cards that runs see. */
  readonly cards: () => Promise<CardReport>
  /** Folder of the presets. */
  readonly presets: string
  /** Of this studio. */
  readonly version: string
  /** The code of this studio. */
  readonly code: () => Promise<LaunchCode>
  readonly datasets: Pick<Datasets, 'get' | 'statistics' | 'manifestFile'>
  /** Rejects with `dataset-changed` if videos of a dataset are not as imported. */
  readonly requireUnchanged: (dataset: string) => Promise<void>
  /** Looks up the models that a pipeline may take. */
  readonly models: Omit<ModelSources, 'dataset'>
  readonly isBusy: () => boolean
  /** A pipeline was launched; its runs are in the queue. */
  readonly onLaunch: (pipelineId: string) => void
  readonly onProblem: (error: unknown) => void
}

interface Prepared {
  configuration: PipelineConfiguration
  chosen: ChosenModels
  dataset: DatasetStatistics
  manifestFile: string
  labels: string | null
  /** The checkpoint from which its first run continues. */
  continued: Continued | undefined
  warnings: string[]
}

/** From a request to a chain of queued runs. */
export class Pipelines {
  readonly #options: PipelinesOptions
  readonly #store: PipelineStore
  readonly #abort = new AbortController()
  readonly #memory: MemoryEstimates
  /** What training takes of samples. */
  readonly seenClips: SeenClips

  constructor(options: PipelinesOptions) {
    this.#options = options
    this.#store = new PipelineStore(options.workspace)
    this.#memory = new MemoryEstimates(options.runTask)
    this.seenClips = new SeenClips({ ...options, presets: () => this.presets() })
  }

  /** Indexes the pipelines that are in the folder but not in the database. */
  open(): void {
    indexPipelines(this.#store, this.#options.tables, this.#options.onProblem)
  }

  close(): void {
    this.#abort.abort()
  }

  presets(): Preset[] {
    return readPresets(this.#options.presets)
  }

  /** Checks a request like `launch`, without launching. */
  async check(request: PipelineRequest): Promise<{ warnings: string[] }> {
    await requireCards(request.configuration.general.cards, this.#options.cards)
    const { warnings } = this.#prepare(request)
    await this.#options.requireUnchanged(request.dataset)
    return { warnings }
  }

  /** @throws StudioError that names every pipeline which cannot be launched */
  async checkSweep(sweep: SweepRequest): Promise<SweepPlan> {
    return (await this.#planSweep(sweep)).plan
  }

  /** Launches the pipelines of a sweep in order. @throws StudioError like `checkSweep`, before anything is launched */
  async sweep(sweep: SweepRequest): Promise<LaunchedPipeline[]> {
    const { pipelines } = await this.#planSweep(sweep)
    return launchAll(pipelines, (request) => this.launch(request))
  }

  async #planSweep(sweep: SweepRequest): Promise<{ pipelines: SweepPipeline[]; plan: SweepPlan }> {
    await this.#options.requireUnchanged(sweep.base.dataset)
    return planSweep(sweep, {
      check: async (request) => {
        await requireCards(request.configuration.general.cards, this.#options.cards)
        return this.#prepare(request).warnings
      },
      isTaken: (id) => this.#store.has(id),
    })
  }

  /** Whether the name of a pipeline is in use, also by one in the trash. */
  isTaken(id: string): boolean {
    return this.#store.has(id)
  }

  /** The request that launches a pipeline again, by its id or that of one of its runs. @throws StudioError `not-found` */
  requestOf(id: string): { request: PipelineRequest; differences: string[] } {
    const tables = this.#options.tables.pipelines
    const found = tables.get(id) ?? tables.get(id.slice(0, Math.max(0, id.lastIndexOf('.'))))
    if (found === undefined || (found.id !== id && !found.runIds.includes(id)))
      throw new StudioError('not-found', `There is no run or pipeline called ${id}.`, '"run list" lists all runs.')
    return {
      request: againOf(found, id),
      differences: differencesSince(found, {
        version: this.#options.version,
        dataset: () => this.#options.datasets.get(found.dataset),
      }),
    }
  }

  /** Checks a request like `launch`, then computes what memory each stage will take. */
  async memory(request: PipelineRequest, signal?: AbortSignal): Promise<MemoryEstimate> {
    const prepared = this.#prepare(request)
    const { configuration } = prepared
    const stages = await this.#memory.of(
      configuration.stages.map((stage) => estimated(stage, prepared)),
      AbortSignal.any([this.#abort.signal, ...(signal === undefined ? [] : [signal])]),
    )
    const usesCard = stages.some(({ card }) => card !== undefined)
    const cards = usesCard ? (await queryVisibleCards()).visible.cards : []
    const budget = cacheBudget(this.#options.workspace.targets, 'targets')
    return compareWithMachine(stages, configuration, process.availableMemory(), roomiestCard(cards), budget)
  }

  /** Checks a request like `launch`, then measures three real steps of each stage, or of some. */
  cost(request: PipelineRequest, signal?: AbortSignal, only?: readonly Stage[]): AsyncIteratorClass<CostEvent> {
    return taskStream<CostEvent>(signal, async (report, signal) => {
      const { configuration, chosen, dataset, manifestFile, labels, warnings } = this.#prepare(request)
      if (this.#options.isBusy())
        warnings.push('A run is computing now, so these steps took longer than they will without it.')
      const stages: StageCost[] = []
      const models = descriptionsOf(chosen)
      for (const stage of configuration.stages.filter((name) => only?.includes(name) ?? true)) {
        const input = {
          stage,
          configuration,
          manifest: manifestFile,
          exclusions: dataset.exclusions,
          labels,
          frameCache: this.#options.workspace.frames,
          models,
        }
        const cost = await this.#measure(input, AbortSignal.any([signal, this.#abort.signal]))
        stages.push(cost)
        report({ type: 'progress', cost })
      }
      return { type: 'done', stages, warnings }
    })
  }

  async #measure(input: TaskInput<'measure'>, signal: AbortSignal): Promise<StageCost> {
    try {
      return await this.#options.runTask('measure', input, { signal })
    } catch (cause) {
      throw explainCrash(cause, waysToSaveMemory(memorySettings(input.stage, input.configuration)))
    }
  }

  /** Freezes the configuration and queues one run per stage, with its memory estimate if that was computed before. */
  async launch(request: PipelineRequest): Promise<LaunchedPipeline> {
    await requireCards(request.configuration.general.cards, this.#options.cards)
    const code = await this.#options.code()
    await this.#options.requireUnchanged(request.dataset)
    const prepared = this.#prepare(request)
    const { configuration, chosen, dataset, manifestFile, labels } = prepared
    const isTaken = (id: string) => this.#store.has(id)
    if (request.name !== undefined) requirePortableName(request.name)
    if (request.name !== undefined && isTaken(request.name))
      throw new StudioError(
        'already-exists',
        `There is already a pipeline called ${request.name}.`,
        'Choose another name, or omit the name.',
      )
    const document: LaunchedPipelineFile = {
      ...(request.name === undefined ? {} : { name: request.name }),
      ...(request.group === undefined ? {} : { group: request.group }),
      ...(request.experiment === undefined ? {} : { experiment: request.experiment }),
      ...(request.fromRun === undefined ? {} : { fromRun: request.fromRun }),
      ...(request.overrides === undefined ? {} : { overrides: request.overrides }),
      ...(request.continues === undefined ? {} : { continues: request.continues }),
      dataset: request.dataset,
      preset: request.preset,
      configuration,
      id: request.name ?? defaultPipelineId(request.dataset, request.preset, isTaken),
      labels,
      createdAt: new Date().toISOString(),
      datasetDigest: dataset.digest,
      ...(dataset.exclusions === undefined ? {} : { exclusions: dataset.exclusions }),
      studioVersion: this.#options.version,
      runIds: [],
    }
    const files = planRuns(
      document,
      {
        manifest: this.#relative(manifestFile),
        frameCache: this.#relative(this.#options.workspace.frames),
        targetCache: this.#relative(this.#options.workspace.targets),
      },
      chosen,
      this.#options.machine().processors,
      { code, contents: contentsOf(dataset, labels) },
    ).map((file): RunFile => {
      const memory = this.#memory.known(estimated(file.task.stage, prepared))
      return memory === undefined
        ? file
        : { ...file, memory, request: { ...file.request, memoryBytes: memory.totalBytes } }
    })
    requireSpace(files, freeBytes(this.#options.workspace.root))
    document.runIds = files.map((file) => file.id)
    this.#store.create(document, files, prepared.continued)
    addPipeline(this.#options.tables, document, new Map(files.map((file) => [file.id, file])))
    this.#options.onLaunch(document.id)
    return { ...document, organization: unorganized }
  }

  #relative(path: string): string {
    return relative(this.#options.workspace.root, path).replaceAll(sep, '/')
  }

  /** Warns of chosen models that were trained with another split set: they may have seen videos of this test. */
  #otherSplits({ general: { splitSet } }: PipelineConfiguration, inputs: Readonly<Record<string, string>>): string[] {
    return Object.values(inputs).flatMap((ref) => {
      const of = splitSetOf(ref, (id) => this.#options.models.run(id).file)
      return of === splitSet
        ? []
        : [
            `${ref} was trained with the split set ${of}, and this pipeline uses ${splitSet}: videos of its test may be among those that the model was trained on.`,
          ]
    })
  }

  #prepare(request: PipelineRequest): Prepared {
    const dataset = this.#options.datasets.statistics(request.dataset, request.configuration.general.splitSet)
    requirePreset(this.presets(), request.preset)
    const chosen = resolveChosen(request.configuration.inputs, {
      ...this.#options.models,
      dataset: (name) => this.#options.datasets.get(name),
    })
    const inputs = Object.fromEntries(Object.entries(chosen).map(([role, { ref }]) => [role, ref]))
    const configuration = withStartSizes(
      { ...request.configuration, stages: orderStages(request.configuration.stages), inputs },
      chosen,
    )
    const { labels, warnings } = checkRequirements(configuration, dataset, request.labels, chosen.model?.trainingVideos)
    const notes = checkChosen(
      { ...request.configuration, stages: configuration.stages },
      chosen,
      dataset.labelSets.find(({ name }) => name === labels),
    )
    const repeats = dataset.report === null ? [] : repeatWarnings(dataset.report.repeats)
    return {
      configuration,
      chosen,
      dataset,
      manifestFile: this.#options.datasets.manifestFile(request.dataset),
      labels,
      continued:
        request.continues === undefined
          ? undefined
          : resolveContinuation(
              request.continues,
              { configuration, labels, datasetDigest: dataset.digest, exclusions: dataset.exclusions },
              this.#options.models,
            ),
      warnings: [...warnings, ...repeats, ...notes, ...this.#otherSplits(configuration, inputs)],
    }
  }
}

const estimated = (
  stage: Stage,
  { configuration, dataset, manifestFile, labels, chosen }: Prepared,
): TaskInput<'estimate'> => ({
  stage,
  configuration,
  manifest: manifestFile,
  exclusions: dataset.exclusions,
  labels,
  models: descriptionsOf(chosen),
})
