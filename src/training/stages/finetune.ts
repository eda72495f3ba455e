import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { samplesPerStep } from '#contract/configuration/counts.ts'
import { trainingVideosOf } from '#contract/domain/class-coverage.ts'
import { whyHeadIsFresh } from '#contract/domain/fit.ts'
import type { FinetuneConfiguration } from '#contract/stages/finetune.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import { clipSpec, floatSpec, floatTensor } from '../data/batch-tensors.ts'
import { dropoutFactors, dropPathFactors } from '../data/drop-path.ts'
import { positionsInStep } from '../data/micro-batch.ts'
import { mixBatch, smoothTargets } from '../data/mixup.ts'
import { draws } from '../data/random.ts'
import type { TrainingProgram } from '../engine/program/engine.ts'
import { type ClassifierConfig, classifierFromEncoder, classifierParameters, classify } from '../model/classifier.ts'
import { dropPathRates } from '../model/drop-path.ts'
import { layouts } from '../model/layouts.ts'
import { classifierConfig as describedClassifier } from '../model/layouts/classifier.ts'
import { parameterCount, selectParameters, weightsOf } from '../model/parameters.ts'
import { requireFit, type TrainedModel } from '../model/trained-model.ts'
import { softTargetLoss } from '../objective/classification-loss.ts'
import { parameterGroups } from '../optimizer/groups.ts'
import { countedSamples } from '../optimizer/schedule.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { labelledClips } from './data.ts'
import { adamWSettings, freshParameters, rates, stepsOf } from './optimization.ts'
import { requireLabelSet, descriptionsOf, type Metrics, type StageContext, type TrainingStage } from './stage.ts'
import { hasLabelled, openViewTest } from './views.ts'

/** Stage 3: the encoder with a new head, trained on the labelled videos. */
export function finetuneStage(context: StageContext, configuration: FinetuneConfiguration): TrainingStage {
  const { clip, seed } = context
  const labelSet = requireLabelSet(context)
  const { classes } = labelSet
  const start = startOf(context, configuration)
  const model = classifierConfig(configuration, clip, classes.length, start)
  const specs = classifierParameters(model)
  const data = labelledClips(context, configuration)
  const { batchSize } = configuration
  return {
    model: modelOfTask({ stage: 'finetune', configuration }, clip, classes.length, descriptionsOf(context.inputs)),
    program: finetuneProgram(model, configuration),
    get initialParameters() {
      return initialParameters(context, model, start)
    },
    parameterCount: parameterCount(specs),
    ...stepsOf(configuration, data.stepsPerEpoch),
    learningRates: rates(configuration, countedSamples('fine-tuning', configuration), data.stepsPerEpoch),
    classes,
    trainingVideos: trainingVideosOf(labelSet, context.manifest),
    prepareFrom: (step) => data.prepareFrom(step),
    async batch(step, microBatch) {
      const { video, labels, clips } = await data.take(step, microBatch)
      const targets = smoothTargets(labels, classes.length, configuration.labelSmoothing)
      // Clips are blended within a batch, so only this depends on the division of a step into micro-batches.
      mixBatch(
        draws(seed, 'mix', step, microBatch),
        video,
        { batch: batchSize, frames: clip.frames, size: clip.imageSize },
        targets,
        configuration,
      )
      const inputs = {
        video: floatTensor(clipSpec(batchSize, clip).shape, video),
        targets: floatTensor([batchSize, classes.length], targets),
      }
      return { inputs: { ...inputs, ...dropped(seed, step, microBatch, model, configuration) }, clips }
    },
    metrics: () => ({}),
    ...(hasLabelled(context, 'validation')
      ? { validate: (parameters) => validate(context, model, parameters, configuration) }
      : {}),
    async [Symbol.asyncDispose]() {
      data[Symbol.dispose]()
    },
  }
}

/**
 * Configuration of the classifier: sizes and position table of the encoder that it starts from. From scratch, the sizes of the
 * configuration and MVD's table, which `publishedPositions` also uses for a VideoMAE.
 */
export function classifierConfig(
  configuration: FinetuneConfiguration,
  clip: ClipConfiguration,
  classes: number,
  start: TrainedModel | undefined,
): ClassifierConfig {
  const { headInitScale, publishedPositions, recomputeBlocks } = configuration
  if (start === undefined) return { ...clip, ...configuration, classes, positions: 'space-time' }
  requireFit('start', start, clip)
  const table = publishedPositions ? { family: 'mvd' as const, hasLearnedPositions: false } : {}
  return {
    ...describedClassifier({ ...start.model, ...table, sizes: { ...start.model.sizes, classes } }, clip, start.origin),
    headInitScale,
    recomputeBlocks,
  }
}

