import { runId } from '#contract/domain/pipeline.ts'
import type { TestResult } from '#contract/domain/result.ts'
import type { RunStatus } from '#contract/domain/run.ts'
import { costMeasurements, type ExperimentStageCost, phaseCosts } from '#contract/experiment/cost.ts'
import { outcomeOf } from '#contract/experiment/outcome.ts'
import { experimentPipelines, probesOf } from '#contract/experiment/plan.ts'
import {
  type ExperimentRun,
  type ExperimentSummary,
  progressOf,
  tuningFor,
  type ExperimentProblem,
} from '#contract/experiment/progress.ts'
import { type ExperimentFile, type ExperimentRequest, experimentRequest } from '#contract/experiment/request.ts'
import type { ExperimentDetail } from '#contract/experiment/result.ts'
import { type Start, testStage, tunedStage } from '#contract/stages/starts.ts'
import { fakeCost } from './fake-costs.ts'
import { noise } from './fake-curves.ts'
import { minutesAgo, presetNamed, shapes } from './fake-data.ts'
import { fakeProbe } from './fake-probes.ts'

const classes = ['down', 'left', 'right', 'shrink', 'spin', 'still', 'turn', 'up']
const videosPerClass = 80

/** Top-1 of a start with many labels, and what few labels take from it. */
const skill: Readonly<Record<Start, number>> = {
  'image-student': 0.55,
  'video-student': 0.66,
  'both-student': 0.7,
  videomae: 0.6,
  scratch: 0.42,
}

/** An experiment whose first runs have finished. */
export class FakeExperiment {
  readonly file: ExperimentFile
  readonly #runs = new Map<string, ExperimentRun>()
  readonly #problems: ExperimentProblem[] = []
  #probed = 0

  constructor(request: ExperimentRequest, createdAt: string) {
    this.file = {
      version: 1,
      id: request.name,
      createdAt,
      studioVersion: '0.1.0',
      datasetDigest: shapes.digest,
      request,
      stoppedAt: null,
      finishedAt: null,
    }
  }

  get request(): ExperimentRequest {
    return this.file.request
  }

  /** Ids of all runs in the order of the plan, as far as they can be launched. */
  get runIds(): string[] {
    return experimentPipelines(this.request).flatMap((pipeline) =>
      pipeline.phase === 'final' &&
      tuningFor(this.request, pipeline.start, pipeline.labels, (id) => this.#runs.get(id)) === undefined
        ? []
        : pipeline.stages.map((stage) => runId(pipeline.name, stage)),
    )
  }

  /** Finishes the first `count` runs; all with `Infinity`, probes included. The one after them computes. */
  advance(count: number): this {
    // Values are chosen when the grid has finished, so that more runs can be launched then.
    for (let known = -1; known !== this.runIds.length;) {
      known = this.runIds.length
      for (const [index, id] of this.runIds.entries())
        this.#runs.set(id, run(index < count ? 'finished' : index === count ? 'running' : 'queued', this.#top1(id)))
    }
    if (count === Infinity) this.#probed = probesOf(this.request).length
    return this
  }

  /** Ends the run that computes. */
  end(status: RunStatus, message: string | null): this {
    const id = this.runIds.find((other) => this.#runs.get(other)?.status === 'running')
    if (id === undefined) throw new Error('No run computes.')
    this.#runs.set(id, {
      ...run(status, 0),
      error: message === null ? null : { code: 'out-of-memory', message, hint: 'Lower the batch size.' },
    })
    for (const other of this.runIds) {
      const found = this.#runs.get(other)
      if (found?.status === 'queued') this.#runs.set(other, { ...found, waitsFor: [id] })
    }
    return this
  }

