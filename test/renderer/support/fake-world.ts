import { EventPublisher } from '@orpc/server'
import type { DatasetEvent, ExperimentEvent, FollowEvent, RunsEvent } from '#contract/api/contract.ts'
import type { AlertsEvent } from '#contract/domain/alert.ts'
import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { DivergenceReport } from '#contract/domain/divergence.ts'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import { encodeMetric } from '#contract/domain/metric.ts'
import type { MetricName } from '#contract/domain/metric.ts'
import type { LaunchedPipeline } from '#contract/domain/pipeline.ts'
import type { TestResult } from '#contract/domain/result.ts'
import type { LogLine, Run } from '#contract/domain/run.ts'
import { modelOfTask, type Stage } from '#contract/stages/index.ts'
import { metricsAt, noise, summarize } from './fake-curves.ts'
import type { Curve } from './fake-curves.ts'
import {
  allStages,
  type FakeDataset,
  fakePipeline,
  fakeRun,
  falls,
  minutesAgo,
  presetNamed,
  shapes,
} from './fake-data.ts'
import { type FakeExperiment, fakeExperiments } from './fake-experiments.ts'
import { fakeMedia } from './fake-media.ts'
import { fakeModel } from './fake-models.ts'

/** All data of one run. */
export interface FakeRun {
  run: Run
  seed: number
  curves: Map<MetricName, Curve>
  log: LogLine[]
  media: MediaItem[]
  checkpoints: Checkpoint[]
}

/** State of the fake studio, advanced by `tick`. */
export interface FakeWorld {
  datasets: Map<string, FakeDataset>
  pipelines: Map<string, LaunchedPipeline>
  runs: Map<string, FakeRun>
  divergences: Map<string, DivergenceReport>
  importedModels: Map<string, ImportedModel>
  experiments: Map<string, FakeExperiment>
  events: EventPublisher<{
    alerts: AlertsEvent
    datasets: DatasetEvent
    experiments: ExperimentEvent
    runs: RunsEvent
    follow: FollowEvent & { about: string[] }
  }>
  /** Advances every running run by one step. */
  tick(): void
  launch(pipeline: LaunchedPipeline): void
}

const stepsPerEpoch = 15
const seeds = new Map<string, number>()
const seedOf = (id: string): number => seeds.get(id) ?? (seeds.set(id, seeds.size + 1), seeds.size)

function resultOf(pipelineId: string, classes: string[], skill: number): TestResult {
  const confusion = classes.map((_, row) =>
    classes.map((_, column) =>
      row === column
        ? Math.round(12 * skill)
        : Math.max(0, Math.round((12 * (1 - skill)) / 3 + 1.4 * noise(seedOf(pipelineId), row * 9 + column) - 0.6)),
    ),
  )
  const total = confusion.flat().reduce((sum, count) => sum + count, 0)
  const right = confusion.reduce((sum, row, index) => sum + row[index]!, 0)
  return {
    task: 'classification',
    top1: right / total,
    top5: Math.min(1, right / total + 0.22),
    videos: total,
    views: 2,
    classes,
    confusion,
  }
}

