import { attention, gelu, layerNorm, linear } from '#training/engine/ops/index.ts'
import type { TrainingProgram } from '#training/engine/program/engine.ts'
import type { HostTensor, NamedHostTensors, NamedTensors } from '#training/tensor/host-tensor.ts'
import * as tf from '#training/tensor/tf.ts'

/** Numbers between −1 and 1 that look random and never change. */
export function noise(seed: number, ...shape: number[]): HostTensor {
  const size = shape.reduce((product, dimension) => product * dimension, 1)
  let state = (seed * 2654435761) >>> 0
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 31 - 1) * 0.999
  })
  return { shape, dtype: 'float32', data }
}

export function integers(numbers: number[], ...shape: number[]): HostTensor {
  return { shape: shape.length > 0 ? shape : [numbers.length], dtype: 'int32', data: Int32Array.from(numbers) }
}

const width = 8
const heads = 2
const patch = 12

const scaled = (tensor: HostTensor, factor: number): HostTensor => ({
  ...tensor,
  data: Float32Array.from(tensor.data, (x) => x * factor),
})
const ones = (n: number): HostTensor => ({ shape: [n], dtype: 'float32', data: new Float32Array(n).fill(1) })

/** A transformer block with an embedding of gathered patches, a frozen position table and a parameter that the loss ignores. */
export function blockParameters(): NamedHostTensors {
  return {
    positions: noise(1, 6, width),
    'embed.weight': scaled(noise(2, width, patch), 0.3),
    'embed.bias': scaled(noise(3, width), 0.1),
    'norm1.weight': ones(width),
    'norm1.bias': scaled(noise(4, width), 0.1),
    'qkv.weight': scaled(noise(5, 3 * width, width), 0.4),
    'proj.weight': scaled(noise(6, width, width), 0.4),
    'proj.bias': scaled(noise(7, width), 0.1),
    'norm2.weight': ones(width),
    'norm2.bias': scaled(noise(8, width), 0.1),
    // Large enough not to be packed with the small ones.
    'fc1.weight': scaled(noise(9, 1100, width), 0.4),
    'fc1.bias': scaled(noise(10, 1100), 0.1),
    'fc2.weight': scaled(noise(11, width, 1100), 0.05),
    'fc2.bias': scaled(noise(12, width), 0.1),
    unused: noise(13, 3),
  }
}

export const blockInputs = (seed: number): NamedHostTensors => ({
  patches: noise(100 + seed, 2, 6, patch),
  visible: integers([0, 2, 5, 1, 3, 4], 2, 3),
  target: noise(200 + seed, 2, 3, width),
})

export function blockProgram(clipGradient: number): TrainingProgram {
  const groups = Object.fromEntries(
    Object.entries(blockParameters())
      .filter(([name]) => name !== 'positions')
      .map(([name, { shape }], i) => [
        name,
        { learningRateScale: 1 / (1 + (i % 3)), weightDecay: shape.length > 1 ? 0.05 : 0 },
      ]),
  )
  return {
    name: 'a transformer block',
    inputs: {
      patches: { shape: [2, 6, patch], dtype: 'float32' },
      visible: { shape: [2, 3], dtype: 'int32' },
      target: { shape: [2, 3, width], dtype: 'float32' },
    },
    groups,
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clipGradient },
    loss(p, { patches, visible, target }) {
      const output = block(p, patches!, visible!)
      const difference = output.sub(target!)
      return { loss: difference.square().mean() as tf.Scalar, outputs: { perToken: difference.square().mean(-1) } }
    },
  }
}

function block(p: NamedTensors, patches: tf.Tensor, visible: tf.Tensor): tf.Tensor {
  const rows = visible.add(tf.tensor([[0], [6]], [2, 1], 'int32')).flatten()
  const gathered = tf.gather(patches.reshape([12, patch]), rows as tf.Tensor1D).reshape([2, 3, patch])
  const positions = tf.gather(p.positions!, visible as tf.Tensor2D)
  let x = linear(gathered, p['embed.weight']!, p['embed.bias']).add(positions)
  const attended = attention(linear(layerNorm(x, p['norm1.weight'], p['norm1.bias'], 1e-6), p['qkv.weight']!), heads)
  x = x.add(linear(attended, p['proj.weight']!, p['proj.bias']))
  const hidden = gelu(linear(layerNorm(x, p['norm2.weight'], p['norm2.bias'], 1e-6), p['fc1.weight']!, p['fc1.bias']))
  return x.add(linear(hidden, p['fc2.weight']!, p['fc2.bias']))
}

/** Largest difference relative to the largest number of `expected`. */
export function relativeError(actual: HostTensor, expected: HostTensor): number {
  if (actual.shape.join() !== expected.shape.join() || actual.dtype !== expected.dtype) return Number.POSITIVE_INFINITY
  const size = Math.max(1e-6, ...Array.from(expected.data, Math.abs))
  return (
    Math.max(
      0,
      ...Array.from(actual.data, (x, i) => (Object.is(x, expected.data[i]) ? 0 : Math.abs(x - expected.data[i]!))),
    ) / size
  )
}
