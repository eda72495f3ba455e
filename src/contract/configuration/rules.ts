import type { z } from 'zod'
import { enginesWithHalfPrecision } from '../domain/engine.ts'
import type { Stage } from '../stages/stage.ts'
import type { DistillConfiguration } from './distill.ts'
import type { PipelineConfiguration } from './pipeline.ts'

/** Tokens of one frame that a mask hides and leaves: floor(ratio x tokens) for tubes, tokens - floor(tokens x (1 - ratio)) for MAE. */
export function maskedTubes(ratio: number, tokens: number): number {
  return Math.floor(ratio * tokens)
}
export function maskedPatches(ratio: number, tokens: number): number {
  return tokens - Math.floor(tokens * (1 - ratio))
}

/** Of the tokens that a tube mask hides in a frame, those that the decoder predicts; at least one. */
export function decodedTubes(decoderMaskRatio: number, masked: number): number {
  return Math.max(1, Math.round((1 - decoderMaskRatio) * masked))
}

/** Samples that one optimizer step sees. */
export const samplesPerStep = ({
  batchSize,
  accumulationSteps,
}: {
  readonly batchSize: number
  readonly accumulationSteps: number
}): number => batchSize * accumulationSteps

/** Whether the student learns from features of a video teacher: not where that branch predicts pixels, or does not exist. */
export const needsVideoTeacher = ({
  teachers,
  videoTarget,
}: Pick<DistillConfiguration, 'teachers' | 'videoTarget'>): boolean => teachers !== 'image' && videoTarget === 'teacher'

