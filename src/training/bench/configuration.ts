import { StudioError } from '#contract/api/errors.ts'
import { type PipelineConfiguration, pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { BenchStepRequest } from '#contract/domain/bench.ts'

/** More epochs than are ever timed, so that every timed step prepares one batch, as in the middle of a run. */
const epochs = 100_000

const optimization = {
  epochs,
  accumulationSteps: 1,
  samplesPerVideo: 1,
  learningRate: 1e-4,
  minLearningRate: 0,
  warmupEpochs: 0,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.95,
  clipGradient: 0,
}

/**
 * The pipeline whose stage is timed. Targets are normalised and nothing is augmented at random but crop and flip.
 * @throws StudioError `configuration-invalid` where sizes do not fit each other.
 */
export function benchConfiguration({
  stage,
  width,
  depth,
  heads,
  decoderWidth = width,
  decoderDepth,
  imageSize,
  frames,
  patch,
  mask,
  batch,
  recompute,
  engine,
  workers,
}: BenchStepRequest): PipelineConfiguration {
  const encoder = { width, depth, heads }
  const decoder = { decoderWidth, decoderDepth, decoderHeads: heads, maskRatio: mask }
  const training = { ...optimization, batchSize: batch, recomputeBlocks: recompute }
  const result = pipelineConfiguration.safeParse({
    stages: [stage],
    inputs: stage === 'distill' ? { imageTeacher: 'untrained', videoTeacher: 'untrained' } : {},
    general: { seed: 0, engine, workers, checkpointEveryEpochs: epochs / 10, mediaEveryEpochs: epochs / 10 },
    clip: { frames, frameStride: 4, imageSize, patchSize: patch, tubeletSize: 2 },
    'image-teacher': {
      imageSize,
      patchSize: patch,
      ...encoder,
      ...decoder,
      normalizeTarget: true,
      cropAreaMin: 0.5,
      flip: true,
      ...training,
    },
    'video-teacher': { ...encoder, ...decoder, normalizeTarget: true, ...training },
    distill: {
      teachers: 'both',
      loss: 'smooth-l1',
      imageTeacherWeight: 1,
      videoTeacherWeight: 1,
      normalizeTargets: true,
      ...encoder,
      ...decoder,
      dropPath: 0,
      ...training,
    },
    finetune: {
      initialization: 'scratch',
      ...encoder,
      dropPath: 0,
      labelSmoothing: 0,
      mixup: 0,
      cutmix: 0,
      cropAreaMin: 0.5,
      flip: true,
      layerDecay: 0.75,
      headInitScale: 1,
      ...training,
    },
    evaluate: { temporalViews: 1, spatialViews: 1, batchSize: batch },
  })
  if (result.success) return result.data
  const sentences = new Set(result.error.issues.map(({ message }) => message))
  throw new StudioError(
    'configuration-invalid',
    [...sentences].join(' '),
    'Give other sizes; bench step --help lists the options.',
  )
}
