import { maskedPatches } from '#contract/configuration/counts.ts'
import type { Engine, TrainingProgram } from '../../engine/program/engine.ts'
import {
  type ImageAutoencoderConfig,
  imageAutoencoderParameters,
  reconstructImage,
  reconstructWholeImage,
} from '../../model/image-autoencoder.ts'
import { weightsOf } from '../../model/parameters.ts'
import { cubes, gatherTokens, imageGeometry, tokenCount } from '../../model/patches.ts'
import { imagePositions } from '../../model/positions.ts'
import { imagePixelTargets, pixelLoss } from '../../objective/pixel-targets.ts'
import { parameterGroups } from '../../optimizer/groups.ts'
import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { CaseOf } from '../case-file.ts'
import { infer } from '../infer.ts'
import { distance, type Ledger } from '../ledger.ts'
import { checkInputs, exactWeights, inputOf, type ModelCase, stackOf } from '../model-case.ts'
import { checkGroups, compareSteps, optimizerOf } from '../steps.ts'
import { inRasterOrder, maskIndices, maskOfNoise, specsOf } from '../tokens.ts'

/** MAE on images [B, 3, S, S], masked by noise [B, N] or by a mask [B, N]. */
export async function compareMae(
  engine: Engine,
  { file, weights: given, inputs: batch }: ModelCase<CaseOf<'mae'>>,
  ledger: Ledger,
): Promise<void> {
  const { config, optimizer } = file
  const { imageSize, patchSize, normalizedPixels } = config
  const decoder = stackOf(
    { ...config, width: config.decoderWidth, depth: config.decoderDepth, heads: config.decoderHeads },
    given,
    'decoder_blocks.',
  )
  const model: ImageAutoencoderConfig = {
    ...config,
    ...stackOf(config, given, 'blocks.'),
    decoderMlpWidth: decoder.mlpWidth,
  }
  const geometry = imageGeometry(imageSize, patchSize)
  const tokens = tokenCount(geometry)
  checkInputs(batch, {
    image: [config.batch, 3, imageSize, imageSize],
    noise: [config.batch, tokens],
    mask: [config.batch, tokens],
  })
  const specs = imageAutoencoderParameters(model)
  const weights = exactWeights(specs, given)

  const mask = batch['mask'] ?? maskOfNoise(inputOf(batch, 'noise'), tokens - maskedPatches(config.maskRatio, tokens))
  const indices = maskIndices(mask)
  const inputs: NamedHostTensors = { image: inputOf(batch, 'image'), ...indices }
  const program: TrainingProgram = {
    name: 'mae',
    inputs: specsOf(inputs),
    groups: parameterGroups(specs, optimizer.weightDecay),
    optimizer: optimizerOf(file),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const target = imagePixelTargets(gatherTokens(cubes(input('image'), geometry), input('masked')), normalizedPixels)
      return {
        loss: pixelLoss(
          reconstructImage(model, weightsOf(parameters), input('image'), input('visible'), input('masked')),
          target,
        ),
        outputs: {},
      }
    },
  }
  checkGroups(program.groups, file)

  const { prediction } = await infer(engine, 'mae-prediction', weights, inputs, (parameters, input) => ({
    prediction: reconstructWholeImage(model, parameters, input('image'), input('visible'), input('masked')),
  }))
  ledger.compare('outputs', { mask, prediction: inRasterOrder(prediction, indices) })
  ledger.add(
    'outputs',
    'pos_embed',
    distance(imagePositions(model.width, imageSize / patchSize), inputOf(weights, 'pos_embed').data),
  )
  ledger.add(
    'outputs',
    'decoder_pos_embed',
    distance(imagePositions(model.decoderWidth, imageSize / patchSize), inputOf(weights, 'decoder_pos_embed').data),
  )
  await compareSteps(engine, file, { program, weights, inputs }, ledger)
}
