import { StudioError } from '#contract/api/errors.ts'
import { type PipelineConfiguration, pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { BenchStepRequest } from '#contract/domain/bench.ts'
import { stageNames, stages, stageSections } from '#contract/stages/index.ts'

/** More epochs than are timed, so that every timed step prepares one batch, as in the middle of a run. */
const epochs = 100_000

/** Values by field, for every stage that has the field. */
const values = {
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
  normalizeTarget: true,
  normalizeTargets: true,
  teachers: 'both',
  videoTarget: 'teacher',
  loss: 'smooth-l1',
  imageTeacherWeight: 1,
  videoTeacherWeight: 1,
  initialization: 'scratch',
  dropPath: 0,
  labelSmoothing: 0,
  mixup: 0,
  cutmix: 0,
  cropAreaMin: 0.5,
  flip: true,
  layerDecay: 0.75,
  headInitScale: 1,
  temporalViews: 1,
  spatialViews: 1,
}

/**
 * The pipeline whose stage is timed, with untrained models of the same sizes as inputs. Targets are normalised; the only random
 * augmentations are crop and flip.
 * @throws StudioError `configuration-invalid` if sizes do not fit each other.
 */
export function benchConfiguration(request: BenchStepRequest): PipelineConfiguration {
  const { stage, imageSize, frames, patch, engine, workers } = request
  if (request.targetCache && !('targetCache' in stageSections[stage].shape))
    throw new StudioError(
      'configuration-invalid',
      `--target-cache: the stage ${stage} keeps no teacher features.`,
      'Leave it out, or choose a stage with teachers.',
    )
  const fields: Readonly<Record<string, unknown>> = { ...values, ...sizesOf(request) }
  const sections = Object.fromEntries(
    stageNames.map((name) => {
      const keys = Object.keys(stageSections[name].shape).filter((key) => key in fields)
      return [name, Object.fromEntries(keys.map((key) => [key, fields[key]]))]
    }),
  )
  const makers = stages[stage]
    .inputs(sections[stage] ?? {})
    .flatMap(({ sources }) => sources.flatMap((source) => ('stage' in source ? [source.stage] : [])))
  const result = pipelineConfiguration.safeParse({
    stages: [...makers, stage],
    general: { seed: 0, engine, workers, checkpointEveryEpochs: epochs / 10, mediaEveryEpochs: epochs / 10 },
    clip: { frames, frameStride: 4, imageSize, patchSize: patch, tubeletSize: 2 },
    ...sections,
  })
  if (result.success) return result.data
  const sentences = new Set(result.error.issues.map(({ message }) => message))
  throw new StudioError(
    'configuration-invalid',
    [...sentences].join(' '),
    'Choose other sizes; bench step --help lists the options.',
  )
}

function sizesOf(request: BenchStepRequest): Record<string, unknown> {
  const {
    width,
    depth,
    heads,
    decoderWidth = width,
    decoderDepth,
    imageSize,
    patch,
    mask,
    batch,
    recompute,
    targetCache,
  } = request
  return {
    imageSize,
    patchSize: patch,
    width,
    depth,
    heads,
    decoderWidth,
    decoderDepth,
    decoderHeads: heads,
    maskRatio: mask,
    batchSize: batch,
    recomputeBlocks: recompute,
    targetCache: targetCache ? 1 : 0,
  }
}
