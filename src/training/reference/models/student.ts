import type { Engine, TrainingProgram } from '../../engine/program/engine.ts'
import { weightsOf } from '../../model/parameters.ts'
import { gridOf, tokenCount } from '../../model/patches.ts'
import { spaceTimePositions } from '../../model/positions.ts'
import { predictFeatures, type StudentConfig, studentParameters } from '../../model/student.ts'
import { type FeatureDistance, featureLoss } from '../../objective/feature-loss.ts'
import { parameterGroups } from '../../optimizer/groups.ts'
import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { Tensor } from '../../tensor/tf.ts'
import type { CaseOf } from '../case-file.ts'
import { infer } from '../infer.ts'
import { distance, type Ledger } from '../ledger.ts'
import { checkInputs, exactWeights, inputOf, type ModelCase, stackOf, under } from '../model-case.ts'
import { refuse } from '../refuse.ts'
import { checkGroups, compareSteps, optimizerOf } from '../steps.ts'
import { maskIndices, rowsAt, specsOf } from '../tokens.ts'
import { teacherTargets } from './teachers.ts'

export type StudentCase = ModelCase<CaseOf<'mvd-student'>>

/** The student of MVD on clips [B, 3, T, S, S] with a mask [B, N]; its teachers compute the targets on the same engine. */
export async function compareStudent(engine: Engine, found: StudentCase, ledger: Ledger): Promise<void> {
  const { file, inputs: batch } = found
  const { config, optimizer } = file
  if (!config.imageTeacher && !config.videoTeacher) refuse('case.json names no teacher')
  const given = under('student.', found.weights)
  const model = studentOf(config, given)
  checkInputs(batch, {
    video: [config.batch, 3, config.frames, config.imageSize, config.imageSize],
    mask: [config.batch, tokenCount(model)],
  })
  const specs = studentParameters(model)
  const weights = exactWeights(specs, given)

  const indices = maskIndices(inputOf(batch, 'mask'))
  const targets = await teacherTargets(engine, found, ledger)
  const inputs: NamedHostTensors = {
    video: inputOf(batch, 'video'),
    ...indices,
    ...(targets.image && { imageTarget: rowsAt(targets.image, indices.masked) }),
    ...(targets.video && { videoTarget: rowsAt(targets.video, indices.masked) }),
  }
  const program: TrainingProgram = {
    name: 'mvd-student',
    inputs: specsOf(inputs),
    groups: parameterGroups(specs, optimizer.weightDecay),
    optimizer: optimizerOf(file),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const predicted = predictFeatures(model, weightsOf(parameters), {
        video: input('video'),
        visible: input('visible'),
        masked: input('masked'),
      })
      const image =
        predicted.image &&
        inputs['imageTarget'] &&
        featureLoss(distances[config.imageLoss], predicted.image, inputs['imageTarget'])
      const video =
        predicted.video &&
        inputs['videoTarget'] &&
        featureLoss(distances[config.videoLoss], predicted.video, inputs['videoTarget'])
      const parts = [image?.mul(config.imageWeight), video?.mul(config.videoWeight)].filter(
        (part) => part !== undefined,
      )
      return {
        loss: parts.reduce((sum, part) => sum.add(part)).asScalar(),
        outputs: { ...(image && { image_loss: image }), ...(video && { video_loss: video }) },
      }
    },
  }
  checkGroups(program.groups, file)

  const { video, visible, masked } = { video: inputOf(batch, 'video'), ...indices }
  ledger.compare(
    'outputs',
    await infer<string>(
      engine,
      'student-prediction',
      weights,
      { video, visible, masked },
      (parameters, input): Record<string, Tensor> => {
        const predicted = predictFeatures(model, parameters, {
          video: input('video'),
          visible: input('visible'),
          masked: input('masked'),
        })
        return {
          ...(predicted.image && { image_prediction: predicted.image }),
          ...(predicted.video && { video_prediction: predicted.video }),
        }
      },
    ),
  )
  for (const [name, width] of [
    ['pos_embed', model.width],
    ['pos_embed_img', model.decoderWidth],
    ['pos_embed_vid', model.decoderWidth],
  ] as const) {
    const table: HostTensor | undefined = weights[name]
    if (table !== undefined) ledger.add('outputs', name, distance(spaceTimePositions(width, gridOf(model)), table.data))
  }
  ledger.compare('losses', await compareSteps(engine, file, { program, weights, inputs }, ledger))
}

/** A student has a branch for each decoder among its weights; a branch without a teacher is not trained. */
function studentOf(config: StudentCase['file']['config'], weights: NamedHostTensors): StudentConfig {
  const encoder = stackOf(config, weights, 'blocks.')
  const decoderStack = {
    width: config.decoderWidth ?? config.width,
    depth: config.decoderDepth,
    heads: config.decoderHeads ?? config.heads,
    mlpRatio: config.mlpRatio,
  }
  const branch = (name: 'img' | 'vid', teacher: { width: number } | null | undefined) => {
    const isThere = weights[`mask_token_${name}`] !== undefined
    if (!isThere && teacher) refuse(`weights.safetensors holds no branch ${name} for the teacher that case.json names`)
    return isThere ? (teacher?.width ?? weights[`decoder_${name}.head.weight`]?.shape[0]) : undefined
  }
  const imageTargetWidth = branch('img', config.imageTeacher)
  const videoTargetWidth = branch('vid', config.videoTeacher)
  const decoder = stackOf(
    decoderStack,
    weights,
    imageTargetWidth === undefined ? 'decoder_vid.blocks.' : 'decoder_img.blocks.',
  )
  return {
    frames: config.frames,
    tubeletSize: config.tubeletSize,
    imageSize: config.imageSize,
    patchSize: config.patchSize,
    ...encoder,
    decoderWidth: decoder.width,
    decoderDepth: decoder.depth,
    decoderHeads: decoder.heads,
    decoderMlpWidth: decoder.mlpWidth,
    hasClassToken: config.clsToken,
    ...(imageTargetWidth === undefined ? {} : { imageTargetWidth }),
    ...(videoTargetWidth === undefined ? {} : { videoTargetWidth }),
  }
}

const distances = { SmoothL1: 'smooth-l1', L1: 'l1', L2: 'l2' } as const satisfies Record<string, FeatureDistance>
