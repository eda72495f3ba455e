import type { HostTensor, NamedHostTensors, NamedSpecs, NamedTensors } from '../engine.ts'
import * as tf from '../tf.ts'

/** A tensor on the current backend with a copy of the numbers, so that later changes of the host's memory do not reach it. */
export function toTensor({ data, shape, dtype }: HostTensor): tf.Tensor {
  return tf.tensor(data.slice(), [...shape], dtype)
}

export function toTensors(tensors: NamedHostTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toTensor(tensor)]))
}

export function inputTensors(specs: NamedSpecs, inputs: NamedHostTensors): NamedTensors {
  return Object.fromEntries(Object.entries(inputs).flatMap(([name, tensor]) => (specs[name] === undefined ? [] : [[name, toTensor(tensor)] as const])))
}

export async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  const data = await tensor.data()
  if (tensor.dtype === 'bool') return { shape: tensor.shape, dtype: 'int32', data: Int32Array.from(data) }
  if (data instanceof Float32Array || data instanceof Int32Array) return { shape: tensor.shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data: data.slice() }
  throw new Error(`A tensor of type ${tensor.dtype} cannot leave the engine.`)
}

export async function toHosts(tensors: NamedTensors): Promise<NamedHostTensors> {
  const entries = Object.entries(tensors).map(async ([name, tensor]): Promise<[string, HostTensor]> => [name, await toHost(tensor)])
  return Object.fromEntries(await Promise.all(entries))
}

/** Keeps tensors beyond the scope they were made in. */
export function keepAll(tensors: NamedTensors): NamedTensors {
  for (const tensor of Object.values(tensors)) tf.keep(tensor)
  return tensors
}

export function disposeAll(tensors: NamedTensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose()
}
