import { tubeMask } from '../data/masks.ts'
import { draws } from '../data/random.ts'
import type { InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { initializeParameters } from '../model/initialize.ts'
import type { Random } from '../model/initializers.ts'
import { weightsOf } from '../model/parameters.ts'
import { cubes, gatherTokens, gridOf } from '../model/patches.ts'
import {
  reconstructVideo,
  videoAutoencoderParameters,
  type VideoAutoencoderConfig,
} from '../model/video-autoencoder.ts'
import { softTargetLoss } from '../objective/classification-loss.ts'
import { pixelLoss, videoPixelTargets } from '../objective/pixel-targets.ts'
import { parameterGroups } from '../optimizer/groups.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs, NamedTensors } from '../tensor/host-tensor.ts'
import type * as tf from '../tensor/tf.ts'

/** A training program with initial parameters and deterministic inputs, and the prediction of its model as for evaluation. */
export interface TrialProgram {
  readonly program: TrainingProgram
  readonly prediction: InferenceProgram
  readonly parameters: NamedHostTensors
  inputs(step: number): NamedHostTensors
}

interface TrialSize {
  readonly model: VideoAutoencoderConfig
  readonly batch: number
  readonly maskRatio: number
}

const classes = 8
const trialSeed = 1

/** Small enough for plain JavaScript; large enough that AdamW updates both packed and single tensors. */
const checked: TrialSize = {
  model: {
    width: 48,
    depth: 1,
    heads: 3,
    decoderWidth: 24,
    decoderDepth: 1,
    decoderHeads: 3,
    frames: 4,
    imageSize: 16,
    patchSize: 4,
    tubeletSize: 2,
  },
  batch: 2,
  maskRatio: 0.5,
}

/** Wide and shallow, so that speed depends on computing, not on starting kernels: a graphics card should win, a software renderer should not. */
const timed: TrialSize = {
  model: {
    width: 384,
    depth: 2,
    heads: 6,
    decoderWidth: 192,
    decoderDepth: 1,
    decoderHeads: 3,
    frames: 8,
    imageSize: 112,
    patchSize: 16,
    tubeletSize: 2,
  },
  batch: 4,
  maskRatio: 0.5,
}

/** The step of the self-test. */
export const checkedProgram = (): TrialProgram => trialProgram('the self-test', checked)

/** The step that is timed. */
export const timedProgram = (): TrialProgram => trialProgram('the timed step', timed)

/**
 * A step of the video teacher with a cross entropy added, so that it uses every kernel that stages need. AdamW's epsilon is large: with the
 * usual one, a first update is the sign of the gradient, which turns the rounding of a gradient near zero into a full step.
 */
function trialProgram(name: string, { model, batch, maskRatio }: TrialSize): TrialProgram {
  const specs = videoAutoencoderParameters(model)
  const { frames, imageSize } = model
  const grid = gridOf(model)
  const masks = (step: number) =>
    Array.from({ length: batch }, (_, sample) => tubeMask(draws(trialSeed, 'mask', step, sample), grid, maskRatio))
  const [first] = masks(0)
  const indices = (lists: readonly Int32Array[]): HostTensor => ({
    shape: [batch, lists[0]?.length ?? 0],
    dtype: 'int32',
    data: Int32Array.from(lists.flatMap((list) => [...list])),
  })
  const video = [batch, 3, frames, imageSize, imageSize]
  const clips: NamedSpecs = {
    video: { shape: video, dtype: 'float32' },
    visible: { shape: [batch, first?.visible.length ?? 0], dtype: 'int32' },
    masked: { shape: [batch, first?.masked.length ?? 0], dtype: 'int32' },
  }
  const program: TrainingProgram = {
    name,
    inputs: { ...clips, labels: { shape: [batch, classes], dtype: 'float32' } },
    groups: parameterGroups(specs, 0.5),
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-2, clipGradient: 1 },
    loss(parameters, inputs) {
      const { video, visible, masked, labels } = requireInputs(inputs, ['video', 'visible', 'masked', 'labels'])
      const prediction = reconstructVideo(model, weightsOf(parameters), video, visible, masked)
      const reconstruction = pixelLoss(prediction, videoPixelTargets(gatherTokens(cubes(video, model), masked), true))
      const logits = prediction.mean(1).slice([0, 0], [batch, classes])
      const classification = softTargetLoss(logits, labels)
      return { loss: reconstruction.add<tf.Scalar>(classification), outputs: { reconstruction, classification } }
    },
  }
  return {
    program,
    prediction: {
      name: `the prediction of ${name}`,
      inputs: clips,
      run(parameters, inputs) {
        const { video, visible, masked } = requireInputs(inputs, ['video', 'visible', 'masked'])
        return { prediction: reconstructVideo(model, weightsOf(parameters), video, visible, masked) }
      },
    },
    parameters: initializeParameters(specs, quickRandom),
    inputs(step) {
      const drawn = masks(step)
      const pixels = quickRandom(`video ${step}`)
      const data = Float32Array.from(
        { length: video.reduce((product, size) => product * size, 1) },
        () => pixels.uniform() * 2 - 1,
      )
      const labels = Float32Array.from({ length: batch * classes }, (_, index) =>
        Number(index % classes === (Math.floor(index / classes) + step) % classes),
      )
      return {
        video: { shape: video, dtype: 'float32', data },
        visible: indices(drawn.map(({ visible }) => visible)),
        masked: indices(drawn.map(({ masked }) => masked)),
        labels: { shape: [batch, classes], dtype: 'float32', data: labels },
      }
    },
  }
}

/** A linear congruential generator, ten times as fast as the random numbers of a run and good enough for a trial. */
function quickRandom(text: string): Random {
  let state = Array.from(text).reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), trialSeed) >>> 0
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()) }
}

function requireInputs<N extends string>(inputs: NamedTensors, names: readonly N[]): Record<N, tf.Tensor> {
  const found = names.map((name): [N, tf.Tensor] => {
    const input = inputs[name]
    if (input === undefined) throw new Error(`The input '${name}' of the trial is missing.`)
    return [name, input]
  })
  return Object.fromEntries(found) as Record<N, tf.Tensor>
}
