import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { EngineName } from '#contract/engine.ts'
import { readSafetensors } from '#training/checkpoint/safetensors-reader.ts'
import type { AdamWSettings, HostTensor, NamedHostTensors, NamedSpecs, StepResult, TrainingProgram } from '#training/engine/engine.ts'
import { createEngine, initialState } from '#training/engine/index.ts'
import * as tf from '#training/engine/tf.ts'

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

/** Declares the tensors of a batch as inputs of a program. */
export const specsOf = (inputs: NamedHostTensors): NamedSpecs => Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]))

export const adamW = ({ optimizer }: ReferenceCase): AdamWSettings => ({ beta1: optimizer.betas[0], beta2: optimizer.betas[1], epsilon: optimizer.eps, clipGradient: optimizer.clipGrad ?? 0 })

/** Loss, outputs and the gradient of every trained parameter, on the tfjs CPU backend. */
export async function evaluate(program: TrainingProgram, weights: NamedHostTensors, inputs: NamedHostTensors): Promise<{ outputs: NamedHostTensors; gradients: NamedHostTensors }> {
  await tf.setBackend('cpu')
  let outputs: NamedHostTensors = {}
  let gradients: NamedHostTensors = {}
  tf.tidy(() => {
    const parameters = tensorsOf(weights)
    const trained = Object.keys(program.groups)
    const feeds = tensorsOf(inputs)
    const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const result = program.loss({ ...parameters, ...Object.fromEntries(trained.map((name, index) => [name, values[index]!])) }, feeds)
      outputs = hostTensors({ loss: result.loss, ...result.outputs })
      return result.loss
    })(trained.map((name) => parameters[name]!))
    gradients = hostTensors(Object.fromEntries(trained.map((name, index) => [name, grads[index]!])))
  })
  return { outputs, gradients }
}

/** What `compareTraining` gives when everything agrees. */
export const agreement = { losses: {}, gradientNorms: {}, updates: {} }

/**
 * Takes the steps of a case on an engine. Lists what is too far from the published numbers: losses beyond 1e-5, gradient
 * norms beyond 1e-4, and parameters whose change over all steps differs by more than 1e-3 (tight enough to see a wrong
 * weight decay), or 1e-2 for a joint bias, in whose key part the published numbers are rounding noise.
 */
export async function compareTraining(engineName: EngineName, { optimizer, expected }: ReferenceCase, program: TrainingProgram, weights: NamedHostTensors, inputs: NamedHostTensors) {
  await using stack = new AsyncDisposableStack()
  const engine = stack.adopt(await createEngine(engineName, { threads: 1 }), (opened) => opened.dispose())
  const session = stack.adopt(await engine.training(program, initialState(weights, program.groups)), (opened) => opened.dispose())
  const results: StepResult[] = []
  for (const [index, learningRate] of optimizer.learningRates.entries()) results.push(await session.step(inputs, learningRate, index + 1))
  const { parameters } = await session.readState()
  const change = (after: HostTensor, name: string) => after.data.map((value, index) => value - weights[name]!.data[index]!)
  const distances = Object.keys(program.groups).map((name): [string, number] => [name, distance(change(parameters[name]!, name), change(expected[`after.${name}`]!, name))])
  const steps = (values: number[], name: string): [string, number][] => values.map((value, index) => [`step ${index + 1}`, distance([value], [expected[name]!.data[index]!])])
  return {
    losses: beyond(1e-5, steps(results.map(({ loss }) => loss), 'losses')),
    gradientNorms: beyond(1e-4, steps(results.map(({ gradientNorm }) => gradientNorm), 'grad_norms')),
    updates: { ...beyond(1e-2, distances), ...beyond(1e-3, distances.filter(([name]) => !name.endsWith('.qkv.bias'))) },
  }
}

/** Entries above a limit; NaN counts as above. */
const beyond = (limit: number, distances: [string, number][]): Record<string, number> => Object.fromEntries(distances.filter(([, value]) => !(value <= limit)))

const tensorsOf = (tensors: NamedHostTensors) => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toTensor(tensor)]))

const hostTensors = (tensors: Readonly<Record<string, tf.Tensor>>): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]): [string, HostTensor] => [name, { shape: tensor.shape, dtype: 'float32', data: Float32Array.from(tensor.dataSync()) }]))

/** Names of tensors farther from the expected ones than `tolerance`, with the distance. Expected names carry `prefix`. */
export function deviations(ours: NamedHostTensors, expected: NamedHostTensors, prefix: string, tolerance: number): Record<string, number> {
  return beyond(
    tolerance,
    Object.entries(ours).map(([name, tensor]) => [name, distance(tensor.data, expected[prefix + name]?.data ?? [])]),
  )
}
