import type { InferenceProgram, NamedHostTensors, NamedTensors, TrainingProgram } from '#training/engine/engine.ts'
import { createEngine } from '#training/engine/index.ts'
import { imageEncoderParameters } from '#training/model/image-autoencoder.ts'
import { selectParameters, weightsOf } from '#training/model/parameters.ts'
import { gatherTokens } from '#training/model/patches.ts'
import { predictFeatures, type StudentConfig, studentParameters } from '#training/model/student.ts'
import { imageTeacherFeatures, videoTeacherFeatures } from '#training/model/teachers.ts'
import { videoEncoderParameters } from '#training/model/video-autoencoder.ts'
import { plainNorm } from '#training/model/vit.ts'
import { featureLoss } from '#training/objective/feature-loss.ts'
import { parameterGroups } from '#training/optimizer/groups.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { adamW, agreement, compareTraining, deviations, evaluate, indicesOf, loadCase, sizes, specsOf } from './reference.ts'

const stack = z.object({ width: z.int(), depth: z.int(), heads: z.int() })

async function prepare() {
  const reference = await loadCase('mvd-student')
  const geometry = sizes(reference.config, 'frames', 'tubeletSize', 'imageSize', 'patchSize')
  const imageTeacher = { ...geometry, ...stack.parse(reference.config['imageTeacher']) }
  const videoTeacher = { ...geometry, ...stack.parse(reference.config['videoTeacher']) }
  const config: StudentConfig = {
    ...geometry,
    ...sizes(reference.config, 'width', 'depth', 'heads', 'decoderWidth', 'decoderDepth', 'decoderHeads'),
    imageTargetWidth: imageTeacher.width,
    videoTargetWidth: videoTeacher.width,
  }
  return { reference, imageTeacher, videoTeacher, config, weights: under('student.', reference.weights) }
}

/** The student's step, with the recorded targets of all tokens as inputs. */
function studentStep({ reference, config, weights }: Awaited<ReturnType<typeof prepare>>) {
  const { inputs: given, expected, optimizer } = reference
  const inputs = {
    video: given['video']!,
    visible: indicesOf(given['mask']!, 0),
    masked: indicesOf(given['mask']!, 1),
    imageTarget: expected['image_target']!,
    videoTarget: expected['video_target']!,
  }
  const program: TrainingProgram = {
    name: 'mvd-student',
    inputs: specsOf(inputs),
    groups: parameterGroups(studentParameters(config), optimizer.weightDecay),
    optimizer: adamW(reference),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const { image, video } = predictFeatures(config, weightsOf(parameters), { video: input('video'), visible: input('visible'), masked: input('masked') })
      const image_loss = featureLoss('smooth-l1', image!, gatherTokens(input('imageTarget'), input('masked')))
      const video_loss = featureLoss('smooth-l1', video!, gatherTokens(input('videoTarget'), input('masked')))
      return { loss: image_loss.add(video_loss), outputs: { image_prediction: image!, video_prediction: video!, image_loss, video_loss } }
    },
  }
  return { inputs, program, weights }
}

describe('mvd-student', () => {
  it.each(['cpu', 'onnx-cpu'] as const)('gets the published targets from its teachers on %s', async (engineName) => {
    const { reference, imageTeacher, videoTeacher } = await prepare()
    const { video } = reference.inputs
    const program = (name: string, run: (parameters: NamedTensors, inputs: NamedTensors) => NamedTensors): InferenceProgram => ({ name, inputs: specsOf({ video: video! }), run })
    await using stack = new AsyncDisposableStack()
    const engine = stack.adopt(await createEngine(engineName, { threads: 1 }), (opened) => opened.dispose())

    const image = await engine.inference(
      program('image-teacher', (parameters, inputs) => {
        const image_teacher_features = imageTeacherFeatures(imageTeacher, weightsOf(parameters), weightsOf(inputs)('video'))
        return { image_teacher_features, image_target: plainNorm(image_teacher_features) }
      }),
      selectParameters(imageEncoderParameters(imageTeacher), under('image_teacher.', reference.weights), 'The reference'),
    )
    stack.defer(() => image.dispose())
    const clip = await engine.inference(
      program('video-teacher', (parameters, inputs) => {
        const video_teacher_features = videoTeacherFeatures(videoTeacher, weightsOf(parameters), weightsOf(inputs)('video'))
        return { video_teacher_features, video_target: plainNorm(video_teacher_features) }
      }),
      selectParameters(videoEncoderParameters(videoTeacher), under('video_teacher.', reference.weights), 'The reference'),
    )
    stack.defer(() => clip.dispose())

    expect(deviations(await image.run({ video: video! }), reference.expected, '', 1e-5)).toEqual({})
    expect(deviations(await clip.run({ video: video! }), reference.expected, '', 1e-5)).toEqual({})
  })

  it('gives the published losses, predictions and gradients', async () => {
    const prepared = await prepare()
    const { inputs, program, weights } = studentStep(prepared)
    const { expected } = prepared.reference
    expect(studentParameters(prepared.config).map((spec) => spec.name).toSorted()).toEqual(Object.keys(weights).toSorted())

    const { outputs, gradients } = await evaluate(program, weights, inputs)
    const { loss, ...others } = outputs
    expect(loss!.data[0]).toBeCloseTo(expected['losses']!.data[0]!, 5)
    expect(deviations(others, expected, '', 1e-5)).toEqual({})
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })

  it.each(['cpu', 'onnx-cpu'] as const)('trains as published on %s', async (engine) => {
    const prepared = await prepare()
    const { inputs, program, weights } = studentStep(prepared)
    expect(await compareTraining(engine, prepared.reference, program, weights, inputs)).toEqual(agreement)
  })
})

const under = (prefix: string, tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [])))
