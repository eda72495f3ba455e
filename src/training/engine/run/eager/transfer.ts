import type { HostTensor, NamedHostTensors, NamedSpecs, NamedTensors } from '../../../tensor/host-tensor.ts'
import * as tf from '../../../tensor/tf.ts'

/** A copy of a tensor on the current backend. */
function toTensor({ data, shape, dtype }: HostTensor): tf.Tensor {
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

/** A copy of a tensor in host memory. Booleans become int32. */
export async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  // The array may have another type than the tensor: tfjs's cpu backend keeps the array when it casts.
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

/** Keeps tensors alive after the current scope. */
export function keepAll(tensors: NamedTensors): NamedTensors {
  for (const tensor of Object.values(tensors)) tf.keep(tensor)
  return tensors
}

export function disposeAll(tensors: NamedTensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose()
}
