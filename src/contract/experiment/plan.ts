import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import { type Overrides, type PipelineRequest, runId } from '../domain/pipeline.ts'
import { type Stage, stageNames } from '../stages/index.ts'
import {
  chainOf,
  type Start,
  startingStage,
  studentFields,
  studentStages,
  teacherStages,
  testStage,
  tunedStage,
  tuningFields,
  tuningOf,
  type TuningPoint,
  withTuning,
} from '../stages/starts.ts'
import { withRuns } from '../stages/with-runs.ts'
import type { ExperimentPhase, ExperimentRequest } from './request.ts'

/** Added to a seed for each further fine-tuning seed, so that seeds stay different if more of either are chosen. */
const finetuningSeedStep = 1000

/** A pipeline of an experiment. Its name and its runs are known before it can be launched. */
export interface ExperimentPipeline {
  readonly name: string
  readonly phase: Exclude<ExperimentPhase, 'probes'>
  /** Pre-training seed. */
  readonly seed: number
  /** Null for teachers. */
  readonly start: Start | null
  /** Null for pre-training. */
  readonly labels: string | null
  /** Seed of fine-tuning; null for pre-training. */
  readonly finetuningSeed: number | null
  /** Point of the grid; null in other phases. */
  readonly point: TuningPoint | null
  readonly stages: readonly Stage[]
  /** Null while the selection that it needs has not finished. */
  readonly request: PipelineRequest | null
}

/** The values that were chosen for a start on a label set; undefined while they are not. */
export type ChosenTuning = (start: Start, labels: string) => TuningPoint | undefined

/** Pre-training seeds in order. */
export const pretrainingSeeds = ({ configuration, pretrainingSeeds: count }: ExperimentRequest): number[] =>
  Array.from({ length: count }, (_, index) => configuration.general.seed + index)

/** Fine-tuning seeds that belong to a pre-training seed; the first one is that seed itself. */
export const finetuningSeeds = ({ finetuningSeeds: count }: ExperimentRequest, seed: number): number[] =>
  Array.from({ length: count }, (_, index) => seed + index * finetuningSeedStep)

/** Every combination of the rates and decays. */
export function gridOf({ configuration, learningRates, layerDecays }: ExperimentRequest): TuningPoint[] {
  const base = tuningOf(configuration)
  const rates = learningRates.length === 0 ? [base.learningRate] : learningRates
  const decays = layerDecays.length === 0 ? [base.layerDecay] : layerDecays
  return rates.flatMap((learningRate) => decays.map((layerDecay) => ({ learningRate, layerDecay })))
}

/** Whether there is something to choose; otherwise the only point of the grid is taken. */
export const hasSelection = (request: ExperimentRequest): boolean => gridOf(request).length > 1

/** Every start on every label set. */
export const cellsOf = ({ starts, labels }: ExperimentRequest): { start: Start; labels: string }[] =>
  labels.flatMap((name) => starts.map((start) => ({ start, labels: name })))

/**
 * All pipelines of an experiment in the order of their launch: for the first seed teachers, students and selection, then the other seeds,
 * then the final ones. A pipeline takes the models of runs of others, for which its own runs wait in the queue.
 */
export function experimentPipelines(request: ExperimentRequest, chosen: ChosenTuning): ExperimentPipeline[] {
  const seeds = pretrainingSeeds(request)
  return [
    ...seeds.flatMap((seed, index) => [
      ...teachersOf(request, seed),
      ...studentsOf(request, seed),
      ...(index === 0 && hasSelection(request) ? selectionOf(request, seed) : []),
    ]),
    ...seeds.flatMap((seed, index) => finalOf(request, seed, index === 0, chosen)),
  ]
}

/** Id of the run whose model a start takes for a seed; undefined for random weights and for a chosen model. */
function startRun(request: ExperimentRequest, start: Start, seed: number): string | undefined {
  const chain = chainOf(start, request.configuration)
  const stage = startingStage(chain)
  return stage === undefined ? undefined : pretrainedRuns(request, start, chain, seed).get(stage)
}

/** A probe of the frozen features that classifiers of a start begin with. */
export interface ExperimentProbe {
  readonly start: Start
  readonly seed: number
  readonly labels: string
  /** The run whose model is probed. */
  readonly runId: string
}

/** The probes of an experiment: every trained start of every seed, on every label set. */
export function probesOf(request: ExperimentRequest): ExperimentProbe[] {
  if (!request.probes) return []
  return pretrainingSeeds(request).flatMap((seed) =>
    request.starts.flatMap((start) => {
      const run = startRun(request, start, seed)
      return run === undefined ? [] : request.labels.map((labels) => ({ start, seed, labels, runId: run }))
    }),
  )
}

/** Id of the run of a grid point. */
export const selectionRun = (request: ExperimentRequest, labels: string, start: Start, point: TuningPoint): string =>
  runId(selectionName(request, labels, start, point), tunedStage)

function teachersOf(request: ExperimentRequest, seed: number): ExperimentPipeline[] {
  const trained = request.starts.flatMap((start) => teacherStages(chainOf(start, request.configuration)))
  const stages = stageNames.filter((stage) => trained.includes(stage))
  if (stages.length === 0) return []
  return [
    pipelineOf(request, {
      name: teachersName(request, seed),
      phase: 'teachers',
      seed,
      stages,
      configuration: withSeed({ ...request.configuration, inputs: {}, stages }, seed),
      overrides: { 'general.seed': seed },
    }),
  ]
}