/** Rules between fields. Each names the field to change; only stages that will run are checked. */
export function checkRules(configuration: PipelineConfiguration, context: z.RefinementCtx): void {
  const problem = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
  const { clip, stages, inputs } = configuration
  const runs = (stage: Stage) => stages.includes(stage)

  const clipDivides = divides(clip.patchSize, clip.imageSize)
  if (!clipDivides)
    problem(
      ['clip', 'patchSize'],
      `The patch of ${clip.patchSize} px does not divide the crop of ${clip.imageSize} px; try ${nearestDivisor(clip.imageSize, clip.patchSize)} px.`,
    )
  if (!divides(clip.tubeletSize, clip.frames))
    problem(
      ['clip', 'tubeletSize'],
      `The tubelet of ${clip.tubeletSize} frames does not divide the ${clip.frames} frames of a clip; try ${nearestDivisor(clip.frames, clip.tubeletSize)}.`,
    )

  for (const stage of ['image-teacher', 'video-teacher', 'distill', 'finetune'] as const) {
    if (!runs(stage)) continue
    const model = configuration[stage]
    checkWidth([stage, 'width'], [stage, 'heads'], model.width, model.heads, problem)
    if ('decoderWidth' in model)
      checkWidth([stage, 'decoderWidth'], [stage, 'decoderHeads'], model.decoderWidth, model.decoderHeads, problem)
    if (model.warmupEpochs > model.epochs)
      problem(
        [stage, 'warmupEpochs'],
        `The warm-up of ${model.warmupEpochs} epochs is longer than the ${model.epochs} epochs of the stage.`,
      )
    if (model.minLearningRate > model.learningRate)
      problem(
        [stage, 'minLearningRate'],
        `The final learning rate ${model.minLearningRate} is above the peak ${model.learningRate}.`,
      )
  }

  const { workers, precision, engine } = configuration.general
  if (precision === 'float16' && engine !== 'auto' && !enginesWithHalfPrecision.includes(engine)) {
    problem(
      ['general', 'precision'],
      `The engine ${engine} computes in float32 only. Choose float32, or the engine ${enginesWithHalfPrecision.join(' or ')} on a graphics card.`,
    )
  }
  for (const stage of stages) {
    const { batchSize } = configuration[stage]
    if (workers > 1 && !divides(workers, batchSize))
      problem(
        ['general', 'workers'],
        `${workers} workers cannot share the batch of ${batchSize} of the stage ${stage} evenly; try ${nearestDivisor(batchSize, workers)}, or 0 to choose for each stage.`,
      )
  }

  const grid = clip.imageSize / clip.patchSize
  if (runs('image-teacher') && clipDivides) {
    const image = configuration['image-teacher']
    if (!divides(image.patchSize, image.imageSize))
      problem(
        ['image-teacher', 'patchSize'],
        `The patch of ${image.patchSize} px does not divide the crop of ${image.imageSize} px; try ${nearestDivisor(image.imageSize, image.patchSize)} px.`,
      )
    else if (image.imageSize / image.patchSize !== grid)
      problem(
        ['image-teacher', 'imageSize'],
        `The image teacher has a grid of ${image.imageSize / image.patchSize} and the clip one of ${grid}; their tokens must match one to one.`,
      )
    checkMask(['image-teacher', 'maskRatio'], maskedPatches(image.maskRatio, grid * grid), grid * grid, problem)
  }
  for (const stage of ['video-teacher', 'distill'] as const) {
    if (runs(stage) && clipDivides)
      checkMask([stage, 'maskRatio'], maskedTubes(configuration[stage].maskRatio, grid * grid), grid * grid, problem)
  }

  if (runs('distill')) {
    const { teachers, imageTeacherWeight, videoTeacherWeight } = configuration.distill
    if (teachers !== 'video' && !runs('image-teacher') && inputs.imageTeacher === undefined)
      problem(
        ['stages'],
        'Distillation from the image teacher needs the stage image-teacher, or a checkpoint in its place.',
      )
    if (needsVideoTeacher(configuration.distill) && !runs('video-teacher') && inputs.videoTeacher === undefined)
      problem(
        ['stages'],
        'Distillation from the video teacher needs the stage video-teacher, or a checkpoint in its place.',
      )
    if ((teachers !== 'video' ? imageTeacherWeight : 0) + (teachers !== 'image' ? videoTeacherWeight : 0) === 0)
      problem(['distill', 'imageTeacherWeight'], 'Both losses have the weight 0; the student would learn nothing.')
  }
  if (runs('finetune')) {
    const { initialization, width, depth, heads } = configuration.finetune
    const origin =
      initialization === 'student'
        ? 'distill'
        : initialization === 'video-teacher' && inputs.videoTeacher === undefined
          ? 'video-teacher'
          : undefined
    if (initialization === 'checkpoint' && inputs.model === undefined)
      problem(['finetune', 'initialization'], 'No checkpoint to start from is chosen.')
    if (initialization !== 'checkpoint' && inputs.model !== undefined)
      problem(
        ['finetune', 'initialization'],
        `${inputs.model} is chosen to start from; set this to checkpoint, or choose none.`,
      )
    if (origin !== undefined && !runs(origin))
      problem(
        ['stages'],
        `Fine-tuning from the ${initialization} needs the stage ${origin}; or set finetune.initialization to scratch.`,
      )
    if (origin !== undefined && runs(origin)) {
      const source = configuration[origin]
      if (source.width !== width)
        problem(
          ['finetune', 'width'],
          `The width ${width} differs from the width ${source.width} of the ${initialization} it starts from.`,
        )
      if (source.depth !== depth)
        problem(
          ['finetune', 'depth'],
          `The depth ${depth} differs from the depth ${source.depth} of the ${initialization} it starts from.`,
        )
      if (source.heads !== heads)
        problem(
          ['finetune', 'heads'],
          `The ${heads} heads differ from the ${source.heads} heads of the ${initialization} it starts from.`,
        )
    }
  }
  const { finetune, evaluate } = configuration
  if (runs('finetune') && runs('evaluate') && finetune.sampling !== evaluate.sampling)
    problem(
      ['evaluate', 'sampling'],
      `The test samples frames by ${evaluate.sampling} and fine-tuning by ${finetune.sampling}; use the same.`,
    )
  if (runs('evaluate') && !runs('finetune') && inputs.model === undefined)
    problem(['stages'], 'The test needs the stage finetune, or a fine-tuned checkpoint in its place.')
}

type Problem = (path: (string | number)[], message: string) => void

function checkWidth(widthPath: string[], headsPath: string[], width: number, heads: number, problem: Problem): void {
  if (!divides(16, width))
    problem(
      widthPath,
      `The width ${width} is not a multiple of 16, which the position tables need; try ${Math.max(16, Math.round(width / 16) * 16)}.`,
    )
  if (!divides(heads, width))
    problem(headsPath, `${heads} heads do not divide the width ${width}; try ${nearestDivisor(width, heads)}.`)
}

function checkMask(path: string[], masked: number, tokens: number, problem: Problem): void {
  if (masked < 1)
    problem(
      path,
      `This ratio masks none of the ${tokens} patches of a frame; raise it to at least ${(1 / tokens).toFixed(3)}.`,
    )
  if (masked >= tokens)
    problem(path, `This ratio masks all ${tokens} patches of a frame; at least one must stay visible.`)
}

const divides = (divisor: number, value: number) => value % divisor === 0

function nearestDivisor(value: number, wanted: number): number {
  let best = 1
  for (let candidate = 1; candidate <= value; candidate++) {
    if (divides(candidate, value) && Math.abs(candidate - wanted) < Math.abs(best - wanted)) best = candidate
  }
  return best
}
