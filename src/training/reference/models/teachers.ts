import type { Engine } from '../../engine/program/engine.ts'
import { imageEncoderParameters } from '../../model/image-autoencoder.ts'
import { selectParameters } from '../../model/parameters.ts'
import { imagePositions } from '../../model/positions.ts'
import { imageTeacherFeatures, videoTeacherFeatures } from '../../model/teachers.ts'
import { videoEncoderParameters } from '../../model/video-autoencoder.ts'
import { plainNorm } from '../../model/vit.ts'
import type { HostTensor } from '../../tensor/host-tensor.ts'
import { infer } from '../infer.ts'
import { distance, type Ledger } from '../ledger.ts'
import { inputOf, stackOf, under } from '../model-case.ts'
import type { StudentCase } from './student.ts'

/** Features of each configured teacher at every token [B, N, Dt], compared with the recorded ones. */
export async function teacherTargets(
  engine: Engine,
  { file: { config }, weights, inputs }: StudentCase,
  ledger: Ledger,
): Promise<{ image?: HostTensor; video?: HostTensor }> {
  const video = inputOf(inputs, 'video')
  const { frames, tubeletSize, imageSize, patchSize } = config
  const geometry = { frames, tubeletSize, imageSize, patchSize }
  const targets: { image?: HostTensor; video?: HostTensor } = {}
  if (config.imageTeacher) {
    const given = under('image_teacher.', weights)
    const model = { ...geometry, ...stackOf(config.imageTeacher, given, 'blocks.') }
    const parameters = selectParameters(
      imageEncoderParameters(model),
      given,
      'The image teacher in weights.safetensors',
    )
    const found = await infer(engine, 'image-teacher', parameters, { video }, (parameters, input) => {
      const image_teacher_features = imageTeacherFeatures(model, parameters, input('video'))
      return {
        image_teacher_features,
        image_target: config.normFeature ? plainNorm(image_teacher_features) : image_teacher_features,
      }
    })
    ledger.compare('outputs', found)
    ledger.add(
      'outputs',
      'image_teacher.pos_embed',
      distance(imagePositions(model.width, imageSize / patchSize), inputOf(parameters, 'pos_embed').data),
    )
    targets.image = found.image_target
  }
  if (config.videoTeacher) {
    const given = under('video_teacher.', weights)
    const model = { ...geometry, ...stackOf(config.videoTeacher, given, 'encoder.blocks.') }
    const parameters = selectParameters(
      videoEncoderParameters(model),
      given,
      'The video teacher in weights.safetensors',
    )
    const found = await infer(engine, 'video-teacher', parameters, { video }, (parameters, input) => {
      const video_teacher_features = videoTeacherFeatures(model, parameters, input('video'))
      return {
        video_teacher_features,
        video_target: config.normFeature ? plainNorm(video_teacher_features) : video_teacher_features,
      }
    })
    ledger.compare('outputs', found)
    targets.video = found.video_target
  }
  return targets
}
