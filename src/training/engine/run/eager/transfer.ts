import type { HostTensor, NamedHostTensors, NamedSpecs, NamedTensors } from '../../../tensor/host-tensor.ts'
import * as tf from '../../../tensor/tf.ts'

/** A tensor on the current backend with a copy of the numbers, so that later changes of the host's memory do not reach it. */
export function toTensor({ data, shape, dtype }: HostTensor): tf.Tensor {
  return tf.tensor(data.slice(), [...shape], dtype)
}

export function toTensors(tensors: NamedHostTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toTensor(tensor)]))
}

export function inputTensors(specs: NamedSpecs, inputs: NamedHostTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, tensor]) =>
      specs[name] === undefined ? [] : [[name, toTensor(tensor)] as const],
    ),
  )
}

/** Copies a tensor to host memory; truth values leave as int32. */
export async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  // The array may be of another type than the tensor: tfjs's cpu backend keeps the former one when it casts.
  const data = await tensor.data()
  const { shape, dtype } = tensor
  return dtype === 'float32'
    ? { shape, dtype, data: Float32Array.from(data) }
    : { shape, dtype: 'int32', data: Int32Array.from(data) }
}

export async function toHosts(tensors: NamedTensors): Promise<NamedHostTensors> {
  const entries = Object.entries(tensors).map(async ([name, tensor]): Promise<[string, HostTensor]> => [
    name,
    await toHost(tensor),
  ])
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
