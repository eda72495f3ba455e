import type { NonFiniteTensor } from '#contract/domain/non-finite.ts'
import type { NamedHostTensors } from './host-tensor.ts'

/** Counts the values of a tensor that are NaN or infinite; undefined if there are none. */
export function nonFiniteOf(name: string, data: Float32Array | Int32Array): NonFiniteTensor | undefined {
  let [nan, infinite] = [0, 0]
  for (let index = 0; index < data.length; index++) {
    const value = data[index] ?? 0
    if (Number.isFinite(value)) continue
    if (Number.isNaN(value)) nan += 1
    else infinite += 1
  }
  return nan + infinite === 0 ? undefined : { name, nan, infinite }
}

/** The tensors with values that are NaN or infinite, in the given order. */
export const nonFiniteTensors = (tensors: NamedHostTensors): NonFiniteTensor[] =>
  Object.entries(tensors).flatMap(([name, { data }]) => nonFiniteOf(name, data) ?? [])
