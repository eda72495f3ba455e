import { StudioError } from '#contract/api/errors.ts'
import { samplesPerStep } from '#contract/configuration/rules.ts'
import type { Video } from '#contract/domain/dataset.ts'
import type { ClipPlan, DecodedVideo } from '../clip.ts'
import { decodedVideo } from '../clip.ts'
import { ClipLoader, type LoadedClip } from '../load-clips.ts'
import { positionsInStep, type StepShape } from '../micro-batch.ts'
import { PixelMemory } from '../pixel-memory.ts'
import type { Draws } from '../random.ts'
import { epochOrder, stepsPerEpoch } from '../sampling.ts'
import { type DataSource, sampleDraws } from '../source.ts'

/** Micro-batches of a training stage. Each is a function of the step and its number in it, both counted from 0. */
export interface Batches<B> {
  readonly stepsPerEpoch: number
  /** `step` counts over all epochs. */
  at(step: number, microBatch?: number): Promise<B>
  /** Reuses the memory of a batch. Call it when nothing reads the batch any more. */
  release(batch: B): void
}

/** How a stage turns videos into batches. */
export interface BatchRecipe<B> {
  readonly videos: readonly Video[]
  readonly shape: StepShape
  /** Key of the random draws of `plan`. */
  readonly purpose: string
  readonly shortSide: number
  plan(draws: Draws, video: Video, decoded: DecodedVideo): ClipPlan
  /** `drawsOf` gives random numbers of a clip of the batch for another purpose. */
  collate(clips: readonly LoadedClip[], memory: PixelMemory, drawsOf: (purpose: string, index: number) => Draws): B
}

/**
 * Batches over all epochs; every epoch visits the videos in another order.
 * @throws StudioError `configuration-invalid` if an epoch is smaller than one step.
 */
export function trainingBatches<B extends object>(
  source: DataSource,
  { videos, shape, purpose, shortSide, plan, collate }: BatchRecipe<B>,
): Batches<B> {
  const { samplesPerVideo } = shape
  const perStep = samplesPerStep(shape)
  const steps = stepsPerEpoch(videos.length, samplesPerVideo, perStep)
  if (steps === 0) throw stepTooLarge(shape, videos.length)
  const loader = new ClipLoader(source)
  const memory = new PixelMemory()
  let order: { epoch: number; indices: Int32Array } | undefined

  const videoAt = (index: number | undefined): Video => {
    const video = index === undefined ? undefined : videos[index]
    if (video === undefined) throw new RangeError(`there is no video ${index} among ${videos.length}`)
    return video
  }
  return {
    stepsPerEpoch: steps,
    async at(step, microBatch = 0) {
      const epoch = Math.floor(step / steps)
      if (order?.epoch !== epoch) order = { epoch, indices: epochOrder(source.seed, epoch, videos.length) }
      const { indices } = order
      const firstOfStep = (step % steps) * perStep
      const positions = positionsInStep(shape, microBatch)
      const clips = await loader.loadAll(positions.length, (index, attempt) => {
        const position = positions[index] ?? 0
        const video = videoAt(
          attempt === 0
            ? indices[Math.floor((firstOfStep + position) / samplesPerVideo)]
            : sampleDraws(source, 'replacement', step, position, attempt).integer(videos.length),
        )
        const draws = sampleDraws(source, purpose, step, position, attempt)
        return { video, plan: plan(draws, video, decodedVideo(source.manifest.root, video, shortSide)) }
      })
      return collate(clips, memory, (purpose, index) => sampleDraws(source, purpose, step, positions[index] ?? 0, 0))
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
