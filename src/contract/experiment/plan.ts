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
import type { ExperimentRequest } from './request.ts'

/** Added to a seed for each further fine-tuning seed, so that seeds stay different if more of either are chosen. */
export const finetuningSeedStep = 1000

interface PlannedPipeline {
  readonly name: string
  /** Pre-training seed. */
  readonly seed: number
  readonly stages: readonly Stage[]
}

interface PlannedClassifier extends PlannedPipeline {
  readonly start: Start
  readonly labels: string
  readonly finetuningSeed: number
}

/** A pipeline of an experiment. Its name and its runs are known before it can be launched. */
export type ExperimentPipeline =
  | (PlannedPipeline & { readonly phase: 'teachers'; readonly start: null; readonly labels: null })
  | (PlannedPipeline & { readonly phase: 'students'; readonly start: Start; readonly labels: null })
  | (PlannedClassifier & { readonly phase: 'selection'; readonly point: TuningPoint })
  | (PlannedClassifier & { readonly phase: 'final' })

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

/** Plans by request: progress is computed several times a second from the same one. */
const plans = new WeakMap<ExperimentRequest, readonly ExperimentPipeline[]>()

/**
 * All pipelines of an experiment in the order of their launch: for the first seed teachers, students and selection, then the other seeds,
 * then the final ones. Each comes after those whose models it takes.
 */
export function experimentPipelines(request: ExperimentRequest): readonly ExperimentPipeline[] {
  const known = plans.get(request)
  if (known !== undefined) return known
  const chains = request.starts.map((start) => ({ start, chain: chainOf(start, request.configuration) }))
  const trained = chains.flatMap(({ chain }) => teacherStages(chain))
  const teachers = stageNames.filter((stage) => trained.includes(stage))
  const seeds = pretrainingSeeds(request)
  const planned = [
    ...seeds.flatMap((seed, index): ExperimentPipeline[] => [
      ...(teachers.length === 0
        ? []
        : [
            {
              phase: 'teachers' as const,
              name: teachersName(request, seed),
              seed,
              stages: teachers,
              start: null,
              labels: null,
            },
          ]),
      ...chains.flatMap(({ start, chain }): ExperimentPipeline[] => {
        const stages = studentStages(chain)
        const name = studentName(request, start, seed)
        return stages.length === 0 ? [] : [{ phase: 'students', name, seed, start, labels: null, stages }]
      }),
      ...(index === 0 && hasSelection(request) ? selectionOf(request, seed) : []),
    ]),
    ...seeds.flatMap((seed, index) => finalOf(request, seed, index === 0)),
  ]
  plans.set(request, planned)
  return planned
}

function selectionOf(request: ExperimentRequest, seed: number): ExperimentPipeline[] {
  return cellsOf(request).flatMap(({ start, labels }) =>
    gridOf(request).map((point): ExperimentPipeline => {
      const name = selectionName(request, labels, start, point)
      return { phase: 'selection', name, seed, finetuningSeed: seed, start, labels, point, stages: [tunedStage] }
    }),
  )
}

function finalOf(request: ExperimentRequest, seed: number, isFirstSeed: boolean): ExperimentPipeline[] {
  return cellsOf(request).flatMap(({ start, labels }) =>
    finetuningSeeds(request, seed).map((finetuningSeed, index): ExperimentPipeline => {
      // The selection has trained this classifier already.
      const isTrained = hasSelection(request) && isFirstSeed && index === 0
      const stages = isTrained ? [testStage] : [tunedStage, testStage]
      const name = `${request.name}-${labels}-${start}-s${seed}-f${finetuningSeed}`
      return { phase: 'final', name, seed, finetuningSeed, start, labels, stages }
    }),
  )
}

/**
 * The request that launches a pipeline. It takes the models of runs of other pipelines, for which its own runs wait in the queue.
 * @param chosen the values of fine-tuning that were chosen for its start and label set; only the final phase needs them
 * @returns undefined while they are not chosen
 */
export function launchOf(
  request: ExperimentRequest,
  pipeline: ExperimentPipeline,
  chosen: TuningPoint | undefined,
): PipelineRequest | undefined {
  const { name: group, dataset, preset, configuration } = request
  const { name, seed, stages, labels } = pipeline
  const of = (own: PipelineConfiguration, ownSeed: number, overrides: Overrides): PipelineRequest => ({
    name,
    dataset,
    preset,
    group,
    experiment: group,
    ...(labels === null ? {} : { labels }),
    configuration: { ...own, general: { ...own.general, seed: ownSeed } },
    overrides: { ...overrides, 'general.seed': ownSeed },
  })
  if (pipeline.phase === 'teachers') return of({ ...configuration, inputs: {}, stages: [...stages] }, seed, {})
  const { start } = pipeline
  const chain = chainOf(start, configuration)
  const runs = pretrainedRuns(request, start, chain, seed)
  if (pipeline.phase === 'students') return of(withRuns(chain, runs, stages), seed, studentFields(start))
  const tuning = pipeline.phase === 'selection' ? pipeline.point : chosen
  if (tuning === undefined) return undefined
  if (!stages.includes(tunedStage)) runs.set(tunedStage, selectionRun(request, pipeline.labels, start, tuning))
  return of(withRuns(withTuning(chain, tuning), runs, stages), pipeline.finetuningSeed, {
    ...studentFields(start),
    ...tuningFields(tuning),
  })
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
  const chains = request.starts.map((start) => ({ start, chain: chainOf(start, request.configuration) }))
  return pretrainingSeeds(request).flatMap((seed) =>
    chains.flatMap(({ start, chain }) => {
      const stage = startingStage(chain)
      const run = stage === undefined ? undefined : pretrainedRuns(request, start, chain, seed).get(stage)
      return run === undefined ? [] : request.labels.map((labels) => ({ start, seed, labels, runId: run }))
    }),
  )
}

/** Id of the run of a grid point. */
export const selectionRun = (request: ExperimentRequest, labels: string, start: Start, point: TuningPoint): string =>
  runId(selectionName(request, labels, start, point), tunedStage)

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
