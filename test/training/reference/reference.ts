import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { readSafetensors } from '#training/checkpoint/safetensors-reader.ts'
import type { HostTensor, NamedHostTensors } from '#training/engine/engine.ts'
import * as tf from '#training/engine/tf.ts'
import type { ParameterSpec } from '#training/model/parameters.ts'

const folder = resolve(import.meta.dirname, '../../../../shared/reference')

const caseFile = z.object({
  config: z.record(z.string(), z.unknown()),
  lrScales: z.record(z.string(), z.number()).optional(),
  weightDecays: z.record(z.string(), z.number()).optional(),
  optimizer: z.object({
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weightDecay: z.number(),
    clipGrad: z.number().nullish(),
    learningRates: z.array(z.number()),
    steps: z.int(),
  }),
})

export type ReferenceCase = z.infer<typeof caseFile> & { weights: NamedHostTensors; inputs: NamedHostTensors; expected: NamedHostTensors }

/** Reads what a published implementation computed. */
export async function loadCase(name: string): Promise<ReferenceCase> {
  const path = resolve(folder, name)
  if (!existsSync(path)) throw new Error(`The reference numbers are missing: ${path}. They lie beside the project, in ../shared/reference.`)
  const [weights, inputs, expected] = await Promise.all(['weights', 'inputs', 'expected'].map((file) => readSafetensors(resolve(path, `${file}.safetensors`))))
  return { ...caseFile.parse(JSON.parse(readFileSync(resolve(path, 'case.json'), 'utf8'))), weights: weights!, inputs: inputs!, expected: expected! }
}

export function readSchedules(): unknown {
  return JSON.parse(readFileSync(resolve(folder, 'schedules.json'), 'utf8'))
}

/** Everything else that gives a number in a configuration is a bug of the test. */
export function sizes<K extends string>(config: Record<string, unknown>, ...keys: K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, z.number().parse(config[key])])) as Record<K, number>
}

/** ‖ours − theirs‖ / ‖theirs‖; the absolute norm where theirs is zero. */
export function distance(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Infinity
  let difference = 0
  let norm = 0
  for (let i = 0; i < theirs.length; i++) {
    difference += (ours[i]! - theirs[i]!) ** 2
    norm += theirs[i]! ** 2
  }
  return Math.sqrt(difference) / (norm === 0 ? 1 : Math.sqrt(norm))
}

export const toTensor = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data, [...shape], dtype)

/** Token indices, ascending, where a mask [B, N] holds `value`: int32 [B, K]. */
export function indicesOf(mask: HostTensor, value: 0 | 1): HostTensor {
  const [batch, tokens] = mask.shape as [number, number]
  const rows = Array.from({ length: batch }, (_, sample) => Array.from({ length: tokens }, (_, token) => token).filter((token) => mask.data[sample * tokens + token] === value))
  return { shape: [batch, rows[0]!.length], dtype: 'int32', data: Int32Array.from(rows.flat()) }
}

export interface Evaluation {
  readonly outputs: NamedHostTensors
  readonly gradients: NamedHostTensors
}

/** Computes outputs and the gradient of `loss` with respect to every trainable parameter on the tfjs CPU backend. */
export async function evaluate(
  specs: readonly ParameterSpec[],
  weights: NamedHostTensors,
  inputs: NamedHostTensors,
  run: (parameters: Record<string, tf.Tensor>, inputs: Record<string, tf.Tensor>) => { loss: tf.Scalar } & Record<string, tf.Tensor>,
): Promise<Evaluation> {
  await tf.setBackend('cpu')
  let outputs: NamedHostTensors = {}
  let gradients: NamedHostTensors = {}
  tf.tidy(() => {
    const parameters = tensorsOf(weights)
    const trainable = specs.filter((spec) => spec.isTrainable).map((spec) => spec.name)
    const feeds = tensorsOf(inputs)
    const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const results = run({ ...parameters, ...Object.fromEntries(trainable.map((name, index) => [name, values[index]!])) }, feeds)
      outputs = hostTensors(results)
      return results.loss
    })(trainable.map((name) => parameters[name]!))
    gradients = hostTensors(Object.fromEntries(trainable.map((name, index) => [name, grads[index]!])))
  })
  return { outputs, gradients }
}

const tensorsOf = (tensors: NamedHostTensors) => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toTensor(tensor)]))

function hostTensors(tensors: Record<string, tf.Tensor>): NamedHostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]): [string, HostTensor] => [name, { shape: tensor.shape, dtype: 'float32', data: Float32Array.from(tensor.dataSync()) }]))
}

/** Names of tensors farther from the expected ones than `tolerance`, with the distance. Expected names carry `prefix`. */
export function deviations(ours: NamedHostTensors, expected: NamedHostTensors, prefix: string, tolerance: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(ours)
      .map(([name, tensor]): [string, number] => [name, distance(tensor.data, expected[prefix + name]?.data ?? [])])
      .filter(([, value]) => !(value <= tolerance)),
  )
}
