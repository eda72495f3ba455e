import { smoothTargets } from '../../data/mixup.ts'
import type { Engine, TrainingProgram } from '../../engine/program/engine.ts'
import { type ClassifierConfig, classifierParameters, classify } from '../../model/classifier.ts'
import { weightsOf } from '../../model/parameters.ts'
import { gridOf, tokenCount } from '../../model/patches.ts'
import { spaceTimePositions } from '../../model/positions.ts'
import { softTargetLoss } from '../../objective/classification-loss.ts'
import { parameterGroups } from '../../optimizer/groups.ts'
import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { CaseOf } from '../case-file.ts'
import { infer } from '../infer.ts'
import type { Ledger } from '../ledger.ts'
import { checkInputs, exactWeights, inputOf, type ModelCase, stackOf } from '../model-case.ts'
import { refuse } from '../refuse.ts'
import { checkGroups, compareSteps, optimizerOf } from '../steps.ts'
import { specsOf } from '../tokens.ts'

type ClassifierCase = ModelCase<CaseOf<'classifier'>>

/** The fine-tuned model of MVD on clips [B, 3, T, S, S] with labels [B] or class probabilities [B, C]. */
export async function compareClassifier(
  engine: Engine,
  { file, weights: given, inputs: batch }: ClassifierCase,
  ledger: Ledger,
): Promise<void> {
  const { config, optimizer } = file
  const { frames, tubeletSize, imageSize, patchSize, classes } = config
  const model: ClassifierConfig = {
    frames,
    tubeletSize,
    imageSize,
    patchSize,
    classes,
    ...stackOf(config, given, 'blocks.'),
    hasClassToken: config.clsToken,
    positions: 'space-time',
    headInitScale: 1,
  }
  checkInputs(batch, {
    video: [config.batch, 3, frames, imageSize, imageSize],
    labels: [config.batch],
    soft_targets: [config.batch, classes],
  })
  const specs = classifierParameters(model)
  const weights = exactWeights(specs, given)

  const video = inputOf(batch, 'video')
  const inputs: NamedHostTensors = { video, targets: targetsOf(config, batch) }
  const program: TrainingProgram = {
    name: 'classifier',
    inputs: specsOf(inputs),
    groups: parameterGroups(specs, optimizer.weightDecay, { decay: config.layerDecay, depth: config.depth }),
    optimizer: optimizerOf(file),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      return {
        loss: softTargetLoss(classify(model, weightsOf(parameters), input('video')), input('targets')),
        outputs: {},
      }
    },
  }
  checkGroups(program.groups, file)

  ledger.compare(
    'outputs',
    await infer(engine, 'classifier-logits', weights, { video }, (parameters, input) => ({
      logits: classify(model, parameters, input('video')),
    })),
  )
  ledger.compare('outputs', {
    pos_embed: {
      shape: [1, tokenCount(model), model.width],
      dtype: 'float32',
      data: spaceTimePositions(model.width, gridOf(model)),
    },
  })
  await compareSteps(engine, file, { program, weights, inputs }, ledger)
}

function targetsOf(
  { loss, labelSmoothing, batch, classes }: ClassifierCase['file']['config'],
  inputs: NamedHostTensors,
): HostTensor {
  // Soft targets, such as those of mixup, are already smoothed.
  if (loss === 'soft') return inputOf(inputs, 'soft_targets')
  if (labelSmoothing === undefined || labelSmoothing === null)
    refuse('case.json lacks config.labelSmoothing, which the loss smooth needs')
  const labels = Int32Array.from(inputOf(inputs, 'labels').data)
  if (labels.some((label) => label < 0 || label >= classes))
    refuse(`The input labels has a class index of ${classes} or more; case.json has ${classes} classes`)
  return { shape: [batch, classes], dtype: 'float32', data: smoothTargets(labels, classes, labelSmoothing) }
}
