import type { NamedHostTensors } from '#training/engine/engine.ts'
import { imageEncoderParameters } from '#training/model/image-autoencoder.ts'
import { prefixed, selectParameters, weightsOf } from '#training/model/parameters.ts'
import { gatherTokens } from '#training/model/patches.ts'
import { predictFeatures, type StudentConfig, studentParameters } from '#training/model/student.ts'
import { imageTeacherFeatures, videoTeacherFeatures } from '#training/model/teachers.ts'
import { videoEncoderParameters } from '#training/model/video-autoencoder.ts'
import { plainNorm } from '#training/model/vit.ts'
import { featureLoss } from '#training/objective/feature-loss.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deviations, evaluate, indicesOf, loadCase, sizes } from './reference.ts'

const stack = z.object({ width: z.int(), depth: z.int(), heads: z.int() })

describe('mvd-student', () => {
  it('gives the published numbers', async () => {
    const { config: given, weights, inputs, expected } = await loadCase('mvd-student')
    const geometry = sizes(given, 'frames', 'tubeletSize', 'imageSize', 'patchSize')
    const imageTeacher = { ...geometry, ...stack.parse(given['imageTeacher']) }
    const videoTeacher = { ...geometry, ...stack.parse(given['videoTeacher']) }
    const config: StudentConfig = {
      ...geometry,
      ...sizes(given, 'width', 'depth', 'heads', 'decoderWidth', 'decoderDepth', 'decoderHeads'),
      imageTargetWidth: imageTeacher.width,
      videoTargetWidth: videoTeacher.width,
    }
    const specs = studentParameters(config)
    const student = under('student.', weights)
    expect(specs.map((spec) => spec.name).toSorted()).toEqual(Object.keys(student).toSorted())
    const teachers = [...prefixed('image_teacher.', imageEncoderParameters(imageTeacher)), ...prefixed('video_teacher.', videoEncoderParameters(videoTeacher))]

    const parameters = { ...student, ...selectParameters(teachers, weights, 'The reference') }
    const feeds = { video: inputs['video']!, visible: indicesOf(inputs['mask']!, 0), masked: indicesOf(inputs['mask']!, 1) }
    const { outputs, gradients } = await evaluate(specs, parameters, feeds, (parameters, { video, visible, masked }) => {
      const image_teacher_features = imageTeacherFeatures(imageTeacher, weightsOf(parameters, 'image_teacher.'), video!)
      const video_teacher_features = videoTeacherFeatures(videoTeacher, weightsOf(parameters, 'video_teacher.'), video!)
      const [image_target, video_target] = given['normFeature'] === true ? [plainNorm(image_teacher_features), plainNorm(video_teacher_features)] : [image_teacher_features, video_teacher_features]
      const { image: image_prediction, video: video_prediction } = predictFeatures(config, weightsOf(parameters), { video: video!, visible: visible!, masked: masked! })
      const image_loss = featureLoss('smooth-l1', image_prediction!, gatherTokens(image_target, masked!))
      const video_loss = featureLoss('smooth-l1', video_prediction!, gatherTokens(video_target, masked!))
      return {
        loss: image_loss.add(video_loss),
        image_teacher_features,
        video_teacher_features,
        image_target,
        video_target,
        image_loss,
        video_loss,
        image_prediction: image_prediction!,
        video_prediction: video_prediction!,
      }
    })

    const { loss, ...others } = outputs
    expect(loss!.data[0]).toBeCloseTo(expected['losses']!.data[0]!, 5)
    expect(deviations(others, expected, '', 1e-5)).toEqual({})
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })
})

const under = (prefix: string, tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [])))