  /** Runs of the grid at this learning rate diverged. */
  diverge(learningRate: number): this {
    for (const pipeline of experimentPipelines(this.request))
      if (pipeline.phase === 'selection' && pipeline.point.learningRate === learningRate)
        this.#runs.set(runId(pipeline.name, tunedStage), {
          ...run('failed', 0),
          error: { code: 'diverged', message: 'The loss became NaN at step 40.', hint: 'Lower the learning rate.' },
        })
    return this
  }

  stop(): this {
    this.file.stoppedAt = minutesAgo(1)
    for (const [id, found] of this.#runs)
      if (found.status === 'running' || found.status === 'queued') this.#runs.set(id, { ...found, status: 'stopped' })
    return this
  }

  resume(): this {
    this.file.stoppedAt = null
    for (const [id, found] of this.#runs)
      if (found.status !== 'finished' && found.error?.code !== 'diverged')
        this.#runs.set(id, { ...found, status: 'queued', error: null, waitsFor: [] })
    return this
  }

  summary(): ExperimentSummary {
    const probes = probesOf(this.request).length
    return {
      ...this.file,
      ...progressOf(this.file, {
        find: (id) => this.#runs.get(id),
        probes: { total: probes, finished: this.#probed, isRunning: false },
        problems: this.#problems,
      }),
      pipelineIds: [...new Set([...this.#runs.keys()].map((id) => id.slice(0, id.lastIndexOf('.'))))],
      durationMs: 41_000 * [...this.#runs.values()].filter(({ status }) => status === 'finished').length,
    }
  }

  detail(): ExperimentDetail {
    const { request } = this
    const result = outcomeOf(request, {
      find: (id) => this.#runs.get(id),
      test: (id) => (id.endsWith(`.${testStage}`) && this.#runs.get(id)?.status === 'finished' ? this.#test(id) : null),
      labelSet: (name) => ({ classes: classesOf(name), trainingVideos: classes.map(() => labelsOf(name)) }),
      probes: probesOf(request)
        .slice(0, this.#probed)
        .map((probe) => ({
          probe,
          record: fakeProbe(
            { model: probe.runId, dataset: request.dataset, methods: ['knn', 'linear'], neighbours: 20 },
            shapes,
            probe.labels,
            {
              frameSimilarity: Array.from({ length: 4 }, (_, i) =>
                Array.from(
                  { length: 4 },
                  (_, j) => 1 - (Math.abs(i - j) / 3) * (skill[probe.start] - 0.3) - 0.01 * probe.seed,
                ),
              ),
            },
          ),
        })),
      pipelines: [],
      engines: ['ONNX Runtime 1.30.0, CPU, 8 threads'],
      dataset: { name: request.dataset, digest: shapes.digest, state: 'same' },
    })
    return { experiment: this.summary(), result }
  }

  /** Top-1 of a run by what its pipeline starts from, its labels and its seed. */
  #top1(id: string): number {
    const pipeline = experimentPipelines(this.request).find(({ name }) => id.startsWith(`${name}.`))
    if (pipeline?.phase !== 'selection' && pipeline?.phase !== 'final') return 0
    const { start, labels, seed, finetuningSeed } = pipeline
    const few = 1 - 0.6 / Math.sqrt(labelsOf(labels))
    const rate = pipeline.phase === 'final' ? 0 : Math.abs(Math.log(pipeline.point.learningRate / 0.002)) * 0.02
    return skill[start] * few + 0.03 * (noise(seed + 3, finetuningSeed + labelsOf(labels)) - 0.5) - rate
  }

  #test(id: string): TestResult {
    const top1 = this.#top1(id)
    const labels = this.request.labels.find((name) => id.includes(`-${name}-`)) ?? ''
    const confusion = classes.map((_, row) => {
      const correct = Math.round(videosPerClass * Math.min(1, top1 + 0.1 * (noise(row, 1) - 0.5)))
      return classes.map((__, column) =>
        column === row ? correct : column === (row + 1) % classes.length ? videosPerClass - correct : 0,
      )
    })
    const correct = confusion.reduce((sum, counts, row) => sum + (counts[row] ?? 0), 0)
    return {
      task: 'classification',
      top1: correct / (videosPerClass * classes.length),
      top5: 0.95,
      videos: videosPerClass * classes.length,
      views: 2,
      classes: classesOf(labels),
      confusion,
      trainingVideos: classes.map(() => labelsOf(labels)),
    }
  }
}

const run = (status: RunStatus, top1: number): ExperimentRun => ({
  status,
  error: null,
  waitsFor: [],
  validation: { top1, loss: 2 - top1 },
})

/** `motion-8` has eight labels per class. */
const labelsOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 16)
/** Label sets of one topic have the same classes. */
const classesOf = (name: string): string[] =>
  classes.map((label) => (name.startsWith('motion') ? label : `glyph ${label}`))

/** A request over the fake glyphs. */
export const fakeExperimentRequest = (changes: Partial<ExperimentRequest>): ExperimentRequest =>
  experimentRequest.parse({
    name: 'glyphs-teachers-1',
    dataset: 'glyphs',
    labels: ['motion-2', 'motion-8', 'appearance-2', 'appearance-8'],
    preset: 'demo',
    configuration: presetNamed('demo').configuration,
    starts: ['image-student', 'video-student', 'both-student', 'videomae', 'scratch'],
    learningRates: [0.001, 0.002, 0.004],
    layerDecays: [0.75, 1],
    ...changes,
  })

/** Experiments that exist when the window opens: one in each state. */
export const fakeExperiments = (): FakeExperiment[] => [
  new FakeExperiment(fakeExperimentRequest({}), minutesAgo(60 * 20)).advance(Infinity),
  new FakeExperiment(
    fakeExperimentRequest({
      name: 'falls-one-seed',
      dataset: 'bed-falls',
      labels: ['motion-8'],
      pretrainingSeeds: 1,
      learningRates: [],
      layerDecays: [],
      probes: false,
    }),
    minutesAgo(60 * 3),
  ).advance(Infinity),
  new FakeExperiment(fakeExperimentRequest({ name: 'glyphs-blocked', labels: ['motion-8'] }), minutesAgo(50))
    .advance(4)
    .end('failed', 'The distillation needs 14.2 GiB and the machine has 7.8 GiB.'),
  new FakeExperiment(
    fakeExperimentRequest({ name: 'glyphs-running', labels: ['motion-2', 'motion-8'] }),
    minutesAgo(30),
  )
    .advance(120)
    .diverge(0.004),
  new FakeExperiment(
    fakeExperimentRequest({ name: 'glyphs-stopped', starts: ['both-student', 'scratch'] }),
    minutesAgo(9),
  )
    .advance(2)
    .stop(),
]

/** What a measurement of a request yields. */
export function fakeExperimentCosts(request: ExperimentRequest) {
  const costs = costMeasurements(request).flatMap(({ stages, labels, start }) =>
    stages.map((stage, index): ExperimentStageCost => ({ ...fakeCost(stage, index), labels, start })),
  )
  const phases = phaseCosts(request, costs)
  return { stages: costs, phases, durationMs: phases.reduce((sum, { durationMs }) => sum + durationMs, 0) }
}
