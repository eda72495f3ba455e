import type { Engine, TrainingProgram } from '../../engine/program/engine.ts'
import { weightsOf } from '../../model/parameters.ts'
import { cubes, gatherTokens, tokenCount } from '../../model/patches.ts'
import { flatPositions } from '../../model/positions.ts'
import {
  reconstructVideo,
  type VideoAutoencoderConfig,
  videoAutoencoderParameters,
} from '../../model/video-autoencoder.ts'
import { pixelLoss, videoPixelTargets } from '../../objective/pixel-targets.ts'
import { parameterGroups } from '../../optimizer/groups.ts'
import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { CaseOf } from '../case-file.ts'
import { infer } from '../infer.ts'
import type { Ledger } from '../ledger.ts'
import { checkInputs, exactWeights, inputOf, type ModelCase, stackOf } from '../model-case.ts'
import { checkGroups, compareSteps, optimizerOf } from '../steps.ts'
import { maskIndices, specsOf } from '../tokens.ts'

/** VideoMAE on clips [B, 3, T, S, S] with a mask [B, N]. */
export async function compareVideoMae(
  engine: Engine,
  { file, weights: given, inputs: batch }: ModelCase<CaseOf<'videomae'>>,
  ledger: Ledger,
): Promise<void> {
  const { config, optimizer } = file
  const decoder = stackOf(
    { ...config, width: config.decoderWidth, depth: config.decoderDepth, heads: config.decoderHeads },
    given,
    'decoder.blocks.',
  )
  const model: VideoAutoencoderConfig = {
    ...config,
    ...stackOf(config, given, 'encoder.blocks.'),
    decoderMlpWidth: decoder.mlpWidth,
  }
  const tokens = tokenCount(model)
  checkInputs(batch, {
    video: [config.batch, 3, config.frames, config.imageSize, config.imageSize],
    mask: [config.batch, tokens],
  })
  const specs = videoAutoencoderParameters(model)
  const weights = exactWeights(specs, given)

  const inputs: NamedHostTensors = { video: inputOf(batch, 'video'), ...maskIndices(inputOf(batch, 'mask')) }
  const program: TrainingProgram = {
    name: 'videomae',
    inputs: specsOf(inputs),
    groups: parameterGroups(specs, optimizer.weightDecay),
    optimizer: optimizerOf(file),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const target = videoPixelTargets(
        gatherTokens(cubes(input('video'), model), input('masked')),
        config.normalizedPixels,
      )
      return {
        loss: pixelLoss(
          reconstructVideo(model, weightsOf(parameters), input('video'), input('visible'), input('masked')),
          target,
        ),
        outputs: {},
      }
    },
  }
  checkGroups(program.groups, file)

  ledger.compare(
    'outputs',
    await infer(engine, 'videomae-prediction', weights, inputs, (parameters, input) => ({
      prediction: reconstructVideo(model, parameters, input('video'), input('visible'), input('masked')),
      target: videoPixelTargets(gatherTokens(cubes(input('video'), model), input('masked')), config.normalizedPixels),
    })),
  )
  ledger.compare('outputs', {
    encoder_pos_embed: flatTable(tokens, model.width),
    decoder_pos_embed: flatTable(tokens, model.decoderWidth),
  })
  await compareSteps(engine, file, { program, weights, inputs }, ledger)
}

const flatTable = (tokens: number, width: number) => ({
  shape: [1, tokens, width],
  dtype: 'float32' as const,
  data: flatPositions(width, tokens),
})
