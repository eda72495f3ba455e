import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { DatasetManifest, LabelSet } from '#contract/domain/dataset.ts'
import type { BatchClip } from '#contract/domain/divergence.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import type { MetricName } from '#contract/domain/metric.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import type { TestResult } from '#contract/domain/result.ts'
import type { ClipReader } from '../data/clip.ts'
import type { Engine, StepResult, TrainingProgram } from '../engine/program/engine.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import type { KnownTargets } from '../targets/known-targets.ts'
import type { Arithmetic } from '../targets/target-key.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'

export type Metrics = Partial<Record<MetricName, number>>

/** Everything that a stage uses besides its own configuration. */
export interface StageContext {
  readonly seed: number
  readonly clip: ClipConfiguration
  /** The label set that was chosen, if there is one. */
  readonly labelSet: LabelSet | undefined
  readonly manifest: DatasetManifest
  readonly engine: Engine
  readonly clipReader: ClipReader
  /** Models that the stage takes, by role. */
  readonly inputs: StageInputs
  /** Absent from an estimate or a measurement, which keep none. */
  readonly keptTargets?: KeptTargets | undefined
  /** Folder of the run, below which pictures are written. */
  readonly folder: string
  warn(message: string): void
}

/** @throws StudioError `configuration-invalid` if no label set was chosen. */
export function requireLabelSet({ labelSet, manifest }: StageContext): LabelSet {
  if (labelSet !== undefined) return labelSet
  throw new StudioError(
    'configuration-invalid',
    `No label set of the dataset ${manifest.name} was chosen.`,
    `Launch the pipeline with one of: ${manifest.labelSets.map(({ name }) => name).join(', ')}.`,
  )
}

export type StageInputs = Readonly<Partial<Record<InputRole, TrainedModel>>>

export const descriptionsOf = (inputs: StageInputs): Partial<Record<InputRole, ModelDescription>> =>
  Object.fromEntries(Object.entries(inputs).map(([role, { model }]: [string, TrainedModel]) => [role, model]))

/** Where features of frozen teachers are kept, and how they are computed. */
export interface KeptTargets {
  readonly folder: string
  readonly arithmetic: Omit<Arithmetic, 'engine'>
}

/** The inputs of a micro-batch and the clips that they come from. */
export interface TrainingBatch {
  readonly inputs: NamedHostTensors
  /** Its videos and their frames, for the report of a diverged step. */
  readonly clips: readonly BatchClip[]
  /** What is known of the features of frozen models. */
  readonly known?: KnownTargets
}

/** A stage that trains: what a step computes, its batches, and its pictures. No member depends on an earlier step. */
export interface TrainingStage extends AsyncDisposable {
  /** The model in its checkpoints. */
  readonly model: ModelDescription
  readonly program: TrainingProgram
  /** Created on every access, so that an open stage does not hold them. */
  readonly initialParameters: NamedHostTensors
  /** Number of trained values. */
  readonly parameterCount: number
  readonly stepsPerEpoch: number
  readonly epochs: number
  /** Effective batch size: samples of one optimizer step, in `accumulationSteps` micro-batches. */
  readonly samplesPerStep: number
  readonly accumulationSteps: number
  /** Learning rate of each optimizer step, before the groups' scales. */
  readonly learningRates: ArrayLike<number>
  readonly classes: readonly string[] | null
  /** Training videos of each class, if it has classes. */
  readonly trainingVideos?: readonly number[]
  /** Starts to prepare the batches from a step on: decoders work while the engine is opened. */
  prepareFrom(step: number): void
  /** Micro-batch `index` of a step, both counted from 0. The same step and index give the same batch. */
  batch(step: number, index: number): Promise<TrainingBatch>
  /** Further inputs that frozen models compute from those of the batch. */
  targets?(batch: Pick<TrainingBatch, 'inputs' | 'known'>): Promise<NamedHostTensors>
  /** Metrics of a step besides loss and gradient norm. */
  metrics(result: StepResult): Metrics
  /** The masked clip with its reconstruction or error maps, for the given weights. Absent if the stage makes no pictures. */
  picture?(parameters: NamedHostTensors, step: number): Promise<MediaItem>
  /** Metrics on the validation split, for the given weights. Absent if the split has no labelled samples. */
  validate?(parameters: NamedHostTensors): Promise<Metrics>
}

/** A stage that evaluates a model and writes no checkpoint. */
export interface MeasuringStage extends AsyncDisposable {
  readonly steps: number
  readonly batchSize: number
  readonly parameterCount: number
  /** Computes a step, counted from 0. Steps are computed in order. */
  step(step: number): Promise<void>
  /** Metrics and result over all steps. */
  conclude(): { metrics: Metrics; result: TestResult }
}
