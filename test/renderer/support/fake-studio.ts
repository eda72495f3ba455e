import { setTimeout as pause } from 'node:timers/promises'
import { ORPCError, implement } from '@orpc/server'
import { contract } from '#contract/api/contract.ts'
import type { DatasetEvent, ExperimentEvent, FollowEvent, RunsEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import { type AlertsEvent, shownRule } from '#contract/domain/alert.ts'
import type { ExportRecord } from '#contract/domain/checkpoint.ts'
import type { ImportReport } from '#contract/domain/import-report.ts'
import { withAnswers } from '#contract/domain/imported-model.ts'
import { encodeMetric, sortMetrics } from '#contract/domain/metric.ts'
import { unorganized } from '#contract/domain/organization.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { wholeSlot } from '#contract/domain/resources.ts'
import type { Run, RunFile } from '#contract/domain/run.ts'
import { workspaceSettings } from '#contract/domain/settings.ts'
import type { SplitDrawing } from '#contract/domain/split-drawing.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'
import { planOf as experimentPlanOf } from '#contract/experiment/cost.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import { runFields, searchKeys } from '#contract/query/run-search.ts'
import { slower } from '#contract/stages/remaining.ts'
import { describeSweepProblems, expandSweep } from '#contract/sweep/expand.ts'
import type { SweepRequest } from '#contract/sweep/request.ts'
import { shareStages } from '#contract/sweep/share.ts'
import { fakeAlerts } from './fake-alerts.ts'
import { fakeExport, fakeTensors } from './fake-checkpoints.ts'
import { fakeCardMemory, fakeCost, fakeMemory, shortVideos } from './fake-costs.ts'
import { bucketed, packed } from './fake-curves.ts'
import { emptyReport, falls, presets, shapes } from './fake-data.ts'
import { fakeCards, fakeEngines } from './fake-engines.ts'
import { fakeEnvironment } from './fake-environment.ts'
import { FakeExperiment, fakeExperimentCosts } from './fake-experiments.ts'
import { fakeFolder, fakeMediaFile } from './fake-files.ts'
import { FakeIntegrity } from './fake-integrity.ts'
import { fakeModel } from './fake-models.ts'
import { fakePreview } from './fake-preview.ts'
import { fakeProbe, fakeProbes } from './fake-probes.ts'
import { FakeQueue } from './fake-queue.ts'
import { fakeHistogram, fakeSamples } from './fake-samples.ts'
import { fakeFrames, fakeSeenClip } from './fake-seen-clip.ts'
import { FakeTrash, FakeViews } from './fake-trash.ts'
import { fakeVersions } from './fake-versions.ts'
import { createWorld, inputsOf } from './fake-world.ts'
import type { FakeRun, FakeWorld } from './fake-world.ts'
import { organize } from './organize.ts'

export interface FakeStudio {
  readonly world: FakeWorld
  readonly router: ReturnType<typeof routerOf>
  /** Bytes of `/media/...`, or undefined if there is no such file. */
  media(urlPath: string): Promise<Buffer | undefined>
  close(): void
}

export interface FakeStudioOptions {
  /** Time between two steps of the running run; 0 disables it. */
  tickMs?: number
  /** Pause between two events of an import. Measurements and checks take ten pauses. */
  pauseMs?: number
  /** Without datasets, pipelines and runs. */
  isEmpty?: boolean
}

/** An in-memory studio that implements the contract, for tests and screenshots. */
export function createFakeStudio({ tickMs = 500, pauseMs = 60, isEmpty = false }: FakeStudioOptions = {}): FakeStudio {
  const world = createWorld()
  if (isEmpty)
    for (const map of [world.datasets, world.pipelines, world.runs, world.importedModels, world.experiments])
      map.clear()
  const timer = tickMs > 0 ? setInterval(() => world.tick(), tickMs) : undefined
  return {
    world,
    router: routerOf(world, pauseMs),
    media: (urlPath) => fakeMediaFile(world, urlPath),
    close: () => clearInterval(timer),
  }
}

/** A snapshot followed by changes, which are subscribed to first so that none is lost. */
async function* after<Event>(snapshot: Event, changes: AsyncIterable<Event>): AsyncGenerator<Event, void, void> {
  yield snapshot
  yield* changes
}

async function* about(
  ids: readonly string[],
  events: AsyncIterable<FollowEvent & { about: string[] }>,
): AsyncGenerator<FollowEvent, void, void> {
  for await (const { about: runIds, ...event } of events) if (ids.some((id) => runIds.includes(id))) yield event
}

const refuse = (report: ErrorReport) =>
  new ORPCError('STUDIO', { defined: true, status: 400, message: report.message, data: report })

function planOf(sweep: SweepRequest) {
  const { members, problems } = expandSweep(sweep)
  if (problems.length > 0)
    throw refuse({
      code: 'configuration-invalid',
      message: describeSweepProblems(problems).join(' '),
      hint: 'Nothing was launched.',
    })
  const pipelines = shareStages(sweep.name, members, (id, stage) => `${id}-${stage}`)
  return {
    pipelines,
    plan: {
      pipelines: pipelines.map(({ name, overrides, isShared, request }) => ({
        name,
        overrides,
        isShared,
        stages: request.configuration.stages,
      })),
      runCount: runs(pipelines),
      unsharedRunCount: runs(members),
      warnings: [],
    },
  }
}

const runs = (of: readonly { request: PipelineRequest }[]): number =>
  of.flatMap(({ request }) => request.configuration.stages).length

function routerOf(world: FakeWorld, pauseMs: number) {
  const os = implement(contract)
  const probes = world.runs.size === 0 ? [] : fakeProbes()
  const exported: ExportRecord[] = []
  let settings = workspaceSettings.parse({})
  let cachedVideos = 212
  let cachedTargets = 480
  const frameUsage = () => ({
    files: cachedVideos,
    bytes: cachedVideos * 12_400_000,
    budgetBytes: settings.frames.budgetGib * 2 ** 30,
  })
  const targetUsage = () => ({
    files: cachedTargets,
    bytes: cachedTargets * 2_400_000,
    budgetBytes: settings.targets.budgetGib * 2 ** 30,
  })
  let rules = world.runs.size === 0 ? [] : fakeAlerts()
  let keys = [
    {
      id: 'a1',
      browser: 'Firefox on Linux',
      origin: 'http://127.0.0.1:8756',
      createdAt: '2026-07-01T08:00:00.000Z',
      lastSeenAt: '2026-07-03T09:30:00.000Z',
    },
    {
      id: 'b2',
      browser: 'Chrome on Windows',
      origin: 'http://gpu-box:8756',
      createdAt: '2026-06-12T17:20:00.000Z',
      lastSeenAt: '2026-06-30T12:00:00.000Z',
    },
  ]
  const trash = new FakeTrash(world)
  const views = new FakeViews()
  const entry = (id: string): FakeRun => {
    const found = world.runs.get(id)
    if (found === undefined)
      throw refuse({ code: 'not-found', message: `There is no run ${id}.`, hint: 'Open the list of runs.' })
    return found
  }
  const imported = (name: string) => {
    const found = world.importedModels.get(name)
    if (found === undefined)
      throw refuse({
        code: 'not-found',
        message: `There is no imported model called ${name}.`,
        hint: 'Imported are mae-base and vmae-k400.',
      })
    return found
  }
  const experiment = (id: string): FakeExperiment => {
    const found = world.experiments.get(id)
    if (found === undefined)
      throw refuse({
        code: 'not-found',
        message: `There is no experiment ${id}.`,
        hint: 'Open the list of experiments.',
      })
    return found
  }
  const experimentChanged = (changed: FakeExperiment) => {
    const summary = changed.summary()
    world.events.publish('experiments', { type: 'changed', experiment: summary })
    return summary
  }
  const dataset = (name: string) => {
    const found = world.datasets.get(name)
    if (found === undefined)
      throw refuse({ code: 'not-found', message: `There is no dataset ${name}.`, hint: 'Import it first.' })
    return found
  }

  async function* importing(
    {
      name,
      followLinks = false,
      columns,
      frameRate,
      drawing,
    }: {
      name: string
      followLinks?: boolean
      columns?: TableColumns | undefined
      frameRate?: number | undefined
      drawing?: SplitDrawing | undefined
    },
    template: typeof shapes,
    root: string,
    signal?: AbortSignal,
  ) {
    if (world.datasets.has(name))
      throw refuse({
        code: 'already-exists',
        message: `A dataset named ${name} exists already.`,
        hint: 'Choose another name, or remove the old one first.',
      })
    const total = template.samples.length + template.broken.length
    for (let done = 0; done <= total; done += Math.ceil(total / 60)) {
      yield {
        type: 'progress' as const,
        done,
        total,
        path: template.samples[Math.min(done, template.samples.length - 1)]!.video.path,
      }
      await pause(pauseMs, undefined, { signal })
    }
    const read: Partial<ImportReport> =
      columns === undefined ? {} : { source: { format: 'table', files: ['metadata.csv'], columns } }
    const report = {
      ...(template.report ?? emptyReport),
      followLinks,
      ...read,
      ...(frameRate === undefined ? {} : { frameRate }),
      ...(drawing === undefined ? {} : { drawing }),
    }
    const made = { ...template, name, root, report }
    world.datasets.set(name, made)
    world.events.publish('datasets', { type: 'changed', dataset: made })
    yield { type: 'done' as const, dataset: made, report }
  }

  const integrity = new FakeIntegrity()
  const queue = new FakeQueue(world)
  const ended = (id: string, changes: Partial<Run> = {}): Run => {
    const { run } = entry(id)
    delete run.asked
    Object.assign(run, { status: 'stopped', endedAt: new Date().toISOString(), remainingMs: null }, changes)
    world.events.publish('runs', { type: 'changed', run: { ...run } })
    return run
  }

  const launch = (input: PipelineRequest) => {
    const id = input.name ?? `${input.dataset}-${input.preset}-${world.pipelines.size + 1}`
    if (world.pipelines.has(id))
      throw refuse({
        code: 'already-exists',
        message: `A pipeline named ${id} exists already.`,
        hint: 'Choose another name.',
      })
    const pipeline = {
      ...input,
      id,
      labels: input.labels ?? null,
      createdAt: new Date().toISOString(),
      datasetDigest: dataset(input.dataset).digest,
      runIds: input.configuration.stages.map((stage) => `${id}-${stage}`),
      organization: unorganized,
    }
    world.launch(pipeline)
    return pipeline
  }
  return os.router({
    datasets: {
      list: os.datasets.list.handler(() => [...world.datasets.values()]),
      get: os.datasets.get.handler(({ input }) => dataset(input.name)),
      samples: os.datasets.samples.handler(({ input }) => fakeSamples(dataset(input.name), input)),
      histogram: os.datasets.histogram.handler(({ input }) => fakeHistogram(dataset(input.name), input)),
      broken: os.datasets.broken.handler(({ input: { name, offset, limit } }) => {
        const { broken } = dataset(name)
        return { total: broken.length, files: broken.slice(offset, offset + limit) }
      }),
      previewImport: os.datasets.previewImport.handler(({ input }) =>
        fakePreview(input.directory, input.columns, input.drawing),
      ),
      seenClip: os.datasets.seenClip.handler(({ input }) => fakeSeenClip(input)),
      frames: os.datasets.frames.handler(({ input }) => fakeFrames(input)),
      import: os.datasets.import.handler(({ input, signal }) => {
        if (input.directory.includes('empty'))
          throw refuse({
            code: 'dataset-empty',
            message: `${input.directory} holds no videos.`,
            hint: 'Choose a folder with one folder per class.',
          })
        return importing(input, falls, input.directory, signal)
      }),
      importBuiltIn: os.datasets.importBuiltIn.handler(({ input, signal }) =>
        importing(input, shapes, '/home/ada/mvd-studio/built-in', signal),
      ),
      reimport: os.datasets.reimport.handler(async function* ({ input }) {
        await pause(pauseMs)
        yield { type: 'done' as const, dataset: dataset(input.name), change: null }
      }),
      versions: os.datasets.versions.handler(({ input }) => fakeVersions(dataset(input.name))),
      split: os.datasets.split.handler(({ input }) => ({
        name: input.as ?? 'drawn-2',
        drawing: input.drawing,
        balance: [...(world.datasets.get(input.name)?.balance ?? [])],
      })),
      check: os.datasets.check.handler(async ({ input }) => {
        await pause(10 * pauseMs)
        return {
          name: input.name,
          checked: dataset(input.name).videoCount,
          drift:
            input.name === falls.name
              ? [
                  { path: 'fall/0000.mp4', problem: 'changed' as const },
                  { path: 'lying/new-clip.mp4', problem: 'new' as const },
                ]
              : [],
        }
      }),
      verify: os.datasets.verify.handler(({ input }) => integrity.verify(dataset(input.name), pauseMs)),
      cancelVerify: os.datasets.cancelVerify.handler(({ input }) => integrity.cancel(dataset(input.name))),
      watchIntegrity: os.datasets.watchIntegrity.handler(({ input, signal }) =>
        integrity.watch(dataset(input.name), signal),
      ),
      findings: os.datasets.findings.handler(({ input }) => integrity.findings(input)),
      exclude: os.datasets.exclude.handler(({ input }) => integrity.exclude(dataset(input.name), input)),
      undoExclusion: os.datasets.undoExclusion.handler(({ input }) => integrity.undo(dataset(input.name))),
      integrityReport: os.datasets.integrityReport.handler(async function* ({ input }) {
        yield integrity.report(dataset(input.name))
      }),
      remove: os.datasets.remove.handler(({ input }) => {
        const users = [...world.pipelines.values()].filter((pipeline) => pipeline.dataset === input.name)
        if (users.length > 0)
          throw refuse({
            code: 'bad-request',
            message: `${input.name} is used by ${users.map((pipeline) => pipeline.id).join(', ')}.`,
            hint: 'A dataset stays while a pipeline refers to it.',
          })
        world.datasets.delete(input.name)
        world.events.publish('datasets', { type: 'removed', name: input.name })
        return {}
      }),
      watch: os.datasets.watch.handler(({ signal }) =>
        after<DatasetEvent>(
          { type: 'snapshot', datasets: [...world.datasets.values()] },
          world.events.subscribe('datasets', { signal }),
        ),
      ),
    },
    pipelines: {
      presets: os.pipelines.presets.handler(() => presets),
      check: os.pipelines.check.handler(({ input }) => {
        const { samples } = dataset(input.dataset)
        const { clip, stages, finetune } = input.configuration
        if (stages.includes('finetune') && finetune.batchSize > samples.length)
          throw refuse({
            code: 'configuration-invalid',
            message: `finetune.batchSize: a batch of ${finetune.batchSize} is more than the ${samples.length} training samples of ${input.dataset}.`,
            hint: `Set finetune.batchSize to at most ${samples.length}.`,
          })
        return { warnings: shortVideos(dataset(input.dataset), clip.frames) }
      }),
      memory: os.pipelines.memory.handler(({ input }) => {
        const isOnCard = input.configuration.general.engine === 'onnx-cuda'
        return {
          stages: input.configuration.stages.map(isOnCard ? fakeCardMemory : fakeMemory),
          freeBytes: 8 * 2 ** 30,
          card: isOnCard ? { name: 'NVIDIA RTX 4090', memoryBytes: 24 * 2 ** 30, freeBytes: 4 * 2 ** 30 } : null,
          warnings: [],
        }
      }),
      recovery: os.pipelines.recovery.handler(({ input }) => {
        const { run } = entry(input.id)
        const pipeline = world.pipelines.get(run.pipelineId)!
        const before = {
          dataset: pipeline.dataset,
          preset: pipeline.preset,
          configuration: pipeline.configuration,
          fromRun: input.id,
          ...(pipeline.labels === null ? {} : { labels: pipeline.labels }),
        }
        const configuration = slower(pipeline.configuration, run.stage, input.rateFactor)
        return {
          before,
          request: { ...before, configuration, continues: { run: input.id, step: 40 } },
          notes: [
            `The checkpoint ${input.id}@60 is not used. It has weights that are not finite: head.weight (3 NaN).`,
          ],
        }
      }),
      cost: os.pipelines.cost.handler(async function* ({ input, signal }) {
        const costs = []
        for (const [index, stage] of input.configuration.stages.entries()) {
          await pause(10 * pauseMs, undefined, { signal })
          const cost = fakeCost(stage, index)
          costs.push(cost)
          yield { type: 'progress' as const, cost }
        }
        yield {
          type: 'done' as const,
          stages: costs,
          warnings: [
            ...shortVideos(dataset(input.dataset), input.configuration.clip.frames),
            'The distillation has 300 steps; published recipes use at least 10 000.',
          ],
        }
      }),
      launch: os.pipelines.launch.handler(({ input }) => launch(input)),
      checkSweep: os.pipelines.checkSweep.handler(({ input }) => planOf(input).plan),
      sweep: os.pipelines.sweep.handler(({ input }) => planOf(input).pipelines.map(({ request }) => launch(request))),
      cancel: os.pipelines.cancel.handler(({ input }) => queue.cancel(input.id)),
      requestOf: os.pipelines.requestOf.handler(({ input }) => {
        const pipelineId = world.pipelines.has(input.id) ? input.id : entry(input.id).run.pipelineId
        const { dataset, preset, labels, configuration } = world.pipelines.get(pipelineId)!
        return {
          request: {
            dataset,
            preset,
            configuration,
            fromRun: world.pipelines.has(input.id) ? world.pipelines.get(input.id)!.runIds.at(-1)! : input.id,
            ...(labels === null ? {} : { labels }),
          },
          differences: [],
        }
      }),
    },
    experiments: {
      list: os.experiments.list.handler(() => [...world.experiments.values()].map((found) => found.summary())),
      get: os.experiments.get.handler(({ input }) => experiment(input.id).detail()),
      plan: os.experiments.plan.handler(({ input }) => ({ ...experimentPlanOf(input), warnings: [] })),
      cost: os.experiments.cost.handler(async function* ({ input, signal }) {
        const costs = fakeExperimentCosts(input)
        for (const cost of costs.stages) {
          await pause(10 * pauseMs, undefined, { signal })
          yield { type: 'progress' as const, cost }
        }
        yield { type: 'done' as const, ...costs, warnings: [] }
      }),
      launch: os.experiments.launch.handler(({ input }) => {
        const made = new FakeExperiment(input, new Date().toISOString()).advance(0)
        world.experiments.set(input.name, made)
        return experimentChanged(made)
      }),
      stop: os.experiments.stop.handler(({ input }) => experimentChanged(experiment(input.id).stop())),
      resume: os.experiments.resume.handler(({ input }) => experimentChanged(experiment(input.id).resume())),
      remove: os.experiments.remove.handler(({ input }) => {
        world.experiments.delete(experiment(input.id).request.name)
        world.events.publish('experiments', { type: 'removed', id: input.id })
        return {}
      }),
      report: os.experiments.report.handler(({ input: { id, format, to } }) => ({
        format,
        path: to,
        runs: experiment(id).runIds.length,
        figures: [],
        sizeBytes: 240_000,
      })),
      watch: os.experiments.watch.handler(({ signal }) =>
        after<ExperimentEvent>(
          { type: 'snapshot', experiments: [...world.experiments.values()].map((found) => found.summary()) },
          world.events.subscribe('experiments', { signal }),
        ),
      ),
    },
    runs: {
      list: os.runs.list.handler(() => [...world.runs.values()].map(({ run }) => run)),
      search: os.runs.search.handler(({ input }) => {
        const runs = [...world.runs.values()].map(({ run }) => run)
        const { found, problems } = searchBy(
          runs,
          input.query,
          runFields([...world.pipelines.values()], searchKeys(runs, [...world.pipelines.values()])),
        )
        return { ids: found.map(({ id }) => id), problems: [...problems] }
      }),
      keys: os.runs.keys.handler(() => searchKeys([], [])),
      get: os.runs.get.handler(({ input }) => {
        const { run } = entry(input.id)
        const pipeline = world.pipelines.get(run.pipelineId)!
        const { general, clip } = pipeline.configuration
        const file: RunFile = {
          version: 2,
          id: run.id,
          pipelineId: pipeline.id,
          createdAt: run.createdAt,
          general,
          clip,
          task: { stage: run.stage, configuration: pipeline.configuration[run.stage] } as RunFile['task'],
          dataset: {
            name: run.dataset,
            digest: pipeline.datasetDigest,
            manifest: `/home/ada/mvd-studio/datasets/${run.dataset}/manifest.json`,
            labels: pipeline.labels,
          },
          inputs: inputsOf(pipeline.id, run.stage),
          models: {},
          frameCache: '/home/ada/mvd-studio/cache/frames',
          request: wholeSlot,
          memory: fakeMemory(run.stage),
        }
        return { run, file: run.startedAt === null ? null : file, pipeline }
      }),
      pause: os.runs.pause.handler(({ input }) => ended(input.id, { asked: 'pause' })),
      save: os.runs.save.handler(({ input }) => entry(input.id).run),
      stop: os.runs.stop.handler(({ input }) => ended(input.id)),
      end: os.runs.end.handler(({ input }) => ended(input.id, { asked: 'end' })),
      resumePipeline: os.runs.resumePipeline.handler(() => []),
      resume: os.runs.resume.handler(({ input }) => {
        const { run } = entry(input.id)
        Object.assign(run, { status: 'running', endedAt: null, error: null, attempt: run.attempt + 1 })
        world.events.publish('follow', { type: 'rewound', runId: run.id, fromStep: run.step, about: [run.id] })
        world.events.publish('runs', { type: 'changed', run: { ...run } })
        return run
      }),
      divergence: os.runs.divergence.handler(({ input }) => world.divergences.get(input.id) ?? null),
      output: os.runs.output.handler(({ input }) => ({
        lines: [
          `computing ${input.id}`,
          'onnxruntime: 2 threads',
          '(node:4711) ExperimentalWarning: SQLite is experimental',
        ],
      })),
      log: os.runs.log.handler(({ input }) => entry(input.id).log.slice(-input.limit)),
      media: os.runs.media.handler(({ input }) => entry(input.id).media),
      import: os.runs.import.handler(({ input: { path, format = 'tensorboard', stage, names } }) => ({
        format,
        runs: ['baseline', 'wide']
          .filter((name) => names?.includes(name) ?? true)
          .map((name) => ({
            name,
            id: stage === undefined ? null : `${name}.${stage}`,
            state: 'new' as const,
            metrics: 2,
            points: 200,
            newPoints: 200,
            parameters: 3,
            notes: name === 'wide' ? [`${path}/wide ends within a record.`] : [],
          })),
        notes: [],
      })),
      export: os.runs.export.handler(({ input: { ids, format, to } }) => ({
        format,
        folder: to,
        runs: ids.length,
        points: 100 * ids.length,
        files: [{ name: 'points.csv', sizeBytes: 2048 }],
        notes: [],
      })),
      environments: os.runs.environments.handler(({ input }) =>
        input.ids.map((id) => fakeEnvironment(entry(id).run, world.pipelines.get(entry(id).run.pipelineId)!)),
      ),
      watch: os.runs.watch.handler(({ signal }) =>
        after<RunsEvent>(
          {
            type: 'snapshot',
            runs: [...world.runs.values()].map(({ run }) => run),
            pipelines: [...world.pipelines.values()],
          },
          world.events.subscribe('runs', { signal }),
        ),
      ),
      follow: os.runs.follow.handler(({ input, signal }) =>
        about(input.ids, world.events.subscribe('follow', { signal })),
      ),
    },
    queue: {
      get: os.queue.get.handler(() => queue.get()),
      watch: os.queue.watch.handler(({ signal }) => queue.watch(signal)),
      move: os.queue.move.handler(({ input }) => queue.move(input)),
      hold: os.queue.hold.handler(({ input }) => queue.hold(input.ids, true)),
      release: os.queue.release.handler(({ input }) => queue.hold(input.ids, false)),
      prioritize: os.queue.prioritize.handler(({ input }) => queue.prioritize(input.ids, input.priority)),
      restore: os.queue.restore.handler(({ input }) => queue.restore(input.ids)),
    },
    organization: {
      change: os.organization.change.handler(({ input }) => organize(world, input.items)),
    },
    trash: {
      preview: os.trash.preview.handler(({ input }) => trash.preview(input.items)),
      put: os.trash.put.handler(({ input }) => trash.put(input.items)),
      list: os.trash.list.handler(() => trash.list()),
      restore: os.trash.restore.handler(({ input }) => trash.restore(input.entryIds)),
      purge: os.trash.purge.handler(({ input }) => trash.purge(input.entryIds)),
    },
    views: {
      list: os.views.list.handler(() => views.list()),
      save: os.views.save.handler(({ input }) => views.save(input.view)),
      remove: os.views.remove.handler(({ input }) => views.remove(input)),
      restore: os.views.restore.handler(({ input }) => views.restore(input.view, input.index)),
    },
    reports: {
      make: os.reports.make.handler(({ input: { ids, format, to, force } }) => {
        if (to.endsWith('taken.html') && !force)
          throw refuse({
            code: 'already-exists',
            message: `The file ${to} exists.`,
            hint: 'Choose another name, or replace it.',
          })
        return { format, path: to, runs: ids.length, figures: [], sizeBytes: 120_000 }
      }),
    },
    metrics: {
      series: os.metrics.series.handler(({ input }) =>
        input.runIds.flatMap((id) => {
          const { curves } = entry(id)
          const names = sortMetrics(curves.keys()).filter(
            (name) => input.names === undefined || input.names.includes(name),
          )
          return names.map((name) =>
            packed(
              bucketed(
                id,
                name,
                curves.get(name)!,
                input.from ?? 0,
                input.to ?? Number.POSITIVE_INFINITY,
                input.maxBuckets,
              ),
              input.hasRanges,
            ),
          )
        }),
      ),
      // A step takes a second; after half of them the run paused for an hour.
      atStep: os.metrics.atStep.handler(({ input }) =>
        input.runIds.flatMap((runId) => {
          const { steps, values } = entry(runId).curves.get(input.name) ?? { steps: [], values: [] }
          const index = steps.findLastIndex((step) => step <= input.step)
          const value = values[index]
          return value === undefined ? [] : [{ runId, step: steps[index]!, value: encodeMetric(value) }]
        }),
      ),
      times: os.metrics.times.handler(({ input }) =>
        input.runIds.map((id) => {
          const { curves } = entry(id)
          const steps = [...new Set([...curves.values()].flatMap((curve) => curve.steps))].toSorted((a, b) => a - b)
          const pausedAt = (steps.at(-1) ?? 0) / 2
          return {
            runId: id,
            steps,
            wallMs: steps.map((step) => step * 1000 + (step > pausedAt ? 3_600_000 : 0)),
            computeMs: steps.map((step) => step * 1000),
          }
        }),
      ),
    },
    checkpoints: {
      list: os.checkpoints.list.handler(({ input }) =>
        [...world.runs.values()]
          .filter(({ run }) => input.runId === undefined || run.id === input.runId)
          .flatMap(({ checkpoints }) => checkpoints),
      ),
      inspect: os.checkpoints.inspect.handler(({ input }) => {
        const checkpoint = entry(input.id.split('@')[0]!).checkpoints.find(({ id }) => id === input.id)
        if (checkpoint === undefined)
          throw refuse({
            code: 'not-found',
            message: `There is no checkpoint ${input.id}.`,
            hint: 'It may have been removed; reload the list.',
          })
        return { checkpoint, tensors: fakeTensors() }
      }),
      export: os.checkpoints.export.handler(async ({ input }) => {
        await pause(10 * pauseMs)
        const record = fakeExport(input, exported.length)
        if (!input.force && exported.some(({ path }) => path === record.path))
          throw refuse({
            code: 'already-exists',
            message: `The file ${record.path} exists.`,
            hint: 'Choose another name, or replace it (--force on the command line).',
          })
        exported.unshift(record)
        return record
      }),
      exports: os.checkpoints.exports.handler(({ input }) =>
        exported.filter(({ checkpoint }) => checkpoint === input.id),
      ),
    },
    models: {
      list: os.models.list.handler(() =>
        [...world.importedModels.values()].toSorted((a, b) => a.name.localeCompare(b.name)),
      ),
      inspect: os.models.inspect.handler(({ input }) => ({ model: imported(input.name), tensors: fakeTensors() })),
      import: os.models.import.handler(async function* ({ input, signal }) {
        if (world.importedModels.has(input.name))
          throw refuse({
            code: 'already-exists',
            message: `There is already an imported model called ${input.name}.`,
            hint: 'Choose another name, or remove that model first.',
          })
        if (input.path.includes('resnet'))
          throw refuse({
            code: 'checkpoint-invalid',
            message: `${input.path} is not a model of a known layout: it has 161 tensors (conv1.weight, bn1.weight, …).`,
            hint: 'Expected are blocks.0.attn.qkv.weight and patch_embed.proj.weight.',
          })
        if (input.path.includes('with-head') && !input.leaveOut)
          throw refuse({
            code: 'checkpoint-invalid',
            message: `${input.path} holds 2 tensors that the model has no place for (box_head.weight, box_head.bias).`,
            hint: 'Import it without them: choose "Leave out other parts".',
          })
        for (let done = 0; done < 48; done += 12) {
          yield { type: 'progress' as const, done, total: 48, tensor: `blocks.${done / 4}.attn.qkv.weight` }
          await pause(pauseMs, undefined, { signal })
        }
        const made = fakeModel(input.name, input.path)
        world.importedModels.set(made.name, made)
        yield { type: 'done' as const, model: made }
      }),
      describe: os.models.describe.handler(({ input: { name, ...answers } }) => {
        const described = { ...imported(name), model: withAnswers(imported(name).model, answers) }
        world.importedModels.set(name, described)
        return described
      }),
      remove: os.models.remove.handler(({ input }) => {
        world.importedModels.delete(imported(input.name).name)
        return {}
      }),
    },
    probes: {
      list: os.probes.list.handler(({ input }) =>
        probes.filter((record) => input.model === undefined || record.model === input.model),
      ),
      run: os.probes.run.handler(async function* ({ input, signal }) {
        const chosen = dataset(input.dataset)
        if (input.model.startsWith('falls-base'))
          throw refuse({
            code: 'checkpoint-invalid',
            message: `The features of ${input.model} are not finite: its training has diverged.`,
            hint: 'Measure an earlier checkpoint of the run, or train it again with a lower learning rate.',
          })
        for (const phase of ['features', ...input.methods] as const) {
          for (let done = 0; done <= 5; done++) {
            yield { type: 'progress' as const, progress: { phase, done: done * 16, total: 80 } }
            await pause(pauseMs, undefined, { signal })
          }
        }
        const probe = fakeProbe(input, chosen, input.labels ?? chosen.labelSets[0]!.name, {
          id: `${input.model}.${probes.length + 1}`,
          createdAt: new Date().toISOString(),
        })
        probes.unshift(probe)
        yield { type: 'done' as const, probe }
      }),
    },
    settings: {
      get: os.settings.get.handler(() => settings),
      set: os.settings.set.handler(({ input }) => (settings = input)),
    },
    frames: {
      usage: os.frames.usage.handler(() => frameUsage()),
      clear: os.frames.clear.handler(() => {
        cachedVideos = 0
        return frameUsage()
      }),
      warm: os.frames.warm.handler(async function* ({ signal }) {
        const total = 4
        for (let done = 1; done <= total; done++) {
          await pause(pauseMs, undefined, { signal })
          yield { type: 'progress' as const, done, total, path: `jump/${done}.mp4` }
        }
        cachedVideos += 3
        yield { type: 'done' as const, result: { videos: 6, decoded: 3, beyond: 2, unreadable: 0, problems: [] } }
      }),
    },
    targets: {
      usage: os.targets.usage.handler(() => targetUsage()),
      clear: os.targets.clear.handler(() => {
        cachedTargets = 0
        return targetUsage()
      }),
    },
    alerts: {
      list: os.alerts.list.handler(() => rules),
      add: os.alerts.add.handler(({ input }) => {
        const rule = shownRule({ ...input, id: `a${rules.length + 1}`, createdAt: new Date().toISOString() }, null)
        rules = [...rules, rule]
        world.events.publish('alerts', { type: 'rules', rules })
        return rule
      }),
      remove: os.alerts.remove.handler(({ input }) => {
        rules = rules.filter(({ id }) => id !== input.id)
        world.events.publish('alerts', { type: 'rules', rules })
        return {}
      }),
      test: os.alerts.test.handler(({ input }) => {
        const rule = rules.find(({ id }) => id === input.id)
        return {
          problem: rule?.problem === null ? null : 'The webhook at https://hooks.slack.com answered with status 404.',
        }
      }),
      watch: os.alerts.watch.handler(({ signal }) =>
        after<AlertsEvent>({ type: 'rules', rules }, world.events.subscribe('alerts', { signal })),
      ),
    },
    access: {
      list: os.access.list.handler(() => keys),
      revoke: os.access.revoke.handler(({ input }) => {
        const before = keys.length
        keys = keys.filter(({ id }) => input.ids !== undefined && !input.ids.includes(id))
        return { revoked: before - keys.length }
      }),
      link: os.access.link.handler(() => ({ link: `http://127.0.0.1:8756/#open=${'a'.repeat(64)}` })),
    },
    system: {
      info: os.system.info.handler(() => ({
        version: '0.1.0',
        node: '24.21.0',
        platform: 'linux x64',
        workspace: '/home/ada/mvd-studio',
        shell: 'browser' as const,
        cpus: 8,
        memoryBytes: 16 * 2 ** 30,
      })),
      cards: os.system.cards.handler(() => ({ cards: fakeCards, problem: null })),
      engines: os.system.engines.handler(async ({ input }) => {
        await pause(10 * pauseMs)
        return fakeEngines(input.again ? new Date().toISOString() : undefined)
      }),
      browse: os.system.browse.handler(({ input }) => {
        const path = input.path ?? '/home/ada'
        if (path.includes('secret'))
          throw refuse({
            code: 'bad-request',
            message: `${path} cannot be read.`,
            hint: 'Choose a folder that your user may open.',
          })
        return fakeFolder(path, input.files)
      }),
    },
  })
}
