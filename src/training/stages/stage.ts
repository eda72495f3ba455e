import type { DatasetManifest } from '#contract/domain/dataset.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import type { MetricName } from '#contract/domain/metric.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import type { TestResult } from '#contract/domain/result.ts'
import type { RunFile } from '#contract/domain/run.ts'
import type { ClipReader } from '../data/clip.ts'
import type { Engine, StepResult, TrainingProgram } from '../engine/program/engine.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'

export type Metrics = Partial<Record<MetricName, number>>

/** What a stage works with. `inputs` are trained models, by role. */
export interface StageContext {
  readonly file: RunFile
  readonly folder: string
  readonly manifest: DatasetManifest
  readonly engine: Engine
  readonly pool: ClipReader
  readonly inputs: StageInputs
  warn(message: string): void
}

export type StageInputs = Readonly<Partial<Record<InputRole, TrainedModel>>>

export const descriptionsOf = (inputs: StageInputs): Partial<Record<InputRole, ModelDescription>> =>
  Object.fromEntries(Object.entries(inputs).map(([role, { model }]: [string, TrainedModel]) => [role, model]))

/** The inputs of one batch and where they came from. */
export interface TrainingBatch {
  readonly inputs: NamedHostTensors
  /** Paths of the videos in the batch, for the report of a diverged step. */
  readonly videos: readonly string[]
}

/** A stage that trains: what one step computes, on what, and what is shown of it. Nothing here depends on the step before. */
export interface TrainingStage extends AsyncDisposable {
  /** What its checkpoints hold. */
  readonly model: ModelDescription
  readonly program: TrainingProgram
  /** Made anew at each reading, so that a stage which has begun holds none. */
  readonly initialParameters: NamedHostTensors
  /** Trained numbers. */
  readonly parameterCount: number
  readonly stepsPerEpoch: number
  readonly epochs: number
  /** Samples that one optimizer step sees, in `accumulationSteps` batches. */
  readonly samplesPerStep: number
  readonly accumulationSteps: number
  /** Learning rate of each optimizer step, before the groups' scales. */
  readonly learningRates: ArrayLike<number>
  readonly classes: readonly string[] | null
  /** The batch `part` of a step, both counted from 0; the same step and part give the same batch. */
  batch(step: number, part: number): Promise<TrainingBatch>
  /** Further inputs that frozen models compute from those of the batch. */
  targets?(inputs: NamedHostTensors): Promise<NamedHostTensors>
  /** What to record of a step beside loss and gradient norm. */
  metrics(result: StepResult): Metrics
  /** The masked clip with its reconstruction or error maps, under the given weights. Absent where there is none. */
  picture?(parameters: NamedHostTensors, step: number): Promise<MediaItem>
  /** Measures on held-back videos under the given weights. Absent where there is nothing to hold back. */
  validate?(parameters: NamedHostTensors): Promise<Metrics>
}

/** A stage that measures and writes no checkpoint. */
export interface MeasuringStage extends AsyncDisposable {
  readonly steps: number
  readonly batchSize: number
  readonly parameterCount: number
  /** Does one step, counted from 0, in order. */
  step(step: number): Promise<void>
  /** What all steps together say. */
  conclude(): { metrics: Metrics; result: TestResult }
}
