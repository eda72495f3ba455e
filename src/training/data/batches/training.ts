import { StudioError } from '#contract/api/errors.ts'
import { samplesPerStep } from '#contract/configuration/counts.ts'
import type { Sample } from '#contract/domain/dataset.ts'
import type { ClipPlan, DecodedVideo } from '../clip.ts'
import { decodedVideo } from '../clip.ts'
import { ClipLoader, type PlannedClip, type StackedClips } from '../load-clips.ts'
import { positionsInStep, type StepShape } from '../micro-batch.ts'
import { PixelMemory } from '../pixel-memory.ts'
import type { Draws } from '../random.ts'
import { epochOrder, stepsPerEpoch } from '../sampling.ts'
import { type DataSource, fixedSampleDraws, sampleDraws } from '../source.ts'

/** Micro-batches of a training stage. Each is a function of the step and its number in it, both counted from 0. */
export interface Batches<B> {
  readonly stepsPerEpoch: number
  /** `step` counts over all epochs. */
  at(step: number, microBatch?: number): Promise<B>
  /** Reuses the memory of a batch. Call it when nothing reads the batch any more. */
  release(batch: B): void
}

/** How a stage turns samples into batches. */
export interface BatchRecipe<B> {
  readonly samples: readonly Sample[]
  readonly shape: StepShape
  /** Key of the random draws of `plan`. */
  readonly purpose: string
  readonly shortSide: number
  plan(draws: Draws, sample: Sample, decoded: DecodedVideo): ClipPlan
  /** Fixed draws of each sample, which its visits take in turn; 0 or nothing draws another one for each visit. */
  readonly fixedDraws?: number
  /** Probability of random erasing. */
  readonly erasing?: number
  collate(batch: StackedClips): B
}

/** Which clip a stage takes where. Positions count the samples of an optimizer step, over all its micro-batches. */
export interface ClipOrder {
  readonly stepsPerEpoch: number
  /** The clip at a position of a step, both counted from 0. Attempt 0 is the first choice; others replace what cannot be read. */
  clipAt(step: number, position: number, attempt: number): PlannedClip
  /** Steps and positions at which an epoch takes a sample: none if it is among those that the last partial step would have had. */
  placesOf(epoch: number, sampleId: string): { readonly step: number; readonly position: number }[]
}

/**
 * The clips of all epochs; every epoch visits the samples in another order.
 * @throws StudioError `configuration-invalid` if an epoch is smaller than one step.
 */
export function clipOrder<B>(
  source: DataSource,
  { samples, shape, purpose, shortSide, plan, fixedDraws = 0, erasing = 0 }: BatchRecipe<B>,
): ClipOrder {
  const { samplesPerVideo } = shape
  const perStep = samplesPerStep(shape)
  const steps = stepsPerEpoch(samples.length, samplesPerVideo, perStep)
  if (steps === 0) throw stepTooLarge(shape, samples.length)
  let order: { epoch: number; indices: Int32Array } | undefined
  const orderOf = (epoch: number): Int32Array => {
    if (order?.epoch !== epoch) order = { epoch, indices: epochOrder(source.seed, epoch, samples.length) }
    return order.indices
  }
  const sampleAt = (index: number | undefined): Sample => {
    const sample = index === undefined ? undefined : samples[index]
    if (sample === undefined) throw new RangeError(`there is no sample ${index} among ${samples.length}`)
    return sample
  }
  return {
    stepsPerEpoch: steps,
    clipAt(step, position, attempt) {
      const epoch = Math.floor(step / steps)
      const place = (step % steps) * perStep + position
      const sample = sampleAt(
        attempt === 0
          ? orderOf(epoch)[Math.floor(place / samplesPerVideo)]
          : sampleDraws(source, 'replacement', step, position, attempt).integer(samples.length),
      )
      // A sample is visited once for each of its samples of an epoch.
      const visit = epoch * samplesPerVideo + (place % samplesPerVideo)
      const draws =
        fixedDraws === 0
          ? sampleDraws(source, purpose, step, position, attempt)
          : fixedSampleDraws(source, purpose, sample.id, visit % fixedDraws)
      const planned = plan(draws, sample, decodedVideo(source.manifest.root, sample.video, shortSide))
      if (erasing === 0) return { sample, plan: planned }
      return { sample, plan: { ...planned, erasing: { probability: erasing, seed: source.seed, step, position } } }
    },
    placesOf(epoch, sampleId) {
      const first = orderOf(epoch).indexOf(samples.findIndex(({ id }) => id === sampleId)) * samplesPerVideo
      if (first < 0) return []
      const places = Array.from({ length: samplesPerVideo }, (_, view) => first + view)
      return places
        .filter((place) => place < steps * perStep)
        .map((place) => ({ step: epoch * steps + Math.floor(place / perStep), position: place % perStep }))
    },
  }
}

/**
 * Batches of the clips of all epochs.
 * @throws StudioError `configuration-invalid` if an epoch is smaller than one step.
 */
export function trainingBatches<B extends object>(source: DataSource, recipe: BatchRecipe<B>): Batches<B> {
  const order = clipOrder(source, recipe)
  const loader = new ClipLoader(source)
  const memory = new PixelMemory()
  return {
    stepsPerEpoch: order.stepsPerEpoch,
    async at(step, microBatch = 0) {
      const positions = positionsInStep(recipe.shape, microBatch)
      const clipAt = (index: number, attempt: number) => order.clipAt(step, positions[index] ?? 0, attempt)
      return recipe.collate(await loader.loadAll(positions.length, clipAt, memory))
    },
    release: (batch) => memory.release(...Object.values(batch).filter((value) => value instanceof Float32Array)),
  }
}

function stepTooLarge({ batchSize, accumulationSteps, samplesPerVideo }: StepShape, videos: number): StudioError {
  const step =
    accumulationSteps === 1
      ? `The batch of ${batchSize} samples is`
      : `An optimizer step of ${accumulationSteps} batches of ${batchSize} samples is`
  const hint =
    accumulationSteps === 1
      ? 'Lower batchSize, or raise samplesPerVideo.'
      : 'Lower accumulationSteps or batchSize, or raise samplesPerVideo.'
  return new StudioError(
    'configuration-invalid',
    `${step} larger than an epoch: ${videos} videos with ${samplesPerVideo} samples each.`,
    hint,
  )
}