/** One step: video [B, 3, T, S, S], soft targets [B, classes], dropPath [rows, B] and headDropout [B, D] if they are on -> cross entropy. */
export function finetuneProgram(model: ClassifierConfig, configuration: FinetuneConfiguration): TrainingProgram {
  const { batchSize, accumulationSteps, dropPath, headDropout, weightDecay, layerDecay } = configuration
  const { depth, width } = model
  return {
    name: 'finetune',
    accumulationSteps,
    inputs: {
      video: clipSpec(batchSize, model),
      targets: floatSpec([batchSize, model.classes]),
      ...(dropPath === 0 ? {} : { dropPath: { ...floatSpec([2 * depth, batchSize]), batchAxis: 1 } }),
      ...(headDropout === 0 ? {} : { headDropout: floatSpec([batchSize, width]) }),
    },
    groups: parameterGroups(classifierParameters(model), weightDecay, { decay: layerDecay, depth }),
    optimizer: adamWSettings(configuration),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const logits = classify(model, weightsOf(parameters), input('video'), inputs['dropPath'], inputs['headDropout'])
      return { loss: softTargetLoss(logits, input('targets')), outputs: {} }
    },
  }
}

/** Factors of drop path and head dropout for one micro-batch, if they are on. */
function dropped(
  seed: number,
  step: number,
  microBatch: number,
  model: ClassifierConfig,
  configuration: FinetuneConfiguration,
): NamedHostTensors {
  const { batchSize, headDropout } = configuration
  const positions = positionsInStep(configuration, microBatch)
  const rates = dropPathRates(configuration.dropPath, [model.depth])
  const dropPath = (): HostTensor =>
    floatTensor(
      [rates.length, batchSize],
      dropPathFactors(draws(seed, 'drop-path', step), rates, samplesPerStep(configuration), positions),
    )
  const channels = (): HostTensor =>
    floatTensor(
      [batchSize, model.width],
      Float32Array.from(
        Array.from(positions, (position) => [
          ...dropoutFactors(draws(seed, 'head-dropout', step, position), headDropout, model.width),
        ]).flat(),
      ),
    )
  return {
    ...(configuration.dropPath === 0 ? {} : { dropPath: dropPath() }),
    ...(headDropout === 0 ? {} : { headDropout: channels() }),
  }
}

/** One centre view of each validation video. */
async function validate(
  context: StageContext,
  model: ClassifierConfig,
  parameters: NamedHostTensors,
  { batchSize, sampling }: FinetuneConfiguration,
): Promise<Metrics> {
  const test = await openViewTest(context, model, parameters, {
    split: 'validation',
    temporalViews: 1,
    spatialViews: 1,
    batchSize,
    sampling,
  })
  try {
    for (let step = 0; step < test.steps; step++) await test.step(step)
    const { loss, top1 } = test.conclude()
    return { 'validation/loss': loss, 'validation/top1': 100 * top1 }
  } finally {
    await test[Symbol.asyncDispose]()
  }
}

function startOf({ inputs }: StageContext, { initialization }: FinetuneConfiguration): TrainedModel | undefined {
  if (initialization === 'scratch') return undefined
  if (inputs.model === undefined)
    throw new StudioError(
      'checkpoint-invalid',
      `There is no checkpoint of the ${initialization} to start from.`,
      'Run that stage first, or set finetune.initialization to scratch.',
    )
  return inputs.model
}

function initialParameters(
  context: StageContext,
  model: ClassifierConfig,
  start: TrainedModel | undefined,
): NamedHostTensors {
  const specs = classifierParameters(model)
  const fresh = freshParameters(specs, context.seed)
  if (start === undefined) return fresh
  const { origin, parameters } = start
  const reason = whyHeadIsFresh(start.model, start.classes, requireLabelSet(context).classes)
  if (reason === undefined) return selectParameters(specs, parameters, origin)
  if (start.model.layout === 'classifier')
    context.warn(`The head of ${origin} is replaced by a new one, because ${reason}.`)
  return classifierFromEncoder(model, fresh, layouts[start.model.layout].encoderTensors(parameters), origin)
}