function studentsOf(request: ExperimentRequest, seed: number): ExperimentPipeline[] {
  return request.starts.flatMap((start) => {
    const chain = chainOf(start, request.configuration)
    const stages = studentStages(chain)
    if (stages.length === 0) return []
    return [
      pipelineOf(request, {
        name: studentName(request, start, seed),
        phase: 'students',
        seed,
        start,
        stages,
        configuration: withSeed(withRuns(chain, pretrainedRuns(request, start, chain, seed), stages), seed),
        overrides: { ...studentFields(start), 'general.seed': seed },
      }),
    ]
  })
}

function selectionOf(request: ExperimentRequest, seed: number): ExperimentPipeline[] {
  return request.labels.flatMap((labels) =>
    request.starts.flatMap((start) =>
      gridOf(request).map((point) =>
        classifierOf(request, {
          name: selectionName(request, labels, start, point),
          phase: 'selection',
          seed,
          finetuningSeed: seed,
          start,
          labels,
          point,
          stages: [tunedStage],
          tuning: point,
        }),
      ),
    ),
  )
}

function finalOf(
  request: ExperimentRequest,
  seed: number,
  isFirstSeed: boolean,
  chosen: ChosenTuning,
): ExperimentPipeline[] {
  return request.labels.flatMap((labels) =>
    request.starts.flatMap((start) =>
      finetuningSeeds(request, seed).map((finetuningSeed, index) => {
        const tuning = hasSelection(request) ? chosen(start, labels) : gridOf(request)[0]
        // The selection has trained this classifier already.
        const isTrained = hasSelection(request) && isFirstSeed && index === 0
        return classifierOf(request, {
          name: `${request.name}-${labels}-${start}-s${seed}-f${finetuningSeed}`,
          phase: 'final',
          seed,
          finetuningSeed,
          start,
          labels,
          point: null,
          stages: isTrained ? [testStage] : [tunedStage, testStage],
          tuning,
        })
      }),
    ),
  )
}

interface Classifier {
  readonly name: string
  readonly phase: 'selection' | 'final'
  readonly seed: number
  readonly finetuningSeed: number
  readonly start: Start
  readonly labels: string
  readonly point: TuningPoint | null
  readonly stages: readonly Stage[]
  readonly tuning: TuningPoint | undefined
}

function classifierOf(request: ExperimentRequest, classifier: Classifier): ExperimentPipeline {
  const { start, labels, seed, finetuningSeed, stages, tuning, ...rest } = classifier
  if (tuning === undefined) return { ...rest, seed, start, labels, finetuningSeed, stages, request: null }
  const chain = chainOf(start, withTuning(request.configuration, tuning))
  const runs = new Map(pretrainedRuns(request, start, chain, seed))
  if (!stages.includes(tunedStage)) runs.set(tunedStage, selectionRun(request, labels, start, tuning))
  return pipelineOf(request, {
    ...rest,
    seed,
    start,
    labels,
    finetuningSeed,
    stages,
    configuration: withSeed(withRuns(chain, runs, stages), finetuningSeed),
    overrides: { ...studentFields(start), ...tuningFields(tuning), 'general.seed': finetuningSeed },
  })
}

interface Described {
  readonly name: string
  readonly phase: ExperimentPipeline['phase']
  readonly seed: number
  readonly stages: readonly Stage[]
  readonly configuration: PipelineConfiguration
  readonly overrides: Overrides
  readonly start?: Start
  readonly labels?: string
  readonly finetuningSeed?: number
  readonly point?: TuningPoint | null
}

function pipelineOf({ name: group, dataset, preset }: ExperimentRequest, described: Described): ExperimentPipeline {
  const { name, phase, seed, stages, configuration, overrides } = described
  const { start = null, labels = null, finetuningSeed = null, point = null } = described
  const request: PipelineRequest = {
    name,
    dataset,
    preset,
    configuration,
    group,
    experiment: group,
    overrides,
    ...(labels === null ? {} : { labels }),
  }
  return { name, phase, seed, start, labels, finetuningSeed, point, stages, request }
}

/** The runs of a seed that make the models before fine-tuning, by stage. */
function pretrainedRuns(
  request: ExperimentRequest,
  start: Start,
  chain: PipelineConfiguration,
  seed: number,
): Map<Stage, string> {
  return new Map([
    ...teacherStages(chain).map((stage) => [stage, runId(teachersName(request, seed), stage)] as const),
    ...studentStages(chain).map((stage) => [stage, runId(studentName(request, start, seed), stage)] as const),
  ])
}

const teachersName = ({ name }: ExperimentRequest, seed: number): string => `${name}-teachers-s${seed}`
const studentName = ({ name }: ExperimentRequest, start: Start, seed: number): string => `${name}-${start}-s${seed}`
const selectionName = (
  { name }: ExperimentRequest,
  labels: string,
  start: Start,
  { learningRate, layerDecay }: TuningPoint,
): string => `${name}-${labels}-${start}-r${numberWord(learningRate)}-d${numberWord(layerDecay)}`

/** A number in a name: `0.016` -> `0p016`, `1e-7` -> `1e-7`. */
const numberWord = (value: number): string => String(value).replace('.', 'p').replace('+', '')

const withSeed = (configuration: PipelineConfiguration, seed: number): PipelineConfiguration => ({
  ...configuration,
  general: { ...configuration.general, seed },
})