/** Records metrics, log, pictures and checkpoints of a step and returns the events. */
function record(entry: FakeRun, step: number): FollowEvent[] {
  const { run, seed } = entry
  const total = run.totalSteps ?? 1
  const events: FollowEvent[] = []
  const values = Object.entries(metricsAt(run.stage, seed, step, total, stepsPerEpoch)) as [MetricName, number][]
  for (const [name, value] of values) {
    const curve = entry.curves.get(name) ?? { steps: [], values: [] }
    curve.steps.push(step)
    curve.values.push(value)
    entry.curves.set(name, curve)
  }
  events.push({
    type: 'points',
    series: values.map(([name, value]) => ({ runId: run.id, name, steps: [step], values: [encodeMetric(value)] })),
  })
  if (step % stepsPerEpoch === 0) {
    const epoch = step / stepsPerEpoch
    const at = new Date(Date.parse(run.startedAt ?? run.createdAt) + step * 210).toISOString()
    const line: LogLine = {
      at,
      level: step === 60 ? 'warning' : 'info',
      message:
        step === 60
          ? 'Decoding is slower than the model: 41 % of the time was spent waiting for data.'
          : `epoch ${epoch}: loss ${(entry.curves.get('train/loss')?.values.at(-1) ?? 0).toFixed(4)}`,
    }
    entry.log.push(line)
    events.push({ type: 'log', runId: run.id, lines: [line] })
    const item = epoch % 4 === 0 || step === 0 ? fakeMedia(run.stage, step, total) : undefined
    if (item !== undefined) {
      entry.media.push(item)
      events.push({ type: 'media', runId: run.id, item })
    }
    if (run.stage !== 'evaluate' && step > 0 && (epoch % 5 === 0 || step === total)) {
      const checkpoint: Checkpoint = {
        id: `${run.id}@${step}`,
        runId: run.id,
        pipelineId: run.pipelineId,
        stage: run.stage,
        dataset: run.dataset,
        step,
        epoch,
        createdAt: at,
        sizeBytes: (run.parameters ?? 0) * 12 + 4096,
        metrics: {
          'train/loss': entry.curves.get('train/loss')?.values.at(-1) ?? 0,
          ...(run.stage === 'finetune'
            ? { 'validation/top1': entry.curves.get('validation/top1')?.values.at(-1) ?? 0 }
            : {}),
        },
        inputs: inputsOf(run.pipelineId, run.stage),
        model: modelOf(run),
        licenceNotes: [],
        isFinal: step === total,
      }
      entry.checkpoints.push(checkpoint)
      events.push({ type: 'checkpoint', runId: run.id, checkpoint })
    }
  }
  run.checkpointCount = entry.checkpoints.length
  run.summaries = [...entry.curves].map(([name, curve]) => summarize(name, curve))
  return events
}

/** Description of the model that a run trains. */
function modelOf({ stage, preset }: Run): Checkpoint['model'] {
  const { configuration } = presetNamed(preset)
  return modelOfTask(
    { stage, configuration: configuration[stage] } as Parameters<typeof modelOfTask>[0],
    configuration.clip,
    8,
  )
}

export function inputsOf(pipelineId: string, stage: Stage): Checkpoint['inputs'] {
  if (stage === 'distill')
    return { imageTeacher: `${pipelineId}-image-teacher`, videoTeacher: `${pipelineId}-video-teacher` }
  if (stage === 'finetune') return pipelineId.includes('scratch') ? {} : { model: `${pipelineId}-distill` }
  return stage === 'evaluate' ? { model: `${pipelineId}-finetune` } : {}
}

function entryFor(run: Run): FakeRun {
  const entry: FakeRun = { run, seed: seedOf(run.id), curves: new Map(), log: [], media: [], checkpoints: [] }
  if (run.startedAt !== null)
    entry.log.push({
      at: run.startedAt,
      level: 'info',
      message: `started on ${run.engine ?? 'onnx-cpu'}, ${run.parameters ?? 0} parameters, batch ${run.effectiveBatchSize ?? 0}`,
    })
  for (let step = 0; step <= run.step && run.startedAt !== null; step++) record(entry, step)
  return entry
}

/** Two datasets and four pipelines: one finished, one trained from scratch, one running, one failed. */
export function createWorld(): FakeWorld {
  const events: FakeWorld['events'] = new EventPublisher()
  const demo = fakePipeline('shapes-demo', 'demo', shapes, 'motion', allStages, 60 * 25)
  const scratch = fakePipeline('shapes-scratch', 'demo', shapes, 'motion', ['finetune', 'evaluate'], 60 * 24)
  scratch.configuration.finetune = { ...scratch.configuration.finetune, initialization: 'scratch' }
  const tiny = fakePipeline('falls-tiny', 'tiny', falls, 'folders', allStages, 6)
  const base = fakePipeline(
    'falls-base',
    'b-from-b-kinetics-400',
    falls,
    'folders',
    ['image-teacher', 'video-teacher', 'distill'],
    60 * 2,
  )
  const classes = shapes.labelSets[1]!.classes
  const runs = [
    ...allStages.map((stage) =>
      fakeRun(demo, stage, {
        status: 'finished',
        result: stage === 'evaluate' ? resultOf(demo.id, classes, 0.78) : null,
      }),
    ),
    fakeRun(scratch, 'finetune', { status: 'finished' }),
    fakeRun(scratch, 'evaluate', { status: 'finished', result: resultOf(scratch.id, classes, 0.46) }),
    fakeRun(tiny, 'image-teacher', { status: 'finished' }),
    fakeRun(tiny, 'video-teacher', {
      status: 'running',
      step: 170,
      clipsPerSecond: 186,
      remainingMs: 52_000,
      unsaved: { fromStep: 150, ms: 4200 },
      durationMs: 36_000,
    }),
    fakeRun(tiny, 'distill', { waitsFor: ['falls-tiny-video-teacher'] }),
    fakeRun(tiny, 'finetune', { waitsFor: ['falls-tiny-distill'] }),
    fakeRun(tiny, 'evaluate', { waitsFor: ['falls-tiny-finetune'] }),
    fakeRun(base, 'image-teacher', {
      status: 'failed',
      step: 40,
      engine: 'onnx-cpu',
      endedAt: minutesAgo(112),
      durationMs: 480_000,
      exit: 'exit code 1',
      error: {
        code: 'out-of-memory',
        message: 'The image teacher needs 14.2 GiB and the machine has 7.8 GiB.',
        hint: 'Lower image-teacher.batchSize (now 64) or choose a smaller preset, then launch again.',
      },
    }),
    fakeRun(base, 'video-teacher', { status: 'stopped', step: 75, endedAt: minutesAgo(100), durationMs: 300_000 }),
    fakeRun(base, 'distill', { waitsFor: ['falls-base-image-teacher', 'falls-base-video-teacher'] }),
  ]
  const world: FakeWorld = {
    datasets: new Map([shapes, falls].map((dataset) => [dataset.name, dataset])),
    pipelines: new Map([demo, scratch, tiny, base].map((pipeline) => [pipeline.id, pipeline])),
    runs: new Map(runs.map((run) => [run.id, entryFor(run)])),
    divergences: new Map(),
    importedModels: new Map(
      [
        fakeModel('mae-base', '/home/ada/Downloads/mae_pretrain_vit_base.pth'),
        fakeModel('vmae-k400', '/home/ada/models/videomae-base'),
        fakeModel('ssv2-finetuned', '/home/ada/models/finetuned/checkpoint-49.pth'),
      ].map((card) => [card.name, card]),
    ),
    experiments: new Map(fakeExperiments().map((experiment) => [experiment.file.id, experiment])),
    events,
    tick() {
      for (const entry of world.runs.values()) {
        if (entry.run.status !== 'running') continue
        entry.run.step++
        const total = entry.run.totalSteps ?? 0
        entry.run.durationMs += 210
        entry.run.remainingMs = (total - entry.run.step) * 210
        for (const event of record(entry, entry.run.step)) events.publish('follow', { ...event, about: [entry.run.id] })
        if (entry.run.step >= total) finish(world, entry)
        events.publish('runs', { type: 'changed', run: { ...entry.run } })
      }
    },
    launch(pipeline) {
      world.pipelines.set(pipeline.id, pipeline)
      const queued = pipeline.configuration.stages.map((stage) =>
        fakeRun(pipeline, stage, {
          waitsFor: Object.values(inputsOf(pipeline.id, stage)).filter((id) => id !== undefined),
        }),
      )
      for (const run of queued) world.runs.set(run.id, entryFor(run))
      events.publish('runs', { type: 'launched', pipeline, runs: queued })
    },
  }
  return world
}

/** Ends a run and starts the next one of its pipeline. */
function finish(world: FakeWorld, entry: FakeRun): void {
  Object.assign(entry.run, { status: 'finished', endedAt: new Date().toISOString(), remainingMs: null })
  const { runIds } = world.pipelines.get(entry.run.pipelineId)!
  const next = world.runs.get(runIds[runIds.indexOf(entry.run.id) + 1] ?? '')
  if (next === undefined || next.run.status !== 'queued') return
  Object.assign(next.run, {
    status: 'running',
    waitsFor: [],
    startedAt: new Date().toISOString(),
    attempt: 1,
    engine: 'onnx-cpu',
    parameters: 884_736,
    totalSteps: 300,
    clipsPerSecond: 150,
    remainingMs: 63_000,
  })
  world.events.publish('runs', { type: 'changed', run: { ...next.run } })
}
